package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.Allowance;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.CostRule;
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

/**
 * An upstream that counts tokens, which somebody else uses, too, on virtual time. A call reserves
 * up to twice what it takes.
 */
@Timeout(120)
final class SharedUnitsTest {
    private static final String TOKENS = "tokens";
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration STEP = Duration.ofMillis(50);
    private static final int LIMIT = 2_000;
    private static final int WINDOWS = 20;
    private static final double RESERVE = 0.1;

    /** Share of what was neither the stranger's nor reserved for it that is used, at least. */
    private static final double USED = 0.9;

    private static final CostRule BY_MESSAGE =
            new CostRule(JsonPointer.compile("/message"), 5, 0, LIMIT, null);

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void ofWhatAStrangerLeavesNineTenthsAreUsedAndOneCallAWindowIsRefusedAtMost(long seed) {
        try (EngineWorld world = world(RESERVE)) {
            StandIn api = new StandIn(world, new Random(seed), LIMIT);
            ask(world, new Random(seed));
            api.serve(MINUTE.multipliedBy(WINDOWS));
            assertThat(api.strangers).as("the stranger's tokens").isGreaterThan(LIMIT);
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
    void whatIsReservedIsLeftToOthersAndAnAnswerNeverAddsRoom() {
        try (EngineWorld world = world(0.25)) {
            StandIn api = new StandIn(world, new Random(1), LIMIT * 10);
            api.load = 0;
            ask(world, new Random(1));
            api.serve(MINUTE.multipliedBy(3));
            assertThat(api.refused).isEmpty();
            assertThat(api.most).isBetween(LIMIT / 2, LIMIT - LIMIT / 4);
        }
    }

    @Test
    void whatOthersLeaveIsNotEnoughForWaitsForTheResetAndKeepsItsPlace() {
        try (EngineWorld world = world(0)) {
            var _ = world.submit("100");
            world.time.run(EngineWorld.SOON);
            answers(world.calls.getFirst(), world, 300, Duration.ofSeconds(20), 100);
            Duration told = world.time.elapsed();
            var _ = world.submit("400");
            var _ = world.submit("200");
            world.time.run(Duration.ofSeconds(15));
            assertThat(world.calls).as("300 are left, and the dear one is first").hasSize(1);
            world.time.run(Duration.ofSeconds(6));
            assertThat(world.calls).extracting(EngineWorld.Call::message).contains("400");
            assertThat(world.calls.get(1).at())
                    .isBetween(told.plusSeconds(19), told.plusSeconds(21));
        }
    }

    @Test
    void oneThatSaysNothingOfItsTokensIsCalledAsItsOwnQuotaAllows() {
        try (EngineWorld world = world(0)) {
            var _ = world.submit("100");
            world.time.run(EngineWorld.SOON);
            EngineWorld.Call first = world.calls.getFirst();
            world.listener.accept(
                    new Upstream.Said(first.what().requestId(), List.of(), Map.of(), 0));
            first.outcome()
                    .complete(new Outcome.Done(new Result(200, "done"), Map.of(TOKENS, 100L)));
            for (int i = 1; i <= 5; i++) {
                var _ = world.submit("200." + i);
            }
            world.time.run(EngineWorld.SOON);
            assertThat(world.calls).hasSize(6);
        }
    }

    private static void answers(
            EngineWorld.Call call, EngineWorld world, int left, Duration reset, long used) {
        world.listener.accept(
                new Upstream.Said(
                        call.what().requestId(),
                        List.of(),
                        Map.of(TOKENS, List.of(new Allowance(left, reset, LIMIT, MINUTE))),
                        0));
        call.outcome().complete(new Outcome.Done(new Result(200, "done"), Map.of(TOKENS, used)));
    }

    private EngineWorld world(double reserve) {
        Quota quota = new Quota(List.of(new Window(LIMIT, MINUTE)));
        return new EngineWorld(
                folder.resolve("store.db"),
                api ->
                        new UpstreamPolicy(
                                api.name(),
                                Quota.NONE,
                                new TreeMap<>(Map.of(TOKENS, quota)),
                                20,
                                api.timeout(),
                                api.retry(),
                                BreakerPolicy.DEFAULT,
                                reserve,
                                api.maxQueue(),
                                null),
                Map.of(TOKENS, BY_MESSAGE));
    }

    /** More than can be called; each costs as many tokens as its message says, rounded up. */
    private static void ask(EngineWorld world, Random random) {
        for (int i = 0; i < 2_400; i++) {
            var _ = world.submit((20 + random.nextInt(80)) + "." + (100_000 + i));
        }
    }

    /** Counts all tokens in a sliding window, whosever they are. */
    private static final class StandIn {
        private record Used(Duration at, int tokens) {}

        private final EngineWorld world;
        private final Random random;
        private final int limit;
        private final Deque<Used> counted = new ArrayDeque<>();
        private final Deque<Used> ours = new ArrayDeque<>();
        private int seen;

        final List<Duration> refused = new ArrayList<>();

        /** A stranger's tokens a second, at most. */
        double load = 20;

        long strangers;
        long served;
        int most;
        private Duration from = Duration.ZERO;

        StandIn(EngineWorld world, Random random, int limit) {
            this.world = world;
            this.random = random;
            this.limit = limit;
        }

        void serve(Duration time) {
            from = world.time.elapsed();
            Duration end = from.plus(time);
            double rate = 0;
            for (int step = 0; world.time.elapsed().compareTo(end) < 0; step++) {
                if (step % 400 == 0) {
                    rate = random.nextDouble() * load / 30; // calls a second, for twenty seconds
                }
                world.time.run(STEP);
                Duration now = world.time.elapsed();
                forget(counted, now);
                forget(ours, now);
                int tokens = 10 + random.nextInt(40);
                if (random.nextDouble() < rate * STEP.toMillis() / 1e3
                        && sum(counted) + tokens <= limit) {
                    counted.add(new Used(now, tokens));
                    strangers += tokens;
                }
                for (; seen < world.calls.size(); seen++) {
                    answer(world.calls.get(seen), now);
                }
            }
        }

        /** Share of what was ours to use. */
        double used() {
            double windows = (double) world.time.elapsed().minus(from).toMillis();
            double all = limit * (1 - RESERVE) * windows / MINUTE.toMillis();
            return served / (all - strangers);
        }

        private static void forget(Deque<Used> used, Duration now) {
            while (!used.isEmpty() && used.getFirst().at().compareTo(now.minus(MINUTE)) <= 0) {
                used.removeFirst();
            }
        }

        private static int sum(Deque<Used> used) {
            return used.stream().mapToInt(Used::tokens).sum();
        }

        private void answer(EngineWorld.Call call, Duration now) {
            int reserved = (int) Math.ceil(Double.parseDouble(call.message()));
            int tokens = reserved / 2 + random.nextInt(reserved / 2);
            boolean taken = sum(counted) + tokens <= limit;
            if (taken) {
                counted.add(new Used(now, tokens));
                ours.add(new Used(now, tokens));
                served += tokens;
                most = Math.max(most, sum(ours));
            } else {
                refused.add(now);
            }
            Duration reset =
                    counted.isEmpty() ? MINUTE : counted.getFirst().at().plus(MINUTE).minus(now);
            var left = new Allowance(limit - sum(counted), reset, null, MINUTE);
            world.listener.accept(
                    new Upstream.Said(
                            call.what().requestId(), List.of(), Map.of(TOKENS, List.of(left)), 0));
            call.outcome()
                    .complete(
                            taken
                                    ? new Outcome.Done(
                                            new Result(200, "done"), Map.of(TOKENS, (long) tokens))
                                    : new Outcome.Throttled(429, reset));
        }
    }
}
