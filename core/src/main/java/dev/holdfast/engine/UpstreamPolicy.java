package dev.holdfast.engine;

import dev.holdfast.engine.credential.Credentials;
import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.store.ClaimAsk;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
 * @param credentials of which each call leaves with one, beside whatever all of them send
 * @param isParted whether its calls are of partitions, which may call as themselves
 * @param partitions what it allows each of its partitions
 * @param measured keys of partitions that have figures of their own; at most {@link #MAX_MEASURED}
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
        @Nullable String identity,
        Credentials credentials,
        boolean isParted,
        PartitionRules partitions,
        List<String> measured) {
    /** Partitions that have figures of their own at most: each is some looks at every reading. */
    public static final int MAX_MEASURED = Partitions.MAX_READ;

    public UpstreamPolicy {
        measured = List.copyOf(measured);
        if (measured.size() > MAX_MEASURED) {
            throw new IllegalArgumentException("too many partitions with figures of their own");
        }
        units = Collections.unmodifiableSortedMap(new TreeMap<>(units));
    }

    /** Of one whose calls all leave with the same credential. */
    public UpstreamPolicy(
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
        this(
                name,
                quota,
                units,
                concurrency,
                timeout,
                retry,
                breaker,
                shared,
                maxQueue,
                identity,
                Credentials.NONE,
                false,
                PartitionRules.NONE,
                List.of());
    }

    /** The same, whose calls leave with one of these. */
    public UpstreamPolicy with(List<ClaimAsk.Credential> some) {
        return with(new Credentials(some), isParted, partitions, measured);
    }

    /** The same, whose calls are of partitions, each of which is allowed so much. */
    public UpstreamPolicy with(PartitionRules each) {
        return with(credentials, true, each, measured);
    }

    /** The same, some of whose partitions have figures of their own. */
    public UpstreamPolicy measuring(List<String> keys) {
        return with(credentials, isParted, partitions, keys);
    }

    private UpstreamPolicy with(
            Credentials some, boolean parted, PartitionRules each, List<String> keys) {
        return new UpstreamPolicy(
                name,
                quota,
                units,
                concurrency,
                timeout,
                retry,
                breaker,
                shared,
                maxQueue,
                identity,
                some,
                parted,
                each,
                keys);
    }

    /** What its calls count as, and those of each of its credentials; empty if its name is that. */
    Set<String> ledgers() {
        Set<String> ledgers = new HashSet<>();
        if (identity != null) {
            ledgers.add(identity);
        }
        credentials.all().forEach(one -> ledgers.add(one.identity()));
        return ledgers;
    }

    /** Whether it or one of its credentials counts anything but calls. */
    boolean countsUnits() {
        return !units.isEmpty()
                || credentials.all().stream().anyMatch(one -> !one.units().isEmpty());
    }

    /** The other units than calls that it, its partitions or one of its credentials counts. */
    Set<String> counted() {
        Set<String> counted = new HashSet<>(units.keySet());
        counted.addAll(partitions.units().keySet());
        counted.addAll(credentials.units());
        return counted;
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
