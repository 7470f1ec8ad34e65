package dev.holdfast.store.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** All in microseconds; steady time is the local one and {@link #AHEAD}. */
final class ClockBoundsTest {
    private static final long AHEAD = 1_000_000_000;
    private static final long SECOND = TimeUnit.SECONDS.toMicros(1);
    private static final long STEP = 30 * SECOND;

    private final ClockBounds bounds = new ClockBounds();

    @Test
    void aReadingIsBelievedWithinItsRoundTrip() {
        assertThat(bounds.read(0, 2_000, AHEAD + 1_000, 0)).isZero();
        assertThat(bounds.offset()).isEqualTo(AHEAD);
        assertThat(bounds.read(SECOND, 2 * SECOND, AHEAD + SECOND, 0)).isZero();
    }

    @Test
    void aClockThatGoesAheadIsTakenBack() {
        bounds.read(0, 0, AHEAD, 0);
        long step = bounds.read(SECOND, SECOND, AHEAD + SECOND + STEP, 0);
        assertThat(step).isBetween(-STEP - 2_000, -STEP);
        assertThat(bounds.read(SECOND, SECOND, AHEAD + SECOND + STEP + step, 1)).isZero();
    }

    @Test
    void aClockThatGoesBackIsTakenAhead() {
        bounds.read(0, 0, AHEAD, 0);
        long step = bounds.read(SECOND, SECOND, AHEAD + SECOND - STEP, 0);
        assertThat(step).isBetween(STEP - 2_000, STEP);
    }

    /** A call that settled while time was held back would free its slot too early. */
    @Test
    void timeThatACorrectionHeldBackDoesNotCatchUp() {
        ClockBounds other = new ClockBounds();
        bounds.read(0, 0, AHEAD, 0);
        other.read(0, 0, AHEAD, 0);
        // Read at the end of a round trip of 800 ms, which cannot be known.
        long step = bounds.read(SECOND, SECOND + 800_000, AHEAD + SECOND + 800_000 + STEP, 0);
        long now = 3 * SECOND;
        long steady = AHEAD + now + STEP + step;
        assertThat(steady).isLessThan(AHEAD + now - 700_000);
        assertThat(bounds.read(now, now, steady, 1)).isZero();
        assertThat(other.read(now, now, steady, 1)).isZero();
        assertThat(bounds.read(now + SECOND, now + SECOND, steady + SECOND, 1)).isZero();
        assertThat(other.read(now + SECOND, now + SECOND, steady + SECOND, 1)).isZero();
    }

    @Test
    void aReplicaThatSleptBelievesOneThatDidNot() {
        bounds.read(0, 0, AHEAD, 0);
        assertThat(bounds.read(1, 1, AHEAD + STEP, 1)).isZero();
    }

    @Test
    void aCorrectionByOneThatSleptIsTakenBack() {
        bounds.read(0, 0, AHEAD, 0);
        assertThat(bounds.read(SECOND, SECOND, AHEAD + SECOND - STEP, 1)).isPositive();
    }

    /** Two connections read at once; the one that was first is told last. */
    @Test
    void aReadingFromBeforeACorrectionIsNotBelievedAfterIt() {
        bounds.read(0, 0, AHEAD, 0);
        long ahead = AHEAD + SECOND + STEP;
        long step = bounds.read(SECOND, SECOND, ahead, 0);
        assertThat(bounds.read(SECOND, SECOND, ahead + step, 1)).isZero();
        assertThat(bounds.read(SECOND, SECOND, ahead, 0)).isNegative();
        assertThat(bounds.read(SECOND, SECOND, ahead + step, 1)).isZero();
    }

    /** What was known before a correction narrows nothing that is read after it. */
    @Test
    void aCorrectionWithinTheBoundsBeginsThemAnew() {
        bounds.read(0, SECOND, AHEAD + SECOND, 0);
        long heldBack = AHEAD - 300_000;
        bounds.read(2 * SECOND, 3 * SECOND, heldBack + 2 * SECOND + SECOND / 2, 1);
        long now = 4 * SECOND;
        assertThat(bounds.read(now, now, heldBack + now, 1)).isZero();
        assertThat(bounds.offset()).isEqualTo(heldBack);
    }
}
