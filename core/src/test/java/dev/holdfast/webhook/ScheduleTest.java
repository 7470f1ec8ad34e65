package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final RandomGenerator RANDOM = new SplittableRandom(1);

    @Test
    void eachTryHasItsDelayAndThenThereIsNone() {
        Schedule plain = new Schedule(List.of(Duration.ZERO, Duration.ofSeconds(5)), 0);

        assertThat(plain.next(0, null, RANDOM)).contains(Duration.ZERO);
        assertThat(plain.next(1, null, RANDOM)).contains(Duration.ofSeconds(5));
        assertThat(plain.next(2, null, RANDOM)).isEmpty();
        assertThat(plain.next(2, Duration.ofSeconds(1), RANDOM)).isEmpty();
    }

    @Test
    void jitterSpreadsADelayByAFifthBothWays() {
        List<Duration> waits =
                RandomGenerator.of("L64X128MixRandom")
                        .ints(2_000)
                        .boxed()
                        .map(seed -> Schedule.DEFAULT.next(2, null, new SplittableRandom(seed)))
                        .map(Optional::orElseThrow)
                        .toList();

        assertThat(waits)
                .allSatisfy(
                        wait ->
                                assertThat(wait)
                                        .isBetween(Duration.ofMinutes(4), Duration.ofMinutes(6)));
        assertThat(waits).anyMatch(wait -> wait.compareTo(Duration.ofSeconds(250)) < 0);
        assertThat(waits).anyMatch(wait -> wait.compareTo(Duration.ofSeconds(350)) > 0);
        assertThat(Schedule.DEFAULT.next(0, null, RANDOM)).contains(Duration.ZERO);
    }

    @Test
    void aReceiverMayAskForMoreTimeUpToADay() {
        Schedule plain = new Schedule(List.of(Duration.ofMinutes(1)), 0);

        assertThat(plain.next(0, Duration.ofSeconds(3), RANDOM)).contains(Duration.ofMinutes(1));
        assertThat(plain.next(0, Duration.ofMinutes(3), RANDOM)).contains(Duration.ofMinutes(3));
        assertThat(plain.next(0, Duration.ofDays(30), RANDOM)).contains(Duration.ofHours(24));
    }

    @Test
    void aScheduleThatMakesNoSenseIsRefused() {
        for (List<Duration> delays :
                List.of(
                        List.<Duration>of(),
                        List.of(Duration.ofSeconds(-1)),
                        Collections.nCopies(Schedule.MAX_TRIES + 1, Duration.ZERO))) {
            assertThatThrownBy(() -> new Schedule(delays, 0))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        for (double jitter : new double[] {-0.1, 1.1, Double.NaN}) {
            assertThatThrownBy(() -> new Schedule(List.of(Duration.ZERO), jitter))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
