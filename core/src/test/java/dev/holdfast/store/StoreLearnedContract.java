package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.LearnedDelay;
import dev.holdfast.request.Decision;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What every {@link Store} remembers of how long a route's calls take to recover. */
abstract class StoreLearnedContract extends StoreSlotsContract {
    private static final Duration FIVE = Duration.ofSeconds(5);
    private static final Duration TEN = Duration.ofSeconds(10);

    @Test
    void aCallThatSucceedsAfterOneThatFailedTellsBetweenWhich() {
        held(SHOP, "m");
        ClaimedJob first = claimOne();
        assertThat(first.sinceFirst()).isZero();
        assertThat(first.failedAt()).isNull();
        retryAfter(first, FIVE);
        time.pass(FIVE);
        ClaimedJob second = claimOne();
        assertThat(second.sinceFirst()).isEqualTo(FIVE);
        assertThat(second.failedAt()).isZero();
        retryAfter(second, TEN);
        time.pass(TEN);
        reopen();
        ClaimedJob third = claimOne();
        assertThat(third.sinceFirst()).isEqualTo(FIVE.plus(TEN));
        assertThat(third.failedAt()).isEqualTo(FIVE);

        LearnedDelay learned = Objects.requireNonNull(succeed(third).learned());

        assertThat(learned).isEqualTo(LearnedDelay.NOTHING.with(FIVE, FIVE.plus(TEN)));
        assertThat(kept()).containsOnlyKeys(third.route());
        reopen();
        assertThat(kept().get(third.route()).write()).isEqualTo(learned.write());
    }

    @Test
    void whatIsLearnedAddsUp() {
        LearnedDelay expected = LearnedDelay.NOTHING;
        for (String message : new String[] {"m", "n", "o"}) {
            held(SHOP, message);
            retryAfter(claimOne(), FIVE);
            time.pass(FIVE);
            ClaimedJob again = claimOne();
            LearnedDelay before = kept().getOrDefault(again.route(), LearnedDelay.NOTHING);
            expected = before.with(Duration.ZERO, FIVE);
            assertThat(succeed(again).learned()).isEqualTo(expected);
        }
        assertThat(expected.seen()).isEqualTo(3);
    }

    @Test
    void aFirstCallThatSucceedsTeachesNothing() {
        held(SHOP, "m");
        assertThat(succeed(claimOne()).learned()).isNull();
        assertThat(kept()).isEmpty();
    }

    @Test
    void aCallThatFoundTheUpstreamClosedTellsNothingOfItsJob() {
        held(SHOP, "m");
        retryAfter(claimOne(), FIVE);
        time.pass(FIVE);
        ClaimedJob throttled = claimOne();
        await(
                store.settle(
                        new Settlement(
                                throttled,
                                "throttled",
                                429,
                                Duration.ZERO,
                                new Decision.Retry(TEN, false, null))));
        time.pass(TEN);
        ClaimedJob third = claimOne();
        assertThat(third.failedAt()).isZero();
        assertThat(succeed(third).learned())
                .isEqualTo(LearnedDelay.NOTHING.with(Duration.ZERO, FIVE.plus(TEN)));
    }

    private Map<String, LearnedDelay> kept() {
        return store.reads().learned(API);
    }
}
