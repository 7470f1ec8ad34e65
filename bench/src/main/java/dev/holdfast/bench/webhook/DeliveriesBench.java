package dev.holdfast.bench.webhook;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Rounds;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.engine.loop.Loop;
import dev.holdfast.outbound.AddressGuard;
import dev.holdfast.outbound.HttpWebhook;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Result;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sqlite.SqliteStore;
import dev.holdfast.webhook.DeliveryDispatcher;
import dev.holdfast.webhook.DeliveryParts;
import dev.holdfast.webhook.Schedule;
import dev.holdfast.webhook.SigningKeys;
import dev.holdfast.webhook.WebhookBody;
import dev.holdfast.wire.RequestJson;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Durable deliveries a second, beside the bare HTTP client that makes them. */
@Command(
        name = "deliveries",
        description = {
            "Durable deliveries a second to one fast receiver in another process: claimed, signed",
            "with both keys, posted, answered and written down with an fsync; beside what the",
            "bare HTTP client posts to it in the same round."
        })
public final class DeliveriesBench extends Benchmark {
    private static final int CLIENT = 1;
    private static final int AT_ONCE = 512;
    private static final int SIGNATURE_LENGTH = 344;
    private static final long GIVE_UP_SECONDS = 60;
    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final double WANTED_PER_SECOND = 5_000;
    private static final int WARM_UP_ROUNDS = 2;
    private static final Quota PLENTY =
            new Quota(List.of(new Window(1_000_000, Duration.ofSeconds(1))));

    @Option(names = "--rounds", defaultValue = "5", description = "rounds that count (default: 5)")
    int rounds = 5;

    @Option(
            names = "--deliveries",
            defaultValue = "20000",
            description = "deliveries a round (default: ${DEFAULT-VALUE})")
    int deliveries = 20_000;

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                BenchReceiver receiver = new BenchReceiver();
                SqliteStore store =
                        SqliteStore.open(scratch.path("deliveries.db"), StoreOptions.DEFAULT);
                HttpWebhook http =
                        new HttpWebhook(
                                vertx,
                                new AddressGuard(List.of("127.0.0.0/8")),
                                Duration.ofSeconds(15),
                                store.wall());
                Loop loop = new Loop("deliveries")) {
            String url = "http://127.0.0.1:" + receiver.port() + "/hook";
            await(store.settle(succeeded(taken(store, url))));
            double[] bare = new double[rounds];
            double[] durable = new double[rounds];
            for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
                double posts = BarePosts.perSecond(vertx, receiver.port(), deliveries);
                double delivered = deliver(store, dispatcher(store, http, loop), url);
                if (round >= 0) {
                    bare[round] = posts;
                    durable[round] = delivered;
                    report.say(
                            "round %d: bare client %,.0f posts/s, durable deliveries %,.0f/s",
                            round + 1, posts, delivered);
                }
            }
            report.figure("bare client", Rounds.median(bare), "posts/s");
            report.figure(
                    "deliveries to bare posts", Rounds.median(durable) / Rounds.median(bare), "");
            report.atLeast(
                    "durable deliveries", Rounds.median(durable), WANTED_PER_SECOND, "a second");
        } finally {
            vertx.close().await();
        }
    }

    private double deliver(SqliteStore store, DeliveryDispatcher dispatcher, String url)
            throws Exception {
        Semaphore window = new Semaphore(AT_ONCE);
        for (int i = 0; i < deliveries; i++) {
            window.acquire();
            var _ = store.accept(request(url)).whenComplete((_, _) -> window.release());
        }
        window.acquire(AT_ONCE);
        long began = System.nanoTime();
        dispatcher.start();
        long giveUp = began + TimeUnit.SECONDS.toNanos(GIVE_UP_SECONDS);
        while (dispatcher.metrics().delivered() < deliveries) {
            if (System.nanoTime() > giveUp) {
                throw new IllegalStateException(
                        "only "
                                + dispatcher.metrics().delivered()
                                + " were delivered, "
                                + dispatcher.metrics().retried()
                                + " failed and will be tried again");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        double perSecond = deliveries / ((System.nanoTime() - began) / 1e9);
        await(dispatcher.stop());
        return perSecond;
    }

    private static DeliveryDispatcher dispatcher(SqliteStore store, HttpWebhook http, Loop loop) {
        SigningKeys keys =
                SigningKeys.open(
                        store.clients(), loop.readers(), store.clock(), new SecureRandom());
        return new DeliveryDispatcher(
                new DeliveryParts(
                        store.deliveries(),
                        http,
                        new WebhookBody(new RequestJson(Map.of())),
                        keys::of,
                        Schedule.DEFAULT,
                        loop,
                        loop,
                        RandomGenerator.getDefault(),
                        store.clock(),
                        store.wall(),
                        LEASE));
    }

    private static ClaimedJob taken(SqliteStore store, String url) throws Exception {
        await(store.accept(request(url)));
        ClaimAsk ask = new ClaimAsk("api", PLENTY, 1, Duration.ofMinutes(1));
        return await(store.claim(ask)).jobs().getFirst();
    }

    private static Settlement succeeded(ClaimedJob job) {
        return new Settlement(
                job,
                "done",
                200,
                Duration.ofMillis(80),
                new Decision.Succeed(new Result(200, "s".repeat(SIGNATURE_LENGTH))));
    }

    private static NewRequest request(String url) {
        return new NewRequest(
                UuidCreator.getTimeOrderedEpoch(),
                CLIENT,
                Integer.MAX_VALUE,
                "api",
                Integer.MAX_VALUE,
                "/crypto/sign",
                JobKey.of("/crypto/sign", new TreeMap<>(Map.of("message", "known"))),
                "{\"message\":\"known\"}",
                true,
                Duration.ofDays(30),
                new NewRequest.WebhookTarget(url, "{}"),
                null,
                null,
                null);
    }

    private static <T> T await(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(GIVE_UP_SECONDS, TimeUnit.SECONDS);
    }
}
