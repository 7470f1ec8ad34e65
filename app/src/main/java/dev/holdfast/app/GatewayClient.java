package dev.holdfast.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A running gateway as the commands {@code sign}, {@code status} and {@code demo} call it. */
final class GatewayClient implements AutoCloseable {
    /** Longest wait for any answer; a long poll is answered well before. */
    static final Duration TIMEOUT = Duration.ofSeconds(60);

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private final URI url;
    private final @Nullable String key;
    private final HttpClient http;
    private final ObjectMapper json = new ObjectMapper();

    GatewayClient(URI url, @Nullable String key) {
        this.url = url;
        this.key = key;
        this.http =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT_TIMEOUT)
                        .build();
    }

    /**
     * An answer of the gateway.
     *
     * @param status HTTP status
     * @param body its JSON, a missing node if it is not JSON
     * @param retryAfter its Retry-After in seconds, or 0
     */
    record Reply(int status, JsonNode body, int retryAfter) {
        String text(String field) {
            return body.path(field).asText("");
        }

        /** What a problem says, in one line. */
        String problem() {
            String detail = text("detail");
            String title = text("title");
            return status + " " + (detail.isEmpty() ? title : detail);
        }
    }

    Reply get(String path, @Nullable String prefer) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path).GET();
        if (prefer != null) {
            request.header("Prefer", prefer);
        }
        return send(request);
    }

    /** Posts a form of one field and, if given, a webhook's address. */
    Reply ask(String path, String field, String value, @Nullable URI webhook)
            throws IOException, InterruptedException {
        String form = field + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
        if (webhook != null) {
            form += "&webhook_url=" + URLEncoder.encode(webhook.toString(), StandardCharsets.UTF_8);
        }
        return send(
                request(path)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(BodyPublishers.ofString(form)));
    }

    /** The text of a page that is not JSON, such as {@code /metrics}. */
    String page(String path) throws IOException, InterruptedException {
        HttpResponse<String> response =
                http.send(request(path).GET().build(), BodyHandlers.ofString());
        return response.statusCode() == 200 ? response.body() : "";
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(url.resolve(path)).timeout(TIMEOUT);
        if (key != null) {
            request.header("Authorization", "Bearer " + key);
        }
        return request;
    }

    private Reply send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
        int retryAfter =
                response.headers()
                        .firstValue("Retry-After")
                        .filter(value -> value.matches("[0-9]{1,6}"))
                        .map(Integer::valueOf)
                        .orElse(0);
        return new Reply(response.statusCode(), parse(response.body()), retryAfter);
    }

    private JsonNode parse(String body) {
        try {
            return body.isEmpty() ? MissingNode.getInstance() : json.readTree(body);
        } catch (IOException e) {
            return MissingNode.getInstance();
        }
    }

    URI url() {
        return url;
    }

    @Override
    public void close() {
        http.close();
    }
}
