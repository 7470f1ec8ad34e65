package dev.holdfast.outbound;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;

/** An HTTP client whose broken connections are told to their exchange and not logged besides. */
final class QuietClient {
    private QuietClient() {}

    static HttpClient create(Vertx vertx, HttpClientOptions options, PoolOptions pool) {
        return vertx.httpClientBuilder()
                .with(options)
                .with(pool)
                .withConnectHandler(connection -> connection.exceptionHandler(told -> {}))
                .build();
    }
}
