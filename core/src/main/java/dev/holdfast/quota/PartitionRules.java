package dev.holdfast.quota;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What an upstream allows each of its partitions, beside what it allows all of them together (P1).
 *
 * @param quota calls
 * @param units other units than calls, by their names
 * @param concurrency calls under way at most, at least 1
 * @param fifo whether a partition's jobs go one after the other, each until it has its end
 */
public record PartitionRules(
        Quota quota, SortedMap<String, Quota> units, int concurrency, boolean fifo) {
    /** Without bounds of their own. */
    public static final PartitionRules NONE =
            new PartitionRules(Quota.NONE, Collections.emptySortedMap(), Integer.MAX_VALUE, false);

    public PartitionRules {
        units = Collections.unmodifiableSortedMap(new TreeMap<>(units));
        if (concurrency < 1) {
            throw new IllegalArgumentException("a partition makes one call at a time at least");
        }
    }
}
