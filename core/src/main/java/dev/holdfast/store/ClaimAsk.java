package dev.holdfast.store;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Share;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A dispatcher's wish for work.
 *
 * @param upstream the upstream's name
 * @param quota what it allows
 * @param units what it allows of other units than calls, by their names
 * @param max calls the dispatcher can make now, at least 1
 * @param credentials of which each call leaves with one; empty if the upstream has but its own
 * @param breaker when an absent upstream is tried again
 * @param lease how long the calls may take before another process takes them for lost
 * @param partitions what each of its partitions allows, if it has any
 * @param shares what is ours of its units where others use them, too, by their names
 */
public record ClaimAsk(
        String upstream,
        Quota quota,
        SortedMap<String, Quota> units,
        List<Credential> credentials,
        BreakerPolicy breaker,
        int max,
        Duration lease,
        PartitionRules partitions,
        SortedMap<String, Share> shares) {
    public ClaimAsk {
        shares = Collections.unmodifiableSortedMap(new TreeMap<>(shares));
        units = Collections.unmodifiableSortedMap(new TreeMap<>(units));
        credentials = List.copyOf(credentials);
    }

    /** Whether calls of all partitions, or with one credential, take room in other units, too. */
    public boolean countsUnits() {
        return !units.isEmpty() || credentials.stream().anyMatch(one -> !one.units().isEmpty());
    }

    /** Whether there is anything that calls of all partitions take room of. */
    public boolean isCommon() {
        return !quota.windows().isEmpty() || !units.isEmpty() || !credentials.isEmpty();
    }

    /**
     * A credential that calls may leave with.
     *
     * @param name its name in the configuration
     * @param identity tells it and what is called with it from anything else, whatever the names
     *     are: calls to one identity count together. Nothing secret: it is kept
     * @param quota what it allows, beside what the upstream does
     * @param units what it allows of other units than calls, by their names
     * @param draining whether it takes nothing new
     * @param headers names, in lower case, of those that say that it is this one
     */
    public record Credential(
            String name,
            String identity,
            Quota quota,
            SortedMap<String, Quota> units,
            boolean draining,
            Set<String> headers) {
        public Credential {
            units = Collections.unmodifiableSortedMap(new TreeMap<>(units));
            headers = Set.copyOf(headers);
        }

        /** One that is said in Authorization. */
        public Credential(
                String name,
                String identity,
                Quota quota,
                SortedMap<String, Quota> units,
                boolean draining) {
            this(name, identity, quota, units, draining, Set.of("authorization"));
        }
    }

    /**
     * Whether a call with which a partition's own headers are sent leaves with none of some
     * credentials: these say all that any of them says.
     */
    public static boolean leavesAlone(OwnHeaders own, List<Credential> credentials) {
        return !own.isEmpty()
                && credentials.stream().allMatch(one -> own.names().containsAll(one.headers()));
    }

    /** Of an upstream whose units nobody else uses. */
    public ClaimAsk(
            String upstream,
            Quota quota,
            SortedMap<String, Quota> units,
            List<Credential> credentials,
            BreakerPolicy breaker,
            int max,
            Duration lease,
            PartitionRules partitions) {
        this(
                upstream,
                quota,
                units,
                credentials,
                breaker,
                max,
                lease,
                partitions,
                Collections.emptySortedMap());
    }

    /** Of an upstream that has but its own credential. */
    public ClaimAsk(
            String upstream,
            Quota quota,
            SortedMap<String, Quota> units,
            BreakerPolicy breaker,
            int max,
            Duration lease) {
        this(upstream, quota, units, List.of(), breaker, max, lease);
    }

    /** Of an upstream that counts nothing but calls. */
    public ClaimAsk(String upstream, Quota quota, BreakerPolicy breaker, int max, Duration lease) {
        this(upstream, quota, Collections.emptySortedMap(), breaker, max, lease);
    }

    /** Of an upstream whose partitions are not bounded. */
    public ClaimAsk(
            String upstream,
            Quota quota,
            SortedMap<String, Quota> units,
            List<Credential> credentials,
            BreakerPolicy breaker,
            int max,
            Duration lease) {
        this(upstream, quota, units, credentials, breaker, max, lease, PartitionRules.NONE);
    }

    /** Of an upstream of which nothing is configured in this. */
    public ClaimAsk(String upstream, Quota quota, int max, Duration lease) {
        this(upstream, quota, BreakerPolicy.DEFAULT, max, lease);
    }
}
