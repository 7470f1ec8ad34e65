package dev.holdfast.pace;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When a failed call is due again, and when to give up: {@code retry} in the configuration.
 *
 * @param backoff how waits grow
 * @param first the wait after the first failure
 * @param max no wait is longer, jitter aside
 * @param jitter share by which a wait varies both ways, 0 to 1
 * @param maxAttempts charged attempts until it fails; 0 means no limit
 * @param giveUpAfter time since it was accepted after which no retry is made; zero means no limit
 */
public record RetryPolicy(
        Backoff backoff,
        Duration first,
        Duration max,
        double jitter,
        int maxAttempts,
        Duration giveUpAfter) {

    /** How the wait grows from failure to failure. */
    public enum Backoff {
        /** Doubles with each failure. */
        EXPONENTIAL,
        /** Stays at {@code first}. */
        FIXED
    }

    /** Doublings after which any sane {@code max} is reached; keeps the shift in a long. */
    private static final int MAX_DOUBLINGS = 30;

    public RetryPolicy {
        if (first.isNegative() || max.compareTo(first) < 0) {
            throw new IllegalArgumentException(
                    "retry: 0 <= first <= max, not " + first + ", " + max);
        }
        if (!(jitter >= 0 && jitter <= 1)) {
            throw new IllegalArgumentException("retry: jitter is 0 to 1, not " + jitter);
        }
        if (maxAttempts < 0) {
            throw new IllegalArgumentException("retry: max-attempts is 0 or more");
        }
    }

    /** Whether a job may be called again after this wait. */
    public boolean allows(Duration age, Duration wait) {
        return giveUpAfter.isZero() || age.plus(wait).compareTo(giveUpAfter) <= 0;
    }

    /** The wait after the {@code failures}-th failure (from 1), jitter included. */
    public Duration delay(int failures, RandomGenerator random) {
        long millis = first.toMillis();
        if (backoff == Backoff.EXPONENTIAL) {
            int doublings = Math.min(Math.max(failures - 1, 0), MAX_DOUBLINGS);
            millis = Math.min(max.toMillis(), millis << doublings);
        }
        double factor = 1 + jitter * (2 * random.nextDouble() - 1);
        return Duration.ofMillis(Math.round(millis * factor));
    }
}
