package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.pace.RetryPolicy.Backoff;
import java.time.Duration;

/** Reads when a failed call is made again. */
final class RetrySettings {
    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final Duration LONGEST = Duration.ofDays(7);
    private static final Duration LONGEST_PATIENCE = Duration.ofDays(365);
    private static final int MAX_ATTEMPTS = 1_000_000;

    private RetrySettings() {}

    static RetryPolicy read(Section s) {
        Backoff backoff =
                s.field(
                                "backoff",
                                "how the waits between calls grow; `learned`: a call is made when"
                                        + " its chance of success, as the route's own past tells it, is"
                                        + " worth a slot, and as with `exponential` until 20 were seen")
                        .orElse("exponential")
                        .choice(Backoff.class, Backoff.EXPONENTIAL);
        Duration first =
                s.field("first", "wait after the first failure")
                        .orElse("5s")
                        .duration(SHORTEST, LONGEST);
        Duration max = s.field("max", "longest wait").orElse("60s").duration(SHORTEST, LONGEST);
        boolean shorter = max.compareTo(first) < 0;
        if (shorter && backoff != Backoff.FIXED) {
            s.mistake("max", "is shorter than `first`");
        }
        return new RetryPolicy(
                backoff,
                first,
                shorter || backoff == Backoff.FIXED ? first : max,
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
    }
}
