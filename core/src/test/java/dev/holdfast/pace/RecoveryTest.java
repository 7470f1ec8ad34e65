package dev.holdfast.pace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.RetryPolicy.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class RecoveryTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final RetryPolicy DOUBLING = policy(0);
    private static final Duration NONE = Duration.ZERO;

    private static RetryPolicy policy(int maxAttempts) {
        return new RetryPolicy(
                Backoff.EXPONENTIAL, seconds(5), seconds(60), 0.2, maxAttempts, Duration.ZERO);
    }

    private static Duration seconds(double seconds) {
        return Duration.ofMillis(Math.round(seconds * 1_000));
    }

    /** Of a route whose calls begin to succeed between these. */
    private static LearnedDelay past(int from, int to) {
        Random random = new Random(1);
        LearnedDelay past = LearnedDelay.NOTHING;
        for (int i = 0; i < 200; i++) {
            double at = from + random.nextDouble() * (to - from);
            past = past.with(seconds(at * 0.9), seconds(at * 1.1));
        }
        return past;
    }

    private static Recovery learned() {
        return new Recovery(DOUBLING, List.of(past(54, 235)));
    }

    @Test
    void whatWasLearnedIsExpected() {
        Duration done = learned().succeeds(NONE, seconds(5), 1, NONE);
        // 145 s on average, and half a wait of 60 s
        assertThat(done).isBetween(seconds(150), seconds(200));
    }

    @Test
    void whoHasFailedForLongFailsNoLongerThanOthersDid() {
        Duration done = learned().succeeds(seconds(200), seconds(260), 6, NONE);
        assertThat(done).isBetween(seconds(260), seconds(300));
    }

    @Test
    void untilThereIsAPastThePolicySaysWhatToExpect() {
        Recovery none = new Recovery(DOUBLING, List.of());
        assertThat(none.succeeds(NONE, seconds(5), 1, NONE)).isBetween(seconds(60), seconds(180));
        assertThat(none.succeeds(seconds(2_000), seconds(2_060), 40, NONE))
                .isGreaterThanOrEqualTo(seconds(2_060));
    }

    @Test
    void afterItsLastAttemptItHasEnded() {
        Recovery three = new Recovery(policy(3), List.of(past(54, 235)));
        assertThat(three.succeeds(seconds(5), seconds(15), 2, NONE)).isEqualTo(seconds(15));
        assertThat(three.succeeds(NONE, seconds(5), 1, NONE)).isEqualTo(seconds(15));
    }

    @Test
    void waitsAddUp() {
        Recovery any = new Recovery(DOUBLING, List.of());
        assertThat(any.after(1)).isZero();
        assertThat(any.after(4)).isEqualTo(seconds(5 + 10 + 20));
        assertThat(any.after(100)).isBetween(seconds(60 * 90), seconds(60 * 100));
    }

    @Test
    void theLastOfManyIsLaterThanTheLastOfFew() {
        Recovery recovery = learned();
        Duration one = recovery.last(NONE, 1, List.of(), 0, NOW);
        Duration ten = recovery.last(NONE, 10, List.of(), 0, NOW);
        Duration notYet = recovery.last(seconds(60), 10, List.of(), 0, NOW);
        assertThat(ten).isGreaterThan(one.plusSeconds(20));
        assertThat(notYet).isBetween(ten.plusSeconds(55), ten.plusSeconds(65));
        List<Failing.Job> old = List.of(new Failing.Job(NOW.minusSeconds(180), seconds(170), 6));
        assertThat(recovery.last(NONE, 0, old, 10, NOW)).isLessThan(ten.minusSeconds(60));
    }

    @Test
    void whatMostLikelyDoesNotFailIsWaitedForLess() {
        Recovery recovery = learned();
        assertThat(recovery.last(NONE, 0.3, List.of(), 0, NOW))
                .isLessThan(recovery.last(NONE, 1, List.of(), 0, NOW).minusSeconds(20));
        assertThat(recovery.last(NONE, 0, List.of(), 0, NOW)).isLessThan(seconds(10));
    }

    /** Whatever was learned, asked and waited for. */
    @RepeatedTest(200)
    void nothingIsSaidThatCannotBe(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        List<LearnedDelay> pasts = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            int from = 1 + random.nextInt(300);
            pasts.add(past(from, from + random.nextInt(2_000)));
        }
        Recovery recovery = new Recovery(policy(random.nextInt(5)), pasts);
        Duration failed = seconds(random.nextDouble() * 5_000);
        Duration next = failed.plus(seconds(random.nextDouble() * 100));
        Duration pace = seconds(random.nextInt(100));
        int failures = 1 + random.nextInt(5);

        Duration done = recovery.succeeds(failed, next, failures, pace);
        assertThat(done).isGreaterThanOrEqualTo(next.minusMillis(1));
        assertThat(recovery.calls(failed, pace)).isGreaterThanOrEqualTo(1).isLessThan(10_000);
        List<Failing.Job> failing = List.of(new Failing.Job(NOW.minus(next), failed, failures));
        Duration last = recovery.last(pace, random.nextInt(9), failing, 1, NOW);
        Duration more = recovery.last(pace, 10, failing, 1, NOW);
        assertThat(last).isPositive();
        assertThat(more).isGreaterThanOrEqualTo(last.minusMillis(10));
    }
}
