package dev.holdfast.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** In absolute figures: the store's tests reckon with what a window says of itself. */
final class QuotaTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Quota FIVE_AND_TWENTY =
            new Quota(List.of(new Window(5, SECOND), new Window(20, MINUTE)));

    @Test
    void aSlotIsHeldForTheWindowAndItsGuardAndNotMuchLonger() {
        for (Duration length : List.of(Duration.ofMillis(1), SECOND, MINUTE, Duration.ofHours(1))) {
            Duration guard = new Window(1, length).held().minus(length);
            assertThat(guard)
                    .as("%s", length)
                    .isGreaterThanOrEqualTo(Duration.ofMillis(10).plus(length.dividedBy(2_000)))
                    .isLessThanOrEqualTo(Duration.ofMillis(20).plus(length.dividedBy(1_000)));
        }
    }

    @Test
    void everyWindowHolds() {
        // Nineteen of the last minute, none of the last second.
        Occupancy minute = new Occupancy(0, settled(19, Duration.ofSeconds(30)));
        assertThat(FIVE_AND_TWENTY.verdict(minute, NOW)).isEqualTo(new Verdict.Granted(1));
        Occupancy second = new Occupancy(1, settled(3, Duration.ZERO));
        assertThat(FIVE_AND_TWENTY.verdict(second, NOW)).isEqualTo(new Verdict.Granted(1));
        assertThat(FIVE_AND_TWENTY.verdict(Occupancy.EMPTY, NOW)).isEqualTo(new Verdict.Granted(5));
    }

    @Test
    void theNextSlotIsThatOfTheOldestCallThatCounts() {
        Quota two = new Quota(List.of(new Window(2, MINUTE)));
        Duration held = two.memory();
        Occupancy full = new Occupancy(0, List.of(NOW.minusSeconds(10), NOW.minusSeconds(40)));
        assertThat(two.verdict(full, NOW))
                .isEqualTo(new Verdict.NotBefore(NOW.minusSeconds(40).plus(held)));
        Instant frees = NOW.minusSeconds(40).plus(held);
        assertThat(two.verdict(full, frees.minusNanos(1_000)))
                .isInstanceOf(Verdict.NotBefore.class);
        assertThat(two.verdict(full, frees)).isEqualTo(new Verdict.Granted(1));
    }

    @Test
    void callsUnderWayCountAgainstEveryWindow() {
        assertThat(FIVE_AND_TWENTY.verdict(new Occupancy(4, List.of()), NOW))
                .isEqualTo(new Verdict.Granted(1));
        assertThat(FIVE_AND_TWENTY.verdict(new Occupancy(5, List.of()), NOW))
                .isInstanceOf(Verdict.AfterSettling.class);
    }

    @Test
    void whatIsRememberedIsEnoughForTheLongestAndTheLargestWindow() {
        assertThat(FIVE_AND_TWENTY.memory()).isGreaterThan(MINUTE);
        assertThat(FIVE_AND_TWENTY.largestLimit()).isEqualTo(20);
    }

    private static List<Instant> settled(int calls, Duration ago) {
        return IntStream.range(0, calls)
                .mapToObj(call -> NOW.minus(ago).minusMillis(call))
                .toList();
    }
}
