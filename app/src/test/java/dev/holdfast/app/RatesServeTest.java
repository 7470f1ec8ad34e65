package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.yaml.ConfigurationException;
import dev.holdfast.app.yaml.Variables;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** {@code holdfast rates} in this process, offline. */
@Timeout(60)
class RatesServeTest {
    private static final String CONVERT = "/v1/convert?amount=253.67&from=USD&date=2021-05-18";

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir Path folder;

    @Test
    void theConverterAloneAnswersOverHttpAndShowsItsCounts() throws Exception {
        try (Serve serve = Serve.startConverter(settings(""));
                var http = HttpClient.newHttpClient()) {
            HttpResponse<String> converted = get(http, serve.uri().resolve(CONVERT));
            assertThat(converted.statusCode()).isEqualTo(200);
            assertThat(converted.body()).contains("\"result\":207.55195");
            assertThat(get(http, serve.uri().resolve("/livez")).statusCode()).isEqualTo(200);
            assertThat(get(http, serve.uri().resolve("/metrics")).body())
                    .contains("holdfast_rates_converted_total 1.0");
            assertThat(get(http, serve.uri().resolve("/crypto/sign?message=x")).statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void itsPathsAreServedLikeAllOthers() throws Exception {
        try (Serve serve = Serve.startConverter(settings(""));
                var http = HttpClient.newHttpClient()) {
            HttpResponse<String> whole = get(http, serve.uri().resolve(CONVERT));
            HttpResponse<String> head = send(http, "HEAD", serve.uri().resolve(CONVERT));
            assertThat(head.statusCode()).isEqualTo(200);
            assertThat(head.body()).isEmpty();
            assertThat(head.headers().firstValue("content-length"))
                    .isEqualTo(whole.headers().firstValue("content-length"));
            assertThat(send(http, "POST", serve.uri().resolve("/v1/convert")).statusCode())
                    .isEqualTo(405);
            assertThat(get(http, serve.uri().resolve("/v1/convert/else")).statusCode())
                    .isEqualTo(404);
            http.newWebSocketBuilder()
                    .buildAsync(
                            URI.create("ws" + serve.uri().toString().substring(4))
                                    .resolve("/v1/convert/stream"),
                            new WebSocket.Listener() {})
                    .join()
                    .abort();

            assertThat(get(http, serve.uri().resolve("/metrics")).body())
                    .contains(
                            "holdfast_http_answers_seconds_count{route=\"/v1/convert\",status=\"200\"} 2")
                    .contains("{route=\"/v1/convert\",status=\"405\"} 1")
                    .contains("{route=\"/v1/convert/stream\",status=\"101\"} 1");
        }
    }

    @Test
    void itsAnswersAndProblemsAreDescribedAndExplained() throws Exception {
        try (Serve serve = Serve.startConverter(settings(""));
                var http = HttpClient.newHttpClient()) {
            assertDescribed(http, serve.uri(), CONVERT, 200);
            assertDescribed(http, serve.uri(), "/v1/convert?amount=x", 400);
            assertDescribed(http, serve.uri(), "/v1/convert/stream", 400);
            String future = "/v1/convert?amount=1&from=USD&date=9999-01-01";
            assertThat(assertDescribed(http, serve.uri(), future, 422))
                    .contains("\"type\":\"/problems/not-convertible\"")
                    .contains("\"instance\":\"/v1/convert\"");
        }
    }

    @Test
    void ratesThatCannotBeHadNowAreAProblemThatMayPass() throws Exception {
        String nobody = "rates: { source: frankfurter, url: \"http://127.0.0.1:1\" }";
        try (Serve serve = Serve.startConverter(settings(nobody, ""));
                var http = HttpClient.newHttpClient()) {
            assertThat(assertDescribed(http, serve.uri(), CONVERT, 503))
                    .contains("\"type\":\"/problems/rates-unavailable\"")
                    .contains("\"retry_after\":");
        }
    }

    /** The body of an answer whose status and type the document has, as the problem its page. */
    private static String assertDescribed(HttpClient http, URI at, String target, int status)
            throws Exception {
        HttpResponse<String> answer = get(http, at.resolve(target));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        Object document = new Yaml().load(get(http, at.resolve("/openapi.yaml")).body());
        String type = answer.headers().firstValue("content-type").orElseThrow();
        JsonNode tree = JSON.valueToTree(document);
        JsonNode operation = tree.at("/paths").path(at.resolve(target).getPath()).path("get");
        JsonNode described = operation.at("/responses/" + status);
        if (described.has("$ref")) {
            described = tree.at(described.get("$ref").asText().substring(1));
        }
        JsonNode schema = described.path("content").path(type).path("schema");
        assertThat(schema.has("$ref")).as("%s %s %s", target, status, type).isTrue();
        JsonNode properties = tree.at(schema.get("$ref").asText().substring(1)).path("properties");
        JsonNode body = JSON.readTree(answer.body());
        body.fieldNames()
                .forEachRemaining(name -> assertThat(properties.has(name)).as(name).isTrue());
        if (body.has("type")) {
            assertThat(get(http, at.resolve(body.get("type").asText())).statusCode())
                    .isEqualTo(200);
        }
        return answer.body();
    }

    @Test
    void whereClientsHaveKeysTheConverterAsksForOne() throws Exception {
        String clients = "clients: [ { name: shop, key: hf_0123456789abcdef0123456789abcdef } ]";
        try (Serve serve = Serve.startConverter(settings(clients));
                var http = HttpClient.newHttpClient()) {
            assertThat(get(http, serve.uri().resolve(CONVERT)).statusCode()).isEqualTo(401);
            assertThat(get(http, serve.uri().resolve("/v1/convert/stream")).statusCode())
                    .isEqualTo(401);
        }
    }

    private static HttpResponse<String> get(HttpClient http, URI uri) throws Exception {
        return send(http, "GET", uri);
    }

    private static HttpResponse<String> send(HttpClient http, String method, URI uri)
            throws Exception {
        return http.send(
                HttpRequest.newBuilder(uri)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private Settings settings(String more) throws ConfigurationException {
        return settings("rates: { source: ecb }", more);
    }

    private Settings settings(String rates, String more) throws ConfigurationException {
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s" }
                %s
                %s
                """
                        .formatted(folder.resolve("rates.db"), rates, more);
        return Configuration.parse(
                        "test", yaml, Variables.of(Map.of()), Purpose.CONVERTER, store -> false)
                .settings();
    }
}
