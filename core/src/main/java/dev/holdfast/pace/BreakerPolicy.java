package dev.holdfast.pace;

import java.time.Duration;

/**
 * When an upstream counts as absent, and when it is tried again: {@code breaker} in the
 * configuration. Pure.
 *
 * @param failures calls in a row that found nobody at home, at least 1
 * @param pause from the last of them until a first single call finds out, at least a millisecond
 * @param maxPause between two such calls at most, not shorter
 */
public record BreakerPolicy(int failures, Duration pause, Duration maxPause) {
    /** What is in force where nothing is configured. */
    public static final BreakerPolicy DEFAULT =
            new BreakerPolicy(5, Duration.ofSeconds(5), Duration.ofMinutes(5));

    /** By how much farther away each next one is: with pauses of 5 s two leave within a minute. */
    private static final int GROWTH = 3;

    public BreakerPolicy {
        if (failures < 1 || !pause.isPositive() || maxPause.compareTo(pause) < 0) {
            throw new IllegalArgumentException(
                    "breaker: 1 <= failures, 0 < pause <= max-pause, not "
                            + failures
                            + ", "
                            + pause
                            + ", "
                            + maxPause);
        }
    }

    /**
     * How long after the call that leaves now the next one does, if nobody answers it.
     *
     * @param absent for how long nobody was at home
     */
    public Duration next(Duration absent) {
        if (absent.compareTo(maxPause) >= 0) {
            return maxPause;
        }
        Duration grown = absent.multipliedBy(GROWTH);
        if (grown.compareTo(maxPause) > 0) {
            return maxPause;
        }
        return grown.compareTo(pause) < 0 ? pause : grown;
    }
}
