package dev.holdfast.pace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BreakerPolicyTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final BreakerPolicy POLICY = BreakerPolicy.DEFAULT;

    @Test
    void noMinuteHasMoreThanTwoCalls() {
        List<Duration> calls = calls(Duration.ofHours(2));
        for (Duration from : calls) {
            assertThat(calls)
                    .filteredOn(at -> at.compareTo(from) >= 0)
                    .filteredOn(at -> at.compareTo(from.plus(MINUTE)) < 0)
                    .hasSizeLessThanOrEqualTo(2);
        }
    }

    @Test
    void theFirstLooksAfterThePauseAndLaterOnesWaitAtMostTheLongest() {
        List<Duration> calls = calls(Duration.ofHours(2));
        assertThat(calls.getFirst()).isEqualTo(POLICY.pause());
        for (int i = 1; i < calls.size(); i++) {
            assertThat(calls.get(i).minus(calls.get(i - 1)))
                    .isBetween(POLICY.pause(), POLICY.maxPause());
        }
        assertThat(calls.getLast().minus(calls.get(calls.size() - 2))).isEqualTo(POLICY.maxPause());
        assertThat(POLICY.next(Duration.ZERO)).isEqualTo(POLICY.pause());
    }

    @Test
    void pausesThatContradictEachOtherAreRefused() {
        assertThatThrownBy(() -> new BreakerPolicy(5, MINUTE, MINUTE.minusMillis(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new BreakerPolicy(0, MINUTE, MINUTE))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new BreakerPolicy(1, Duration.ZERO, MINUTE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static List<Duration> calls(Duration until) {
        List<Duration> calls = new ArrayList<>();
        Duration at = POLICY.pause();
        while (at.compareTo(until) < 0) {
            calls.add(at);
            at = at.plus(POLICY.next(at));
        }
        return calls;
    }
}
