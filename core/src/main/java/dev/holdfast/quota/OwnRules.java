package dev.holdfast.quota;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one partition is allowed instead of what each of its upstream's is.
 *
 * @param quota calls, or null where they are as each one's, units among them
 * @param units other units than calls, by their names; of none where the quota is as each one's
 * @param concurrency calls under way at most, at least 1; or null where that is as each one's
 * @param paused whether none of its calls leaves
 * @param headers that say who calls
 */
public record OwnRules(
        @Nullable Quota quota,
        SortedMap<String, Quota> units,
        @Nullable Integer concurrency,
        boolean paused,
        OwnHeaders headers) {
    /** All is as each one's. */
    public static final OwnRules NONE =
            new OwnRules(null, Collections.emptySortedMap(), null, false);

    /** Of one whose calls leave as each one's do. */
    public OwnRules(
            @Nullable Quota quota,
            SortedMap<String, Quota> units,
            @Nullable Integer concurrency,
            boolean paused) {
        this(quota, units, concurrency, paused, OwnHeaders.NONE);
    }

    public OwnRules {
        units = Collections.unmodifiableSortedMap(new TreeMap<>(units));
        if (concurrency != null && concurrency < 1) {
            throw new IllegalArgumentException("a partition makes one call at a time at least");
        }
    }

    /** The same, paused or not. */
    public OwnRules paused(boolean stops) {
        return new OwnRules(quota, units, concurrency, stops, headers);
    }

    /** The same, with other headers. */
    public OwnRules headers(OwnHeaders other) {
        return new OwnRules(quota, units, concurrency, paused, other);
    }

    /** The same but for the secrets. */
    public OwnRules withoutHeaders() {
        return headers(OwnHeaders.NONE);
    }

    /** What is in force, where each is allowed that. */
    public PartitionRules over(PartitionRules each) {
        return new PartitionRules(
                quota == null ? each.quota() : quota,
                quota == null ? each.units() : units,
                concurrency == null ? each.concurrency() : concurrency,
                each.fifo());
    }
}
