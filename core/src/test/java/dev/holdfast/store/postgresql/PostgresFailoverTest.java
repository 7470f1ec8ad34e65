package dev.holdfast.store.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.engine.Answer;
import dev.holdfast.engine.Ask;
import dev.holdfast.engine.Engine;
import dev.holdfast.engine.EngineParts;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.engine.loop.Loop;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import dev.holdfast.request.ResultShape;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresUrl;
import dev.holdfast.store.sql.WriteProbe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A primary that dies under load and its synchronous standby that is promoted, whose clock is not
 * the same: two replicas go on, nothing that was answered is lost, and no window has too many
 * calls.
 */
final class PostgresFailoverTest {
    private static final String API = "api";
    private static final Duration WINDOW = Duration.ofSeconds(5);
    private static final int LIMIT = 10;
    private static final Quota QUOTA = new Quota(List.of(new Window(LIMIT, WINDOW)));
    private static final Duration LOAD_BEFORE = Duration.ofSeconds(4);
    private static final Duration LOAD_AFTER = Duration.ofSeconds(12);
    private static final Duration READY_WITHIN = Duration.ofSeconds(5);
    private static final Duration SLOWEST_ANSWER = Duration.ofSeconds(2);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Viewer ADMIN = StoreFixture.ADMIN;

    private final Queue<UUID> answered = new ConcurrentLinkedQueue<>();
    private final Queue<Long> calls = new ConcurrentLinkedQueue<>();
    private final AtomicLong slowest = new AtomicLong();
    private final AtomicBoolean over = new AtomicBoolean();

    @ParameterizedTest
    @ValueSource(longs = {30, -30})
    void aPromotedStandbyLosesNothingAndKeepsTheQuota(long aheadSeconds) throws Exception {
        Path tools = PostgresCluster.tools().orElse(null);
        assumeTrue(tools != null, "needs PostgreSQL's server (Debian: postgresql)");
        try (PostgresCluster cluster = PostgresCluster.start(tools);
                PostgresStore a = open(cluster, aheadSeconds);
                PostgresStore b = open(cluster, aheadSeconds);
                Loop loopOfA = new Loop("a");
                Loop loopOfB = new Loop("b");
                Engine engineA = engine(a, loopOfA);
                Engine engineB = engine(b, loopOfB)) {
            List<Thread> load =
                    List.of(
                            Thread.ofPlatform().start(() -> ask(engineA, "a")),
                            Thread.ofPlatform().start(() -> ask(engineB, "b")));
            pass(LOAD_BEFORE);
            cluster.crashPrimary();
            cluster.promoteStandby();
            long promoted = System.nanoTime();
            while (!a.healthy() || !b.healthy()) {
                pass(Duration.ofMillis(10));
                assertThat(System.nanoTime() - promoted).isLessThan(READY_WITHIN.toNanos());
            }
            int before = answered.size();
            pass(LOAD_AFTER);
            over.set(true);
            for (Thread thread : load) {
                thread.join();
            }
            // The one they asked is dead. A standby that is fast lets nobody be refused.
            assertThat(answered).as("by the other").hasSizeGreaterThan(before);
            assertThat(answered).hasSizeGreaterThan(20);
            for (UUID id : answered) {
                assertThat(a.reads().request(ADMIN, id)).isPresent();
            }
            assertThat(slowest.get()).isLessThan(SLOWEST_ANSWER.toNanos());
            checkQuota();
        }
    }

    /** Asks as callers do, one after the other, at a replica. */
    private void ask(Engine engine, String name) {
        for (int i = 0; !over.get(); i++) {
            TreeMap<String, String> params = new TreeMap<>(Map.of("message", name + " " + i));
            Ask ask =
                    new Ask(
                            StoreFixture.SHOP,
                            100_000,
                            StoreFixture.ROUTE,
                            params,
                            Duration.ZERO,
                            null,
                            Ask.NO_EXTRAS);
            long began = System.nanoTime();
            Answer answer = engine.submit(ask).toCompletableFuture().join();
            slowest.accumulateAndGet(System.nanoTime() - began, Math::max);
            switch (answer) {
                case Answer.Receipt receipt -> answered.add(receipt.view().request().id());
                case Answer.Ready ready -> answered.add(ready.view().request().id());
                case Answer.Refused _, Answer.Uncertain _ -> {}
            }
            pass(Duration.ofMillis(20));
        }
    }

    private CompletionStage<Outcome> call() {
        calls.add(System.nanoTime());
        return CompletableFuture.completedFuture(new Outcome.Done(new Result(200, "signature")));
    }

    private Engine engine(PostgresStore store, Loop loop) {
        var retry =
                new RetryPolicy(
                        RetryPolicy.Backoff.FIXED,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(1),
                        0,
                        0,
                        Duration.ofHours(1));
        var shape = new ResultShape("signature", ResultShape.From.TEXT, Map.of());
        Engine engine =
                new Engine(
                        new EngineParts(
                                store,
                                Map.of(API, _ -> call()),
                                List.of(
                                        new UpstreamPolicy(
                                                API, QUOTA, LIMIT, TIMEOUT, retry, 100_000)),
                                List.of(
                                        new RoutePolicy(
                                                StoreFixture.ROUTE,
                                                API,
                                                true,
                                                Duration.ofDays(1),
                                                1_000,
                                                shape)),
                                loop,
                                loop,
                                loop.readers(),
                                RandomGenerator.getDefault(),
                                Duration.ofMillis(1_800),
                                _ -> {}));
        engine.start();
        return engine;
    }

    private void checkQuota() {
        List<Long> left = calls.stream().sorted().toList();
        assertThat(left).as("calls were made after it, too").hasSizeGreaterThan(2 * LIMIT);
        for (int i = LIMIT; i < left.size(); i++) {
            assertThat(left.get(i) - left.get(i - LIMIT))
                    .as("%d calls within a window", LIMIT + 1)
                    .isGreaterThan(WINDOW.toNanos());
        }
    }

    private static PostgresStore open(PostgresCluster cluster, long aheadSeconds) {
        DatabaseTime time =
                (trip, told) ->
                        trip.query(
                                "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
                                        + " + CASE WHEN current_setting('port')::int = "
                                        + cluster.second
                                        + " THEN "
                                        + TimeUnit.SECONDS.toMicros(aheadSeconds)
                                        + " ELSE 0 END",
                                row -> told.accept(row.getLong(1)));
        return PostgresStore.open(
                new PostgresStore.Setting(
                        new PostgresDatabase(PostgresUrl.parse(cluster.url()), WriteProbe.NONE),
                        StoreOptions.DEFAULT,
                        System::nanoTime,
                        time,
                        RandomGenerator.getDefault()));
    }

    private static void pass(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }
}
