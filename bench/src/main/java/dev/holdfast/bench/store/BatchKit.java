package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.Upstreams;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Batches and operations over HTTP, as measurements send them. An answer of 503 is waited out as it
 * asks for.
 */
final class BatchKit {
    private static final Duration ANSWERED_WITHIN = Duration.ofMinutes(5);

    /** Answers of 503 to one request after which it is no use to go on. */
    private static final int PATIENCE = 60;

    private final HttpClient client;
    private final int port;

    BatchKit(HttpClient client, int port) {
        this.client = client;
        this.port = port;
    }

    /** The lines of a batch; each message is its stem and its line. */
    static String lines(String stem, int lines) {
        StringBuilder body = new StringBuilder();
        for (int line = 1; line <= lines; line++) {
            body.append("{\"route\":\"/crypto/sign\",\"params\":{\"message\":\"")
                    .append(message(stem, line))
                    .append("\"}}\n");
        }
        return body.toString();
    }

    static String message(String stem, int line) {
        return stem + " " + line;
    }

    /**
     * Sends a batch.
     *
     * @throws IOException if it was cut off
     * @throws IllegalStateException if it was refused
     */
    JsonObject batch(String body, String key) throws IOException, InterruptedException {
        return accepted(
                request("/v1/batches").header("Idempotency-Key", key),
                "application/x-ndjson",
                body);
    }

    /** Begins an operation, and waits for the end of one that only counts. */
    JsonObject operation(String body) throws IOException, InterruptedException {
        JsonObject told = accepted(request("/v1/operations"), "application/json", body);
        while (told.getBoolean("dry_run", false) && told.getString("status").equals("running")) {
            TimeUnit.SECONDS.sleep(1);
            told = json("/v1/operations/" + told.getString("id"));
        }
        return told;
    }

    /** Has something done that needs no words. */
    void did(String path) throws IOException, InterruptedException {
        answered(request(path).POST(BodyPublishers.noBody()).build());
    }

    private JsonObject accepted(HttpRequest.Builder request, String type, String body)
            throws IOException, InterruptedException {
        HttpResponse<String> answer =
                patient(
                        request.header("Content-Type", type)
                                .POST(BodyPublishers.ofString(body))
                                .build());
        if (answer.statusCode() / 100 != 2) {
            throw new IllegalStateException(answer.statusCode() + " " + answer.body());
        }
        return new JsonObject(answer.body());
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return answered(request(path).GET().build());
    }

    JsonObject json(String path) throws IOException, InterruptedException {
        return new JsonObject(get(path).body());
    }

    private HttpResponse<String> answered(HttpRequest request)
            throws IOException, InterruptedException {
        HttpResponse<String> answer = patient(request);
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(answer.statusCode() + " " + answer.body());
        }
        return answer;
    }

    private HttpResponse<String> patient(HttpRequest request)
            throws IOException, InterruptedException {
        for (int refused = 1; ; refused++) {
            HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
            if (answer.statusCode() != 503 || refused > PATIENCE) {
                return answer;
            }
            TimeUnit.SECONDS.sleep(answer.headers().firstValueAsLong("Retry-After").orElse(1));
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(ANSWERED_WITHIN)
                .header("Authorization", Upstreams.KEY);
    }
}
