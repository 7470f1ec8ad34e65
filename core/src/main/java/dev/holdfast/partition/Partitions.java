package dev.holdfast.partition;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.request.ByPriority;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The partitions of upstreams, and what some of them are allowed instead of what each is. */
public interface Partitions {
    /** Partitions of one upstream that may have something of their own. */
    int MAX_OWN = 10_000;

    /** Partitions of each kind that are counted at most. */
    int MAX_COUNTED = 10_000;

    /** Partitions that are read at once at most. */
    int MAX_READ = 100;

    /**
     * Gives a partition something of its own, in place of what it had, whether anything waits in it
     * or not; durable, and from the next claim on.
     *
     * @return empty if {@link #MAX_OWN} have something of their own already
     */
    CompletionStage<Optional<Given>> set(String upstream, String key, OwnRules own);

    /**
     * Stops a partition's calls or has them go on, whatever else it has of its own; durable, and
     * from the next claim on. One that is not paused and is told to go on is left alone no longer:
     * its wait after a 429 or a 401 ends.
     *
     * @return empty if {@link #MAX_OWN} have something of their own already
     */
    CompletionStage<Optional<Given>> pause(String upstream, String key, boolean paused);

    /**
     * All that partitions of an upstream have of their own, but for their headers; blocks.
     *
     * @param known the {@link Own#version} that is known, or less than 0
     * @return empty if that is still in force
     */
    Optional<Own> own(String upstream, long known);

    /**
     * Each partition is allowed this from now on: those that wait for a time or for a call's end by
     * other rules may have their turn at once. Where they wait by these already, nothing is done.
     */
    CompletionStage<Void> allow(String upstream, PartitionRules each);

    /**
     * A partition as it is now; one that nobody has heard of is there, too, and idle. Blocks.
     *
     * @param each what each is allowed
     */
    Seen partition(String upstream, String key, PartitionRules each);

    /**
     * Some as they are now, in this order; blocks.
     *
     * @param keys at most {@link #MAX_READ}
     */
    List<Seen> some(String upstream, PartitionRules each, List<String> keys);

    /**
     * How an upstream's stand, by indexes, whatever there are; blocks. Of those that are paused,
     * left alone or refused {@link #MAX_COUNTED} are looked at.
     */
    Counts counts(String upstream);

    /**
     * Partitions of an upstream.
     *
     * @param known in which anything waits or runs, or did a minute ago
     * @param waiting in which jobs wait
     * @param paused by an admin
     * @param closed that asked to be left alone for a time that is not over
     * @param refused whose credential is refused
     */
    record Counts(int known, int waiting, int paused, int closed, int refused) {
        /** None of any kind. */
        public static final Counts NONE = new Counts(0, 0, 0, 0, 0);
    }

    /**
     * Partitions in which anything waits or runs, or did a minute ago, and those that have
     * something of their own, in the order of their keys' bytes; blocks.
     *
     * @param after those after this key; empty for the first ones
     * @param limit how many, at most {@link #MAX_READ}
     */
    List<Seen> page(String upstream, PartitionRules each, String after, int limit);

    /**
     * The same partitions, those in which most jobs wait first, by the number of these as far as
     * its first four bits, and then by their keys' bytes; blocks. One in which more or fewer wait
     * from one page to the next may be on both, or on none.
     *
     * @param after those after the last one of another page; {@link Place#FIRST} for the first ones
     * @param limit how many, at most {@link #MAX_READ}
     */
    Busiest busiest(String upstream, PartitionRules each, Place after, int limit);

    /**
     * Where one stands among those of its upstream.
     *
     * @param busy how many jobs wait in it, as far as the first four bits
     */
    record Place(long busy, String key) {
        /** Before all. */
        public static final Place FIRST = new Place(Long.MAX_VALUE, "");
    }

    /**
     * Some of an upstream's.
     *
     * @param last where the last of them stands; {@link Place#FIRST} if there is none
     */
    record Busiest(List<Seen> all, Place last) {
        public Busiest {
            all = List.copyOf(all);
        }
    }

    /**
     * What a partition has of its own from now on.
     *
     * @param version the {@link Own#version} that begins with it
     * @param own all of it but for its headers
     */
    record Given(long version, OwnRules own) {}

    /**
     * What partitions of an upstream have of their own; at most {@link #MAX_OWN} of them do.
     *
     * @param version one more with each that is set, from 0
     * @param all by their keys
     */
    record Own(long version, Map<String, OwnRules> all) {
        public Own {
            all = Map.copyOf(all);
        }
    }

    /**
     * A partition.
     *
     * @param own what it has of its own
     * @param rules what is in force
     * @param firstTries jobs whose first call has not left
     * @param retries jobs that wait for another call
     * @param among how many partitions its upstream has with anything in them now or a minute ago
     * @param running calls under way
     * @param closedUntil until when it is left alone, or null
     * @param unauthorizedSince since when its credential is refused, or null
     * @param slots what its ledger says of calls
     * @param units what its ledgers say of other units, by their names
     */
    record Seen(
            String key,
            OwnRules own,
            PartitionRules rules,
            ByPriority firstTries,
            ByPriority retries,
            int running,
            int among,
            @Nullable Instant closedUntil,
            @Nullable Instant unauthorizedSince,
            Occupancy slots,
            Map<String, Occupancy> units) {
        public Seen {
            units = Map.copyOf(units);
        }

        /** Jobs whose first call has not left. */
        public long queued() {
            return firstTries.total();
        }

        /** Jobs that wait for another call. */
        public long retrying() {
            return retries.total();
        }

        /** Calls under way at most. */
        public int concurrency() {
            return rules.fifo() ? 1 : rules.concurrency();
        }
    }
}
