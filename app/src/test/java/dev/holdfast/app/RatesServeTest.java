package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code holdfast rates} in this process, offline. */
@Timeout(60)
class RatesServeTest {
    private static final String CONVERT = "/v1/convert?amount=253.67&from=USD&date=2021-05-18";

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
        return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    private Settings settings(String more) throws ConfigurationException {
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s" }
                rates: { source: ecb }
                %s
                """
                        .formatted(folder.resolve("rates.db"), more);
        return Configuration.parse(
                        "test", yaml, Variables.of(Map.of()), Purpose.CONVERTER, store -> false)
                .settings();
    }
}
