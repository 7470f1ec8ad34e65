package dev.holdfast.bench.kit;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A program that asks a gateway, where what comes back matters more than how fast. */
public final class BenchCaller implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String root;
    private final String key;

    public BenchCaller(int port) {
        this(port, Upstreams.KEY);
    }

    /** One with a key of its own. */
    public BenchCaller(int port, String key) {
        root = "http://127.0.0.1:" + port;
        this.key = key;
    }

    /** An answer, and how long it took. */
    public record Reply(int status, JsonObject body, double seconds) {
        public String id() {
            return body.getString("id", "");
        }
    }

    /** Asks for a signature. */
    public CompletableFuture<Reply> sign(String message, @Nullable String webhook) {
        String query = "/crypto/sign?message=" + encoded(message);
        return send("GET", webhook == null ? query : query + "&webhook_url=" + encoded(webhook));
    }

    /** Sends a request without a body. */
    public CompletableFuture<Reply> send(String method, String target) {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(root + target))
                        .method(method, BodyPublishers.noBody())
                        .header("Authorization", key)
                        .timeout(TIMEOUT)
                        .build();
        long sent = System.nanoTime();
        return http.sendAsync(request, BodyHandlers.ofString())
                .thenApply(answer -> reply(answer, sent));
    }

    /** Gets a JSON object. */
    public JsonObject get(String target) {
        return send("GET", target).join().body();
    }

    private static Reply reply(HttpResponse<String> answer, long sent) {
        double seconds = (System.nanoTime() - sent) / 1e9;
        String body = answer.body();
        return new Reply(
                answer.statusCode(),
                body.startsWith("{") ? new JsonObject(body) : new JsonObject(),
                seconds);
    }

    /** The secrets with which its webhooks are verified. */
    public List<String> webhookSecrets() throws IOException {
        JsonObject body = get("/v1/webhook-secret");
        String secret = body.getString("secret");
        if (secret != null) {
            return List.of(secret);
        }
        List<String> secrets = new ArrayList<>();
        JsonArray all = body.getJsonArray("secrets", new JsonArray());
        all.forEach(one -> secrets.add(String.valueOf(one)));
        if (secrets.isEmpty()) {
            throw new IOException("no webhook secret in " + body.fieldNames());
        }
        return secrets;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
