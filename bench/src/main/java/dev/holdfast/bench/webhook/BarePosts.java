package dev.holdfast.bench.webhook;

import dev.holdfast.pace.Breaker;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The bare HTTP client: as many posts at once to a host as the dispatcher makes, on one event loop,
 * with the same size of body and headers, and nothing else.
 */
final class BarePosts {
    private static final long GIVE_UP_SECONDS = 120;
    private static final Buffer BODY = Buffer.buffer("x".repeat(900));
    private static final String SIGNATURES = "s".repeat(140);

    private final HttpClient client;
    private final int posts;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private int left;
    private int answered;

    private BarePosts(HttpClient client, int posts) {
        this.client = client;
        this.posts = posts;
    }

    static double perSecond(Vertx vertx, int port, int posts) throws Exception {
        HttpClient client =
                vertx.createHttpClient(new PoolOptions().setHttp1MaxSize(Breaker.MAX_AT_ONCE));
        BarePosts run = new BarePosts(client, posts);
        Context context = vertx.getOrCreateContext();
        long start = System.nanoTime();
        context.runOnContext(
                v -> {
                    for (int i = 0; i < Breaker.MAX_AT_ONCE; i++) {
                        run.next(port);
                    }
                });
        run.done.get(GIVE_UP_SECONDS, TimeUnit.SECONDS);
        double perSecond = posts / ((System.nanoTime() - start) / 1e9);
        client.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        return perSecond;
    }

    private void next(int port) {
        if (left >= posts) {
            return;
        }
        left++;
        RequestOptions options =
                new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setHost("127.0.0.1")
                        .setPort(port)
                        .setURI("/hook")
                        .putHeader("content-type", "application/json")
                        .putHeader("webhook-signature", SIGNATURES);
        client.request(options)
                .compose(request -> request.send(BODY))
                .compose(HttpClientResponse::end)
                .onSuccess(
                        v -> {
                            answered++;
                            if (answered == posts) {
                                done.complete(null);
                            }
                            next(port);
                        })
                .onFailure(done::completeExceptionally);
    }
}
