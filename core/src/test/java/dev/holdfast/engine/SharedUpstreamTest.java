package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.Allowance;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An upstream whose quota somebody else uses, too, on virtual time. */
@Timeout(120)
final class SharedUpstreamTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration STEP = Duration.ofMillis(50);
    private static final int LIMIT = 20;
    private static final int WINDOWS = 20;

    /** More than can be called in that time. */
    private static final int ASKS = LIMIT * WINDOWS * 2;

    /** Without one a stranger who does not insist gets nothing. */
    private static final double RESERVE = 0.1;

    /** Share of what was free that is used, at least. */
    private static final double USED = 0.9;

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void ofWhatAStrangerLeavesNineTenthsAreUsedAndOneCallAWindowIsRefusedAtMost(long seed) {
        try (EngineWorld world = world(RESERVE)) {
            StandIn api = new StandIn(world, new Random(seed), Says.ALL);
            ask(world);
            api.serve(MINUTE.multipliedBy(WINDOWS));
            assertThat(api.strangers).as("the stranger calls").isGreaterThan(WINDOWS);
            assertThat(api.used()).isGreaterThan(USED);
            for (Duration at : api.refused) {
                assertThat(api.refused)
                        .filteredOn(other -> other.compareTo(at) >= 0)
                        .filteredOn(other -> other.compareTo(at.plus(MINUTE)) < 0)
                        .hasSize(1);
            }
        }
    }

    @Test
    void whatIsReservedIsLeftToOthers() {
        try (EngineWorld world = world(0.25)) {
            StandIn api = new StandIn(world, new Random(1), Says.ALL);
            api.strangersCall = false;
            ask(world);
            api.serve(MINUTE.multipliedBy(3));
            assertThat(api.most).isEqualTo(LIMIT - LIMIT / 4);
        }
    }

    @Test
    void anAnswerNeverAddsRoom() {
        try (EngineWorld world = world(0)) {
            StandIn api = new StandIn(world, new Random(1), Says.FAR_TOO_MUCH);
            api.strangersCall = false;
            ask(world);
            api.serve(MINUTE.multipliedBy(3));
            assertThat(api.most).isEqualTo(LIMIT);
            assertThat(api.refused).isEmpty();
        }
    }

    @Test
    void aRefusalThatNothingExplainsHalvesWhatIsUsedAndEachCleanWindowGivesOneBack() {
        try (EngineWorld world = world(0)) {
            StandIn api = new StandIn(world, new Random(1), Says.NOTHING);
            api.strangersCall = false;
            api.limit = LIMIT / 2 + 1;
            ask(world);
            api.serve(MINUTE.multipliedBy(WINDOWS));
            assertThat(api.refused).as("refusals").isNotEmpty();
            assertThat(api.refused.size()).as("refusals").isLessThan(WINDOWS);
            assertThat(api.used()).isGreaterThan(0.5);
        }
    }

    private EngineWorld world(double reserve) {
        Quota quota = new Quota(List.of(new Window(LIMIT, MINUTE)));
        return new EngineWorld(
                folder.resolve("store.db"),
                api ->
                        new UpstreamPolicy(
                                api.name(),
                                quota,
                                new TreeMap<>(),
                                LIMIT,
                                api.timeout(),
                                api.retry(),
                                BreakerPolicy.DEFAULT,
                                reserve,
                                api.maxQueue(),
                                null));
    }

    private static void ask(EngineWorld world) {
        for (int i = 0; i < ASKS; i++) {
            var _ = world.submit("m" + i);
        }
    }

    /** What the stand-in's headers say. */
    private enum Says {
        ALL,
        NOTHING,
        FAR_TOO_MUCH
    }

    /** Counts all calls in a sliding window, whosever they are. */
    private static final class StandIn {
        private final EngineWorld world;
        private final Random random;
        private final Says says;
        private final Deque<Duration> counted = new ArrayDeque<>();
        private final Deque<Duration> ours = new ArrayDeque<>();
        private int seen;

        final List<Duration> refused = new ArrayList<>();
        boolean strangersCall = true;
        int limit = LIMIT;
        int strangers;
        int served;
        int most;
        private Duration from = Duration.ZERO;

        StandIn(EngineWorld world, Random random, Says says) {
            this.world = world;
            this.random = random;
            this.says = says;
        }

        void serve(Duration time) {
            from = world.time.elapsed();
            Duration end = from.plus(time);
            double rate = 0;
            for (int step = 0; world.time.elapsed().compareTo(end) < 0; step++) {
                if (step % 400 == 0) {
                    rate = random.nextDouble() * 0.3; // calls a second, for twenty seconds
                }
                world.time.run(STEP);
                Duration now = world.time.elapsed();
                forget(now);
                if (strangersCall
                        && random.nextDouble() < rate * STEP.toMillis() / 1e3
                        && counted.size() < limit) {
                    counted.add(now);
                    strangers++;
                }
                for (; seen < world.calls.size(); seen++) {
                    answer(world.calls.get(seen), now);
                }
            }
        }

        /** Share of what the stranger left. */
        double used() {
            double windows = (double) world.time.elapsed().minus(from).toMillis();
            double all = limit * windows / MINUTE.toMillis();
            return served / (all - strangers);
        }

        private void forget(Duration now) {
            Duration horizon = now.minus(MINUTE);
            while (!counted.isEmpty() && counted.getFirst().compareTo(horizon) <= 0) {
                counted.removeFirst();
            }
            while (!ours.isEmpty() && ours.getFirst().compareTo(horizon) <= 0) {
                ours.removeFirst();
            }
        }

        private void answer(EngineWorld.Call call, Duration now) {
            boolean taken = counted.size() < limit;
            if (taken) {
                counted.add(now);
                ours.add(now);
                served++;
                most = Math.max(most, ours.size());
            } else {
                refused.add(now);
            }
            Duration reset = counted.getFirst().plus(MINUTE).minus(now);
            world.listener.accept(
                    switch (says) {
                        case ALL -> said(limit - counted.size(), reset);
                        case NOTHING -> new Upstream.Said("", List.of(), Map.of(), 0);
                        case FAR_TOO_MUCH -> said(1_000_000, reset);
                    });
            call.outcome()
                    .complete(
                            taken
                                    ? new Outcome.Done(new Result(200, "signed"))
                                    : new Outcome.Throttled(429, reset));
        }

        private static Upstream.Said said(int remaining, Duration reset) {
            return new Upstream.Said(
                    "", List.of(new Allowance(remaining, reset, null, MINUTE)), Map.of(), 0);
        }
    }
}
