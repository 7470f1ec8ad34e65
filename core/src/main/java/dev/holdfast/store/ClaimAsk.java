package dev.holdfast.store;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.Quota;
import java.time.Duration;

/**
 * A dispatcher's wish for work.
 *
 * @param upstream the upstream's name
 * @param quota what it allows
 * @param max calls the dispatcher can make now, at least 1
 * @param breaker when an absent upstream is tried again
 * @param lease how long the calls may take before another process takes them for lost
 */
public record ClaimAsk(
        String upstream, Quota quota, BreakerPolicy breaker, int max, Duration lease) {
    /** Of an upstream of which nothing is configured in this. */
    public ClaimAsk(String upstream, Quota quota, int max, Duration lease) {
        this(upstream, quota, BreakerPolicy.DEFAULT, max, lease);
    }
}
