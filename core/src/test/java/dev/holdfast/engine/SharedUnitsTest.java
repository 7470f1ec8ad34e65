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
    private static final Duration MINUTE = SharedStandIn.MINUTE;
    private static final int LIMIT = 2_000;
    private static final int WINDOWS = 20;
    private static final double RESERVE = 0.1;

    /** Share of what was neither the stranger's nor reserved for it that is used, at least. */
    private static final double USED = 0.9;

    private static final CostRule BY_MESSAGE =
            new CostRule(JsonPointer.compile("/message"), 5, 0, LIMIT, null);

    @TempDir Path folder;

    private Quota calls = Quota.NONE;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void ofWhatAStrangerLeavesNineTenthsAreUsedAndOneCallAWindowIsRefusedAtMost(long seed) {
        try (EngineWorld world = world(RESERVE)) {
            SharedStandIn api = standIn(world, seed, LIMIT);
            ask(world, new Random(seed));
            api.serve(MINUTE.multipliedBy(WINDOWS));
            assertThat(api.strangers).as("the stranger's tokens").isGreaterThan(LIMIT);
            assertThat(api.used(RESERVE)).isGreaterThan(USED);
            assertThat(api.refusedInAWindow()).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void whatIsReservedIsLeftToOthersAndAnAnswerNeverAddsRoom() {
        try (EngineWorld world = world(0.25)) {
            SharedStandIn api = standIn(world, 1, LIMIT * 10);
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
            answers(world, 0, left(300, Duration.ofSeconds(20)), took(100));
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
    void asLongAsNobodyKnowsWhatIsLeftOneCallLeavesAtATime() {
        try (EngineWorld world = world(0)) {
            for (int i = 0; i < 5; i++) {
                var _ = world.submit("200." + i);
            }
            world.time.run(EngineWorld.SOON);
            assertThat(world.calls).hasSize(1);
            answers(world, 0, left(1_500, MINUTE), took(200));
            world.time.run(EngineWorld.SOON);
            assertThat(world.calls).hasSize(5);
        }
    }

    @Test
    void oneThatSaysNothingOfItsTokensIsCalledAsItsOwnQuotaAllows() {
        try (EngineWorld world = world(0)) {
            var _ = world.submit("100");
            world.time.run(EngineWorld.SOON);
            world.listener.accept(said(world.calls.getFirst()));
            world.calls.getFirst().outcome().complete(took(100));
            for (int i = 1; i <= 5; i++) {
                var _ = world.submit("200." + i);
            }
            world.time.run(EngineWorld.SOON);
            assertThat(world.calls).hasSize(6);
        }
    }

    /** A refusal that nothing explains leaves one call in ten minutes here. */
    @Test
    void aRefusalForWantOfTokensTakesNoCallsAway() {
        calls = new Quota(List.of(new Window(9, Duration.ofMinutes(10))));
        try (EngineWorld world = world(0)) {
            for (int i = 0; i < 5; i++) {
                var _ = world.submit("200." + i);
            }
            world.time.run(EngineWorld.SOON);
            Outcome refused = new Outcome.Throttled(429, Duration.ofSeconds(1));
            answers(world, 0, left(100, Duration.ofSeconds(1)), refused);
            world.time.run(MINUTE.plusSeconds(5));
            int known = world.calls.size();
            assertThat(known).as("one finds out").isEqualTo(2);
            answers(world, 1, left(1_800, MINUTE), took(200));
            world.time.run(Duration.ofSeconds(1));
            assertThat(world.calls.size() - known).as("all the others at once").isEqualTo(4);
        }
    }

    @Test
    void aRefusalThatNeitherCallsNorTokensExplainTakesCallsAway() {
        calls = new Quota(List.of(new Window(9, Duration.ofMinutes(10))));
        try (EngineWorld world = world(0)) {
            for (int i = 0; i < 5; i++) {
                var _ = world.submit("200." + i);
            }
            world.time.run(EngineWorld.SOON);
            Outcome refused = new Outcome.Throttled(429, Duration.ofSeconds(1));
            answers(world, 0, left(200, Duration.ofSeconds(1)), refused);
            world.time.run(MINUTE.multipliedBy(9));
            assertThat(world.calls).as("as many were left as it takes").hasSize(1);
        }
    }

    private static Allowance left(int tokens, Duration reset) {
        return new Allowance(tokens, reset, LIMIT, MINUTE);
    }

    private static void answers(EngineWorld world, int call, Allowance left, Outcome outcome) {
        EngineWorld.Call made = world.calls.get(call);
        world.listener.accept(
                new Upstream.Said(
                        made.what().requestId(),
                        List.of(new Allowance(8, null, null, null)),
                        Map.of(TOKENS, List.of(left)),
                        0));
        made.outcome().complete(outcome);
    }

    private EngineWorld world(double reserve) {
        Quota quota = new Quota(List.of(new Window(LIMIT, MINUTE)));
        return new EngineWorld(
                folder.resolve("store.db"),
                api ->
                        new UpstreamPolicy(
                                api.name(),
                                calls,
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

    private static SharedStandIn standIn(EngineWorld world, long seed, int limit) {
        var random = new Random(seed);
        var api =
                new SharedStandIn.Api() {
                    @Override
                    public int takes(EngineWorld.Call call) {
                        int reserved = (int) Math.ceil(Double.parseDouble(call.message()));
                        return reserved / 2 + random.nextInt(reserved / 2);
                    }

                    @Override
                    public int strangerTakes() {
                        return 10 + random.nextInt(40);
                    }

                    @Override
                    public Upstream.Said says(EngineWorld.Call call, Allowance left) {
                        return said(call, left);
                    }

                    @Override
                    public Outcome done(int took) {
                        return took(took);
                    }
                };
        var standIn = new SharedStandIn(world, random, limit, api);
        standIn.load = 0.7;
        return standIn;
    }

    private static Upstream.Said said(EngineWorld.Call call, Allowance... left) {
        return new Upstream.Said(
                call.what().requestId(), List.of(), Map.of(TOKENS, List.of(left)), 0);
    }

    private static Outcome took(long tokens) {
        return new Outcome.Done(new Result(200, "done"), Map.of(TOKENS, tokens));
    }
}
