package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import java.time.Duration;

/**
 * When a failed call is made again.
 *
 * @param backoff how the waits grow
 * @param first wait after the first failure
 * @param max longest wait
 * @param jitter share by which each wait is varied, 0 to 1
 * @param maxAttempts calls in all; 0 for no limit
 * @param giveUpAfter time from the first call after which a request fails; zero for no limit
 */
public record RetrySettings(
        Backoff backoff,
        Duration first,
        Duration max,
        double jitter,
        int maxAttempts,
        Duration giveUpAfter) {
    /** How the waits between calls grow. */
    public enum Backoff {
        /** Each wait is twice the one before, up to {@code max}. */
        EXPONENTIAL,
        /** Every wait is {@code first}. */
        FIXED,
        /** As the route's own past tells when a call is worth a slot. */
        LEARNED
    }

    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final Duration LONGEST = Duration.ofDays(7);
    private static final Duration LONGEST_PATIENCE = Duration.ofDays(365);
    private static final int MAX_ATTEMPTS = 1_000_000;

    static RetrySettings read(Section s) {
        var retry =
                new RetrySettings(
                        s.field(
                                        "backoff",
                                        "how the waits between calls grow; `learned`: a call is"
                                                + " made when its chance of success, as the route's own"
                                                + " past tells it, is worth a slot, and as with"
                                                + " `exponential` until 20 were seen")
                                .orElse("exponential")
                                .choice(Backoff.class, Backoff.EXPONENTIAL),
                        s.field("first", "wait after the first failure")
                                .orElse("5s")
                                .duration(SHORTEST, LONGEST),
                        s.field("max", "longest wait").orElse("60s").duration(SHORTEST, LONGEST),
                        s.field("jitter", "share by which each wait is varied at random")
                                .orElse("0.2")
                                .decimal(0, 1),
                        s.field("max-attempts", "calls in all; 0 for no limit")
                                .orElse("0")
                                .integer(0, MAX_ATTEMPTS),
                        s.field(
                                        "give-up-after",
                                        "time after which a request fails for good; 0 for no limit")
                                .orElse("24h")
                                .duration(Duration.ZERO, LONGEST_PATIENCE));
        if (retry.backoff != Backoff.FIXED && retry.max.compareTo(retry.first) < 0) {
            s.mistake("max", "is shorter than `first`");
        }
        return retry;
    }
}
