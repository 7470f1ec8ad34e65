package dev.holdfast.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
    void whatIsDearerThanALimitTakesAllThereIs() {
        Quota ten = new Quota(List.of(new Window(10, Duration.ofMinutes(1))));
        Instant now = Instant.parse("2026-01-01T00:00:00Z");
        assertThat(ten.verdict(Occupancy.EMPTY, now, 25)).isEqualTo(new Verdict.Granted(10));
        Occupancy one = new Occupancy(1, Steps.NONE);
        assertThat(ten.verdict(one, now, 25)).isInstanceOf(Verdict.AfterSettling.class);
    }

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
        Occupancy full =
                new Occupancy(
                        0, Staircases.of(List.of(NOW.minusSeconds(10), NOW.minusSeconds(40))));
        assertThat(two.verdict(full, NOW))
                .isEqualTo(new Verdict.NotBefore(NOW.minusSeconds(40).plus(held)));
        Instant frees = NOW.minusSeconds(40).plus(held);
        assertThat(two.verdict(full, frees.minusNanos(1_000)))
                .isInstanceOf(Verdict.NotBefore.class);
        assertThat(two.verdict(full, frees)).isEqualTo(new Verdict.Granted(1));
    }

    @Test
    void callsUnderWayCountAgainstEveryWindow() {
        assertThat(FIVE_AND_TWENTY.verdict(new Occupancy(4, Steps.NONE), NOW))
                .isEqualTo(new Verdict.Granted(1));
        assertThat(FIVE_AND_TWENTY.verdict(new Occupancy(5, Steps.NONE), NOW))
                .isInstanceOf(Verdict.AfterSettling.class);
    }

    @Test
    void aCallLeavesWhereAllThatItCostsHasRoomBehindIt() {
        Quota five = new Quota(List.of(new Window(5, MINUTE)));
        Occupancy two = new Occupancy(2, Steps.NONE);
        assertThat(five.verdict(two, NOW, 1)).isEqualTo(new Verdict.Granted(3));
        assertThat(five.verdict(two, NOW, 3)).isEqualTo(new Verdict.Granted(3));
        assertThat(five.verdict(two, NOW, 4)).isEqualTo(new Verdict.AfterSettling());
        assertThat(FIVE_AND_TWENTY.atMost(9)).isEqualTo(5);
        assertThat(FIVE_AND_TWENTY.atMost(3)).isEqualTo(3);
    }

    @Test
    void callsOfWhichNothingWasHeardHoldTheirSlots() {
        Quota five = new Quota(List.of(new Window(5, MINUTE)));
        assertThat(five.verdict(missing(0, 4, 0), NOW)).isEqualTo(new Verdict.Granted(1));
        assertThat(five.verdict(missing(1, 4, 0), NOW)).isEqualTo(new Verdict.AfterSettling());
        assertThat(five.verdict(missing(0, 5, 0), NOW)).isEqualTo(new Verdict.Probe(NOW));
        assertThat(Quota.taken(five.windows().getFirst(), missing(1, 3, 0), NOW)).isEqualTo(4);
        assertThat(five.needsProbe(0, 5, 1)).isTrue();
        assertThat(five.needsProbe(0, 4, 1)).isFalse();
        assertThat(five.needsProbe(0, 4, 2)).isTrue();
        assertThat(five.needsProbe(1, 5, 1)).isFalse();
    }

    @Test
    void probesLeaveAtGrowingDistances() {
        Quota second = new Quota(List.of(new Window(5, SECOND), new Window(20, MINUTE)));
        Quota hour = new Quota(List.of(new Window(5, Duration.ofHours(1))));
        Quota minute = new Quota(List.of(new Window(5, MINUTE)));
        for (int probes = 1; probes < 40; probes++) {
            long seconds = probes > 9 ? 600 : 1L << probes;
            assertThat(second.verdict(missing(0, 20, probes), NOW))
                    .isEqualTo(new Verdict.Probe(NOW.plusSeconds(seconds)));
            long minutes = probes > 3 ? 10 : 1L << probes;
            for (Quota longer : List.of(hour, minute)) {
                assertThat(longer.verdict(missing(0, 5, probes), NOW))
                        .isEqualTo(new Verdict.Probe(NOW.plusSeconds(60 * minutes)));
            }
        }
        // What would hold the slots if the upstream were alive holds back a probe as well.
        Occupancy full =
                new Occupancy(0, Steps.NONE, new Missing(5, 0, NOW, settled(5, Duration.ZERO)));
        assertThat(minute.verdict(full, NOW))
                .isEqualTo(new Verdict.Probe(NOW.minusMillis(4).plus(minute.memory())));
        Occupancy later =
                new Occupancy(0, Steps.NONE, new Missing(5, 1, NOW, settled(5, Duration.ZERO)));
        assertThat(minute.verdict(later, NOW))
                .isEqualTo(new Verdict.Probe(NOW.plus(Duration.ofMinutes(2))));
    }

    /** Given up now. */
    private static Occupancy missing(int inFlight, int calls, int probes) {
        return new Occupancy(inFlight, Steps.NONE, new Missing(calls, probes, NOW, Steps.NONE));
    }

    @Test
    void theShareThatIsTakenIsOfTheWindowWithTheFewestSlots() {
        assertThat(Quota.NONE.taken(Occupancy.EMPTY, NOW)).isZero();
        assertThat(FIVE_AND_TWENTY.taken(Occupancy.EMPTY, NOW)).isZero();
        assertThat(FIVE_AND_TWENTY.taken(new Occupancy(2, Steps.NONE), NOW)).isEqualTo(0.4);
        assertThat(FIVE_AND_TWENTY.taken(new Occupancy(5, Steps.NONE), NOW)).isEqualTo(1);
    }

    @Test
    void whatIsKnownLaterAddsToWhatWasKnown() {
        Steps few = settled(3, Duration.ofSeconds(20));
        assertThat(few.with(Steps.NONE)).isSameAs(few);
        assertThat(Steps.NONE.with(few)).isEqualTo(few);
        assertThat(new Occupancy(1, Steps.NONE).with(few)).isEqualTo(new Occupancy(1, few));
    }

    /** What is not known in between frees with the later step: never too early. */
    @Test
    void aStaircaseOfWhichSomeStepsAreMissingFreesNoSlotTooEarly() {
        Random random = new Random(7);
        for (int round = 0; round < 300; round++) {
            List<Instant> calls = new ArrayList<>();
            for (int i = random.nextInt(40); i > 0; i--) {
                calls.add(NOW.minusSeconds(random.nextInt(90)));
            }
            Steps all = Staircases.of(calls);
            Steps some =
                    Steps.of(
                            all.known().stream()
                                    .filter(
                                            step ->
                                                    step.total() == all.total()
                                                            || random.nextInt(3) == 0));
            Quota quota = new Quota(List.of(new Window(1 + random.nextInt(20), MINUTE)));
            for (int k = 1; k < 30; k++) {
                assertThat(quota.forecast(new Occupancy(0, some), k, SECOND, NOW))
                        .isAfterOrEqualTo(quota.forecast(new Occupancy(0, all), k, SECOND, NOW));
            }
            assertThat(free(quota.verdict(new Occupancy(0, some), NOW)))
                    .isLessThanOrEqualTo(free(quota.verdict(new Occupancy(0, all), NOW)));
        }
    }

    private static int free(Verdict verdict) {
        return verdict instanceof Verdict.Granted(int slots) ? slots : 0;
    }

    @Test
    void whatIsRememberedIsEnoughForTheLongestAndTheLargestWindow() {
        assertThat(FIVE_AND_TWENTY.memory()).isGreaterThan(MINUTE);
        assertThat(FIVE_AND_TWENTY.largestLimit()).isEqualTo(20);
    }

    private static Steps settled(int calls, Duration ago) {
        return Staircases.of(
                IntStream.range(0, calls)
                        .mapToObj(call -> NOW.minus(ago).minusMillis(call))
                        .toList());
    }
}
