package dev.holdfast.quota;

import java.time.Duration;

/**
 * One sliding window of an upstream's quota: at most {@code limit} calls, or so much of another
 * unit, in any span of {@code length} (P1).
 *
 * @param limit at least 1
 * @param length the window's length, positive
 */
public record Window(int limit, Duration length) {
    /** Added to every window, whatever its length. */
    private static final Duration LEAST_GUARD = Duration.ofMillis(10);

    /**
     * Added to every window, as a part of its length: the upstream's clock and ours may run apart
     * by 500 ppm, which is the most by which NTP slews a clock.
     */
    private static final int GUARD_PART = 2_000;

    public Window {
        if (limit < 1) {
            throw new IllegalArgumentException("a window's limit is at least 1, not " + limit);
        }
        if (!length.isPositive()) {
            throw new IllegalArgumentException("a window's length is positive, not " + length);
        }
    }

    /** How long a call that settled holds its slot: the window's length and a guard. */
    public Duration held() {
        return length.plus(LEAST_GUARD).plus(length.dividedBy(GUARD_PART));
    }
}
