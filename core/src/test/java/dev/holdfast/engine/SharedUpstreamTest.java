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
    private static final Duration MINUTE = SharedStandIn.MINUTE;
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
            SharedStandIn api = standIn(world, seed, Says.ALL);
            ask(world);
            api.serve(MINUTE.multipliedBy(WINDOWS));
            assertThat(api.strangers).as("the stranger calls").isGreaterThan(WINDOWS);
            assertThat(api.used(0)).isGreaterThan(USED);
            assertThat(api.refusedInAWindow()).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void whatIsReservedIsLeftToOthers() {
        try (EngineWorld world = world(0.25)) {
            SharedStandIn api = standIn(world, 1, Says.ALL);
            api.load = 0;
            ask(world);
            api.serve(MINUTE.multipliedBy(3));
            assertThat(api.most).isEqualTo(LIMIT - LIMIT / 4);
        }
    }

    @Test
    void anAnswerNeverAddsRoom() {
        try (EngineWorld world = world(0)) {
            SharedStandIn api = standIn(world, 1, Says.FAR_TOO_MUCH);
            api.load = 0;
            ask(world);
            api.serve(MINUTE.multipliedBy(3));
            assertThat(api.most).isEqualTo(LIMIT);
            assertThat(api.refused).isEmpty();
        }
    }

    @Test
    void aRefusalThatNothingExplainsHalvesWhatIsUsedAndEachCleanWindowGivesOneBack() {
        try (EngineWorld world = world(0)) {
            SharedStandIn api = standIn(world, 1, Says.NOTHING);
            api.load = 0;
            api.limit = LIMIT / 2 + 1;
            ask(world);
            api.serve(MINUTE.multipliedBy(WINDOWS));
            assertThat(api.refused).as("refusals").isNotEmpty();
            assertThat(api.refused.size()).as("refusals").isLessThan(WINDOWS);
            assertThat(api.used(0)).isGreaterThan(0.5);
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

    private static SharedStandIn standIn(EngineWorld world, long seed, Says says) {
        var api =
                new SharedStandIn.Api() {
                    @Override
                    public int takes(EngineWorld.Call call) {
                        return 1;
                    }

                    @Override
                    public int strangerTakes() {
                        return 1;
                    }

                    @Override
                    public Upstream.Said says(EngineWorld.Call call, Allowance left) {
                        List<Allowance> said =
                                switch (says) {
                                    case ALL -> List.of(left);
                                    case NOTHING -> List.of();
                                    case FAR_TOO_MUCH ->
                                            List.of(
                                                    new Allowance(
                                                            1_000_000, left.reset(), null, MINUTE));
                                };
                        return new Upstream.Said(call.what().requestId(), said, Map.of(), 0);
                    }

                    @Override
                    public Outcome done(int took) {
                        return new Outcome.Done(new Result(200, "signed"));
                    }
                };
        return new SharedStandIn(world, new Random(seed), LIMIT, api);
    }
}
