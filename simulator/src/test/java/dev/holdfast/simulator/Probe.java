package dev.holdfast.simulator;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A Vert.x and its HTTP client for one test. */
public final class Probe implements BeforeEachCallback, AfterEachCallback {
    static final long PATIENCE_SECONDS = 20;

    public record Reply(int status, String body, Map<String, String> headers) {
        public JsonObject json() {
            return new JsonObject(body);
        }
    }

    private Vertx vertx;
    private HttpClient client;

    @Override
    public void beforeEach(ExtensionContext context) {
        vertx = Vertx.vertx();
        client =
                vertx.createHttpClient(
                        new HttpClientOptions().setKeepAlive(true),
                        new PoolOptions().setHttp1MaxSize(100));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        await(vertx.close());
    }

    public Vertx vertx() {
        return vertx;
    }

    public static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    public Reply get(int port, String target) {
        return await(send(HttpMethod.GET, port, target, Map.of(), Buffer.buffer()));
    }

    public Reply get(int port, String target, Map<String, String> headers) {
        return await(send(HttpMethod.GET, port, target, headers, Buffer.buffer()));
    }

    public Reply post(int port, String target, Map<String, String> headers, String body) {
        return await(send(HttpMethod.POST, port, target, headers, Buffer.buffer(body)));
    }

    public Reply control(int port, JsonObject command) {
        return post(port, "/_control", Map.of(), command.encode());
    }

    public Future<Reply> send(
            HttpMethod method, int port, String target, Map<String, String> headers, Buffer body) {
        return client.request(method, port, "127.0.0.1", target)
                .compose(
                        request -> {
                            headers.forEach(request::putHeader);
                            // The body is asked for in the response's own turn: later, on a busy
                            // machine, it has passed by already.
                            return request.send(body).compose(Probe::whole);
                        });
    }

    private static Future<Reply> whole(HttpClientResponse response) {
        return response.body()
                .map(
                        body ->
                                new Reply(
                                        response.statusCode(),
                                        body.toString(),
                                        headersOf(response.headers())));
    }

    private static Map<String, String> headersOf(MultiMap headers) {
        var map = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        headers.forEach(map::put);
        return map;
    }

    public static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage()
                    .toCompletableFuture()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    public static Throwable failure(Future<?> future) {
        try {
            var value =
                    future.toCompletionStage()
                            .toCompletableFuture()
                            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            throw new AssertionError("it should have failed, but was " + value);
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }
}
