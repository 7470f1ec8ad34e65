package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.github.f4b6a3.uuid.UuidCreator;
import com.standardwebhooks.Webhook;
import dev.holdfast.engine.loop.Loop;
import dev.holdfast.outbound.AddressGuard;
import dev.holdfast.outbound.HttpWebhook;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Result;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sqlite.SqliteStore;
import dev.holdfast.wire.RequestJson;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.net.http.HttpHeaders;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole way on real sockets, disk and threads. */
@Timeout(60)
class DeliverySocketsTest {
    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(15);

    @TempDir Path folder;
    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    private final AtomicBoolean failed = new AtomicBoolean();

    private record Received(Map<String, List<String>> headers, String body) {}

    @Test
    void aReceiverGetsAResultThatItsSecretVerifiesAfterATryThatFailed() throws Exception {
        Vertx vertx = Vertx.vertx();
        HttpServer server =
                await(
                        vertx.createHttpServer()
                                .requestHandler(this::receive)
                                .listen(0, "127.0.0.1")
                                .toCompletionStage());
        Schedule schedule = new Schedule(List.of(Duration.ZERO, Duration.ofMillis(50)), 0);
        try (SqliteStore store =
                        SqliteStore.open(folder.resolve("store.db"), StoreOptions.DEFAULT);
                Loop loop = new Loop("deliveries");
                HttpWebhook http =
                        new HttpWebhook(
                                vertx,
                                new AddressGuard(List.of("127.0.0.0/8")),
                                TIMEOUT,
                                store.wall())) {
            DeliveryDispatcher dispatcher = dispatcher(store, loop, http, schedule);
            dispatcher.start();

            succeed(store, dispatcher, "http://127.0.0.1:" + server.actualPort() + "/hook");
            Received first = received.poll(30, TimeUnit.SECONDS);
            Received second = received.poll(30, TimeUnit.SECONDS);

            assertThat(second.headers().get(Signer.ID)).isEqualTo(first.headers().get(Signer.ID));
            assertThat(second.body()).isEqualTo(first.body()).contains("request.succeeded");
            String secret = store.clients().webhookSecrets(1).getFirst();
            HttpHeaders headers = HttpHeaders.of(second.headers(), (name, value) -> true);
            assertThatCode(() -> new Webhook(secret).verify(second.body(), headers))
                    .doesNotThrowAnyException();
            await(dispatcher.stop());
            assertThat(store.deliveries().pending()).isZero();
            assertThat(dispatcher.metrics().delivered()).isEqualTo(1);
            assertThat(dispatcher.metrics().retried()).isEqualTo(1);
        } finally {
            await(vertx.close().toCompletionStage());
        }
    }

    private static DeliveryDispatcher dispatcher(
            SqliteStore store, Loop loop, HttpWebhook http, Schedule schedule) {
        SigningKeys keys =
                SigningKeys.open(
                        store.clients(), loop.readers(), store.clock(), new SecureRandom());
        return new DeliveryDispatcher(
                new DeliveryParts(
                        store.deliveries(),
                        http,
                        new WebhookBody(new RequestJson(Map.of())),
                        keys::of,
                        schedule,
                        loop,
                        loop,
                        RandomGenerator.getDefault(),
                        store.clock(),
                        store.wall(),
                        LEASE));
    }

    /** Answers the first post 500, each other 204. */
    private void receive(HttpServerRequest request) {
        request.body()
                .onSuccess(
                        body -> {
                            Map<String, List<String>> headers = new TreeMap<>();
                            request.headers()
                                    .forEach((name, value) -> headers.put(name, List.of(value)));
                            int status = failed.compareAndSet(false, true) ? 500 : 204;
                            request.response().setStatusCode(status).end();
                            received.add(new Received(headers, body.toString()));
                        });
    }

    private static void succeed(SqliteStore store, DeliveryDispatcher dispatcher, String url)
            throws Exception {
        TreeMap<String, String> params = new TreeMap<>(Map.of("message", "m"));
        await(
                store.accept(
                        new NewRequest(
                                UuidCreator.getTimeOrderedEpoch(),
                                1,
                                10,
                                "api",
                                10,
                                "/crypto/sign",
                                JobKey.of("/crypto/sign", params),
                                "{\"message\":\"m\"}",
                                true,
                                Duration.ofDays(1),
                                new NewRequest.WebhookTarget(url, "{}"),
                                null,
                                null,
                                null)));
        Quota quota = new Quota(List.of(new Window(10, Duration.ofMinutes(1))));
        var job =
                await(store.claim(new ClaimAsk("api", quota, 1, Duration.ofMinutes(1))))
                        .jobs()
                        .getFirst();
        dispatcher.offered(
                await(
                                store.settle(
                                        new Settlement(
                                                job,
                                                "done",
                                                200,
                                                Duration.ofMillis(80),
                                                new Decision.Succeed(new Result(200, "s")))))
                        .deliveries());
    }

    private static <T> T await(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
}
