package dev.holdfast.store;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.Quota;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A dispatcher's wish for work.
 *
 * @param upstream the upstream's name
 * @param quota what it allows
 * @param units what it allows of other units than calls, by their names
 * @param max calls the dispatcher can make now, at least 1
 * @param breaker when an absent upstream is tried again
 * @param lease how long the calls may take before another process takes them for lost
 */
public record ClaimAsk(
        String upstream,
        Quota quota,
        SortedMap<String, Quota> units,
        BreakerPolicy breaker,
        int max,
        Duration lease) {
    public ClaimAsk {
        units = Collections.unmodifiableSortedMap(new TreeMap<>(units));
    }

    /** Of an upstream that counts nothing but calls. */
    public ClaimAsk(String upstream, Quota quota, BreakerPolicy breaker, int max, Duration lease) {
        this(upstream, quota, Collections.emptySortedMap(), breaker, max, lease);
    }

    /** Of an upstream of which nothing is configured in this. */
    public ClaimAsk(String upstream, Quota quota, int max, Duration lease) {
        this(upstream, quota, BreakerPolicy.DEFAULT, max, lease);
    }
}
