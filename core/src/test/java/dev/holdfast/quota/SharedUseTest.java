package dev.holdfast.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SharedUseTest {
    private static final Instant NOW = Instant.EPOCH.plusSeconds(1_000);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Window TEN = new Window(10, MINUTE);
    private static final Window PLAN = new Window(1_000, Duration.ofDays(1));
    private static final Quota QUOTA = new Quota(List.of(TEN, PLAN));

    @Test
    void whateverIsSaidNoWindowHasMoreThanIsConfigured() {
        Random random = new Random(1);
        for (int i = 0; i < 1_000; i++) {
            SharedUse use = SharedUse.with(random.nextInt(3) / 10.0);
            Instant now = NOW;
            for (int answer = 0; answer < 5; answer++) {
                now = now.plusMillis(random.nextInt(40_000));
                int limit = random.nextInt(2_000);
                use =
                        said(
                                use,
                                new Allowance(
                                        random.nextInt(limit + 1),
                                        Duration.ofSeconds(random.nextInt(200_000)),
                                        random.nextBoolean() ? limit : null,
                                        random.nextBoolean() ? MINUTE : null),
                                now);
                if (random.nextInt(4) == 0) {
                    use = use.refused(QUOTA, Occupancy.EMPTY, random.nextBoolean(), now);
                }
                List<Window> windows = use.room(QUOTA, now).quota().windows();
                assertThat(windows.get(0).limit()).isBetween(1, TEN.limit());
                assertThat(windows.get(1).limit()).isBetween(1, PLAN.limit());
            }
        }
    }

    @Test
    void nothingIsKnownBeforeTheFirstAnswerSoOneCallLeavesAlone() {
        assertThat(SharedUse.with(0).room(QUOTA, NOW).single()).isTrue();
        assertThat(SharedUse.NONE.room(QUOTA, NOW).single()).isFalse();
        SharedUse silent =
                SharedUse.with(0)
                        .answered(QUOTA, List.of(), Occupancy.EMPTY, 0, Duration.ZERO, NOW);
        assertThat(silent.room(QUOTA, NOW).single()).as("it never says").isFalse();
    }

    @Test
    void whatOthersUsedIsTakenAwayUntilItsReset() {
        SharedUse use = said(SharedUse.with(0), left(4, Duration.ofSeconds(2)), NOW);
        SharedUse.Room room = use.room(QUOTA, NOW);
        assertThat(room.quota().windows()).containsExactly(new Window(4, MINUTE), PLAN);
        assertThat(room.until()).isEqualTo(NOW.plusSeconds(2));
        assertThat(use.strangers(TEN, NOW)).isEqualTo(6);
        Instant after = NOW.plusSeconds(2);
        assertThat(use.room(QUOTA, after).quota()).isEqualTo(QUOTA);
        assertThat(use.room(QUOTA, after).single()).as("one finds out").isTrue();
    }

    @Test
    void ourOwnCallsAreNotTakenForOthers() {
        Occupancy three =
                new Occupancy(
                        1, Staircases.of(List.of(NOW.minusSeconds(10), NOW.minusSeconds(20))));
        SharedUse use =
                SharedUse.with(0)
                        .answered(
                                QUOTA,
                                List.of(left(7, MINUTE)),
                                three,
                                0,
                                Duration.ofSeconds(1),
                                NOW);
        assertThat(use.strangers(TEN, NOW)).isZero();
        assertThat(use.room(QUOTA, NOW).quota()).isEqualTo(QUOTA);
    }

    @Test
    void whereNothingIsLeftAndNothingIsOursNoCallLeavesBeforeTheReset() {
        SharedUse use = said(SharedUse.with(0), left(0, Duration.ofSeconds(9)), NOW);
        assertThat(use.room(QUOTA, NOW).notBefore()).isEqualTo(NOW.plusSeconds(9));
    }

    @Test
    void aRefusalThatNothingExplainsHalvesWhatIsUsedAndEachWindowGivesOneBack() {
        Occupancy eight =
                new Occupancy(0, Staircases.of(Collections.nCopies(8, NOW.minusSeconds(5))));
        SharedUse use =
                SharedUse.with(0)
                        .answered(QUOTA, List.of(), eight, 0, Duration.ZERO, NOW)
                        .refused(QUOTA, eight, false, NOW);
        assertThat(limit(use, NOW)).isEqualTo(4);
        assertThat(limit(use, NOW.plus(TEN.held()))).isEqualTo(5);
        assertThat(limit(use, NOW.plus(TEN.held().multipliedBy(6)))).isEqualTo(10);
        assertThat(limit(use, NOW.plus(TEN.held().multipliedBy(60)))).isEqualTo(10);
    }

    @Test
    void afterOthersWereQuickerNoResetIsBelievedForAWindow() {
        SharedUse use =
                said(SharedUse.with(0), left(0, Duration.ofSeconds(1)), NOW)
                        .refused(QUOTA, Occupancy.EMPTY, true, NOW);
        assertThat(use.room(QUOTA, NOW.plusSeconds(2)).notBefore()).isEqualTo(NOW.plus(TEN.held()));
    }

    @Test
    void thePlanOfADayIsToldFromTheMinutesByItsLimit() {
        SharedUse use = said(SharedUse.with(0), new Allowance(400, null, PLAN.limit(), null), NOW);
        assertThat(use.room(QUOTA, NOW).quota().windows())
                .containsExactly(TEN, new Window(400, PLAN.length()));
    }

    private static int limit(SharedUse use, Instant at) {
        return use.room(QUOTA, at).quota().windows().getFirst().limit();
    }

    private static Allowance left(int remaining, Duration reset) {
        return new Allowance(remaining, reset, null, MINUTE);
    }

    private static SharedUse said(SharedUse use, Allowance allowance, Instant now) {
        return use.answered(
                QUOTA, List.of(allowance), Occupancy.EMPTY, 0, Duration.ofSeconds(1), now);
    }
}
