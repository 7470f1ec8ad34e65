package dev.holdfast.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.wire.Entrance;
import dev.holdfast.gateway.wire.Lines;
import dev.holdfast.gateway.wire.ListenerLimits;
import dev.holdfast.http.Problem;
import dev.holdfast.wire.AskedPath;
import dev.holdfast.wire.BasePath;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ExchangeTest {
    /** Time for the whole answer, and how much of it the first step takes. */
    private static final long WITHIN_MILLIS = 1_500;

    private static final long FIRST_STEP_MILLIS = 1_200;

    @Test
    void theStepsOfAnAnswerShareItsTime() throws Exception {
        Vertx vertx = Entrance.open(new VertxOptions());
        AtomicBoolean second = new AtomicBoolean();
        try {
            Entrance.of(vertx).expect("127.0.0.1", 0, new Lines(ListenerLimits.DEFAULT, false));
            HttpServer server =
                    vertx.createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0))
                            .requestHandler(request -> twoSteps(vertx, request, second))
                            .listen()
                            .await();
            URI place = URI.create("http://127.0.0.1:" + server.actualPort() + "/");
            long asked = System.nanoTime();
            HttpResponse<String> answer =
                    HttpClient.newHttpClient()
                            .send(HttpRequest.newBuilder(place).build(), BodyHandlers.ofString());

            assertThat(Duration.ofNanos(System.nanoTime() - asked))
                    .isBetween(
                            Duration.ofMillis(WITHIN_MILLIS / 2), // what waited counts
                            Duration.ofMillis(WITHIN_MILLIS + FIRST_STEP_MILLIS - 200));
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(second).isTrue();
        } finally {
            vertx.close().await();
        }
    }

    /** A write that takes its time, and a read after it that never ends. */
    private static void twoSteps(Vertx vertx, HttpServerRequest request, AtomicBoolean second) {
        Exchange exchange =
                new Exchange(
                        vertx,
                        request,
                        Peers.of(request.connection()),
                        "id",
                        new AskedPath(BasePath.NONE, "/"));
        exchange.guard(WITHIN_MILLIS, Problem::storeUnavailable);
        vertx.setTimer(
                FIRST_STEP_MILLIS,
                _ -> {
                    exchange.guard(WITHIN_MILLIS, Problem::storeUnavailable);
                    second.set(true);
                });
    }
}
