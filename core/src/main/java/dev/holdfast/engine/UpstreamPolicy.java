package dev.holdfast.engine;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.Quota;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How an upstream is to be called.
 *
 * @param name its name in the configuration
 * @param quota what it allows
 * @param units what it allows of other units than calls, by their names
 * @param concurrency calls under way at most, at least 1
 * @param timeout the longest a call takes
 * @param retry what follows a failure
 * @param breaker what follows when nobody is at home
 * @param shared share of each window that is left to others who use the quota, too, 0 to less than
 *     1; null if nobody else does
 * @param maxQueue jobs unfinished at most; one more is refused
 * @param identity tells what is called from anything else, whatever the name is: calls to one
 *     identity count together; null if the name does. Nothing secret: it is kept
 */
public record UpstreamPolicy(
        String name,
        Quota quota,
        SortedMap<String, Quota> units,
        int concurrency,
        Duration timeout,
        RetryPolicy retry,
        BreakerPolicy breaker,
        @Nullable Double shared,
        int maxQueue,
        @Nullable String identity) {
    public UpstreamPolicy {
        units = Collections.unmodifiableSortedMap(new TreeMap<>(units));
    }

    /** Of one that is told by its name and counts nothing but calls. */
    public UpstreamPolicy(
            String name,
            Quota quota,
            int concurrency,
            Duration timeout,
            RetryPolicy retry,
            int maxQueue) {
        this(
                name,
                quota,
                Collections.emptySortedMap(),
                concurrency,
                timeout,
                retry,
                BreakerPolicy.DEFAULT,
                null,
                maxQueue,
                null);
    }
}
