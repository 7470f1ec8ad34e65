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
        FIXED,
        /**
         * Until the chance of success, as the route's past tells it, is worth a slot; as {@code
         * EXPONENTIAL} until there is enough of a past.
         */
        LEARNED
    }

    /** Doublings after which any sane {@code max} is reached; keeps the shift in a long. */
    private static final int MAX_DOUBLINGS = 30;

    /** The chance of success that is worth a slot while all slots are free. */
    private static final double WORTH_A_FREE_SLOT = 0.25;

    /** What is asked for on top while none is. */
    private static final double WORTH_OF_THE_LAST = 0.5;

    /** A chance that is waited for, whatever chance says. */
    private static final double SURE_ENOUGH = 0.95;

    /** A learned wait is no shorter, unless {@code first} is: what is learned may be wrong. */
    private static final Duration SHORTEST_LEARNED = Duration.ofSeconds(1);

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
    public Duration delay(int failures, Past past, RandomGenerator random) {
        return backoff == Backoff.LEARNED && past.learned().seen() >= LearnedDelay.ENOUGH
                ? learned(past, random)
                : growing(failures, random);
    }

    /** Varied in the chance that it waits for: by little where the past is of one mind. */
    private Duration learned(Past past, RandomGenerator random) {
        double scarcity = past.scarcity() * past.scarcity();
        double worth = (WORTH_A_FREE_SLOT + WORTH_OF_THE_LAST * scarcity) * vary(random);
        Duration now = past.calledAt().plus(past.latency());
        Duration wait =
                past.learned()
                        .due(past.calledAt(), Math.min(worth, SURE_ENOUGH))
                        .map(due -> due.minus(now))
                        .orElse(max);
        Duration least = first.compareTo(SHORTEST_LEARNED) < 0 ? first : SHORTEST_LEARNED;
        if (wait.compareTo(max) > 0) {
            return max;
        }
        return wait.compareTo(least) < 0 ? least : wait;
    }

    private Duration growing(int failures, RandomGenerator random) {
        return Duration.ofMillis(Math.round(usual(failures).toMillis() * vary(random)));
    }

    /** The wait after the {@code failures}-th failure (from 1) without jitter or a past. */
    Duration usual(int failures) {
        long millis =
                switch (backoff) {
                    case FIXED -> first.toMillis();
                    case EXPONENTIAL, LEARNED -> {
                        int doublings = Math.min(Math.max(failures - 1, 0), MAX_DOUBLINGS);
                        yield Math.min(max.toMillis(), first.toMillis() << doublings);
                    }
                };
        return Duration.ofMillis(millis);
    }

    private double vary(RandomGenerator random) {
        return 1 + jitter * (2 * random.nextDouble() - 1);
    }
}
