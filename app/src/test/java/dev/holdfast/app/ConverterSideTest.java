package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.app.config.RatesSettings;
import dev.holdfast.app.config.TlsSettings;
import dev.holdfast.app.serve.ConverterSide;
import dev.holdfast.engine.Engine;
import dev.holdfast.engine.EngineParts;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.Upstream;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.engine.loop.Loop;
import dev.holdfast.outbound.Proxies;
import dev.holdfast.quota.Window;
import dev.holdfast.rates.RatesMetrics.Counter;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.simulator.feed.FeedLimits;
import dev.holdfast.simulator.feed.FeedVerdict;
import dev.holdfast.simulator.feed.SimulatedFeed;
import dev.holdfast.simulator.rates.ReferenceRates;
import dev.holdfast.simulator.rates.SimulatedRates;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sqlite.SqliteStore;
import io.vertx.core.Vertx;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The converter on the real engine and store, between a simulated feed and a simulated source. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT) // each mostly waits for its feed's seconds to go by
class ConverterSideTest {
    private static final ReferenceRates HISTORY = ReferenceRates.load();
    private static final Duration STEADY = Duration.ofSeconds(10);

    /** Long enough for a call after the longest pause, and for that to be seen. */
    private static final Duration BROKEN = Duration.ofSeconds(20);

    /** Long enough for calls that hung to run into their time limit and be made again. */
    private static final Duration HUNG = Duration.ofSeconds(35);

    private static final Duration HEALS_AFTER = Duration.ofSeconds(4);

    /** The usual ones, but for times: other tests run beside this one. */
    private static final FeedLimits BUSY_MACHINE =
            new FeedLimits(
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(2),
                    1,
                    Duration.ZERO,
                    FeedLimits.USUAL.base(),
                    FeedLimits.USUAL.digits(),
                    FeedLimits.USUAL.target(),
                    FeedLimits.USUAL.scale());

    @TempDir Path folder;

    private final Vertx vertx = Vertx.vertx();
    private final Vertx world = Vertx.vertx();
    private final Loop loop = new Loop("test-engine");
    private ConverterSide side;
    private Engine engine;
    private SqliteStore store;

    @AfterEach
    void stop() throws Exception {
        side.stop().await(10, TimeUnit.SECONDS);
        engine.drain(Duration.ofSeconds(5)).toCompletableFuture().get(10, TimeUnit.SECONDS);
        side.close();
        vertx.close().await(10, TimeUnit.SECONDS);
        world.close().await(10, TimeUnit.SECONDS);
        loop.close();
        store.close();
    }

    @Test
    void everyMessageOfTheFeedIsAnsweredRightWithinTheSourcesQuota() throws Exception {
        try (var rates = rates();
                var feed = feed(STEADY)) {
            start(rates, feed);
            FeedVerdict verdict = feed.verdict().toCompletableFuture().get(60, TimeUnit.SECONDS);
            assertThat(verdict.problems()).as(verdict.table()).isEmpty();
            assertThat(rates.stats().getInteger("worst_window")).isLessThanOrEqualTo(10);
            assertThat(rates.stats().getInteger("refused")).isZero();
            assertThat(side.metrics().value(Counter.CONVERTED)).isGreaterThan(100);
            assertThat(side.metrics().value(Counter.SOURCE_CALLS)).isLessThanOrEqualTo(10);
        }
    }

    /**
     * The source is broken from the start and heals after some seconds: the session lives on, its
     * heartbeats keep their second, every message is answered, and in the end they are converted.
     */
    @ParameterizedTest
    @MethodSource("faults")
    void aBrokenSourceEndsNoSessionAndIsNoticedWhenItHeals(Fault fault) throws Exception {
        try (var rates = rates();
                var feed = feed(fault.mode() == Fault.Mode.HANG ? HUNG : BROKEN)) {
            rates.fault(fault.lasting(Duration.ofMinutes(1)));
            start(rates, feed);
            while (rates.stats().getInteger("spoilt") == 0) {
                Thread.onSpinWait();
            }
            rates.fault(fault.lasting(HEALS_AFTER));
            FeedVerdict verdict = feed.verdict().toCompletableFuture().get(60, TimeUnit.SECONDS);
            assertThat(verdict.problems()).as(verdict.table()).isEmpty();
            assertThat(verdict.figures().getInteger("connections")).isEqualTo(1);
            assertThat(rates.stats().getInteger("spoilt")).isPositive();
            assertThat(rates.stats().getInteger("calls"))
                    .as("calls after it healed")
                    .isGreaterThan(rates.stats().getInteger("spoilt"));
            assertThat(rates.stats().getInteger("worst_window")).isLessThanOrEqualTo(10);
        }
    }

    static List<Fault> faults() {
        return List.of(
                Fault.of(Fault.Mode.HANG),
                Fault.of(Fault.Mode.HTML),
                Fault.of(Fault.Mode.RESET),
                Fault.status(401),
                Fault.status(429),
                Fault.status(429).retryAfter(5));
    }

    private SimulatedRates rates() {
        return new SimulatedRates(
                        world, SimulatedRates.Options.recorded(HISTORY), InstantSource.system())
                .start();
    }

    private SimulatedFeed feed(Duration lasting) {
        return new SimulatedFeed(
                        world,
                        SimulatedFeed.Options.captured(HISTORY, 7, 50)
                                .lasting(lasting)
                                .limits(BUSY_MACHINE),
                        InstantSource.system())
                .start();
    }

    private void start(SimulatedRates rates, SimulatedFeed feed) throws Exception {
        side = new ConverterSide(vertx, settings(rates, feed));
        store = SqliteStore.open(folder.resolve("rates.db"), StoreOptions.DEFAULT);
        Map<String, Upstream> upstreams = new HashMap<>();
        List<UpstreamPolicy> policies = new ArrayList<>();
        List<RoutePolicy> routes = new ArrayList<>();
        side.addTo(upstreams, policies, routes);
        engine =
                new Engine(
                        new EngineParts(
                                store,
                                upstreams,
                                policies,
                                routes,
                                loop,
                                loop,
                                loop.readers(),
                                RandomGenerator.getDefault(),
                                Duration.ofMillis(1800),
                                deliveries -> {}));
        engine.start();
        side.start(engine, store).await(10, TimeUnit.SECONDS);
    }

    private static RatesSettings settings(SimulatedRates rates, SimulatedFeed feed) {
        return new RatesSettings(
                feed.uri(),
                RatesSettings.Source.FREECURRENCYAPI,
                rates.uri(),
                "any",
                List.of(new Window(10, Duration.ofMinutes(1))),
                "EUR",
                Duration.ofHours(2),
                Duration.ofDays(7),
                5,
                RoundingMode.DOWN,
                true,
                new TlsSettings(null, null, null),
                Proxies.NONE);
    }
}
