package dev.holdfast.store;

import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.Priority;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Where promises are kept. Every write is one transaction and its stage completes only after the
 * write is durable (fsync, P3), on a thread of the store's choosing; it completes exceptionally
 * with {@link StoreUnavailable} when nothing was written (or that is not known, as it tells) and
 * writing may work again later. The store owns time: every instant it writes comes from {@link
 * #clock()} inside the transaction, except those that people see, which are wall time.
 */
public interface Store extends AutoCloseable {
    /**
     * A write tells a larger result only by its request, in bytes, and a refusal without the larger
     * answer that came as it is: they are read from {@link #reads}. Hundreds of writes are one
     * transaction, and nobody waits until what they tell was taken.
     */
    int MAX_TOLD_RESULT_BYTES = 4 << 10;

    /**
     * Steady time: never jumps, never runs backwards, goes on over restarts. Leases, slots, due
     * times and expiry are instants of this clock.
     */
    InstantSource clock();

    /** Wall time, for what people see. */
    InstantSource wall();

    /**
     * Adds a request: to a cached result, to a job that is under way, or as a new job at its
     * client's next turn. A result over {@link #MAX_TOLD_RESULT_BYTES} is not in what is told.
     *
     * @param wanted asked when its turn to be written comes; if nobody waits for the answer any
     *     more, nothing is written. On the writer's thread
     */
    CompletionStage<Accepted> accept(NewRequest request, BooleanSupplier wanted);

    /** Adds a request, however long that takes. */
    default CompletionStage<Accepted> accept(NewRequest request) {
        return accept(request, () -> true);
    }

    /**
     * Takes slots for jobs that are due, as many as the quota and {@code max} allow, and writes an
     * attempt for each. Expired requests are ended first, so they never take a slot.
     */
    CompletionStage<Claim> claim(ClaimAsk ask);

    /** What becomes of something written and of the claim behind it; either may fail alone. */
    record Both<T>(CompletionStage<T> written, CompletionStage<Claim> claim) {}

    /**
     * Adds a request and claims at once, so that one commit can make both durable: whoever's call
     * may leave at once waits for the disk once before it does, not twice.
     */
    default Both<Accepted> acceptAndClaim(
            NewRequest request, BooleanSupplier wanted, ClaimAsk ask) {
        return new Both<>(accept(request, wanted), claim(ask));
    }

    /**
     * Settles an attempt and moves its job on, unless the attempt is settled already or belongs to
     * somebody else now; then nothing is written and {@code applied} is false.
     */
    CompletionStage<Settled> settle(Settlement settlement);

    /**
     * Settles and claims at once, in this order, so that one commit can make both durable: whoever
     * gets the slot, or the place, that a call leaves waits for the disk once, not twice.
     */
    default Both<Settled> settleAndClaim(Settlement settlement, ClaimAsk ask) {
        return new Both<>(settle(settlement), claim(ask));
    }

    /**
     * Gives back calls that were claimed and not made: they hold no slot and count for nothing, and
     * their jobs have their places again.
     */
    CompletionStage<Void> giveBack(List<ClaimedJob> jobs);

    /**
     * Gives back a call that was claimed and not made, since it is not this upstream's to make: its
     * job waits in another upstream's queue, at its client's next turn, and for as long as is said.
     *
     * @param upstream whose it is, by its name; may be the same
     * @param after before then it is not claimed
     */
    CompletionStage<Void> handOver(ClaimedJob job, String upstream, Duration after);

    /**
     * Says what each upstream calls. All calls to one identity count in one ledger, whatever the
     * upstreams are called; one of which nothing is said counts by its name.
     *
     * @param identities by the upstreams' names; nothing secret
     */
    default CompletionStage<Void> identify(Map<String, String> identities) {
        return identify(identities, Map.of());
    }

    /**
     * The same where some have several credentials. Such an upstream goes on counting where it did
     * while one of them is known, whatever it is called.
     *
     * @param pools by the upstreams' names; those of them that are kept and not here are forgotten
     */
    CompletionStage<Void> identify(
            Map<String, String> identities, Map<String, List<ClaimAsk.Credential>> pools);

    /**
     * Attempts that a dead process left in flight: for an embedded store all that were in flight
     * when it was opened, for a shared one those whose lease ended. The caller settles each.
     */
    CompletionStage<List<ClaimedJob>> orphans();

    /** Ends a request that is not final; its job too, if no other request needs it. */
    CompletionStage<Ending> cancel(Viewer viewer, UUID id);

    /** Queues a failed request anew, as a job with no attempts yet. */
    default CompletionStage<Ending> retry(Viewer viewer, UUID id) {
        return retry(viewer, id, _ -> true);
    }

    /**
     * The same for one that somebody would call.
     *
     * @param called whether somebody would; asked when it is written, on the writer's thread
     */
    CompletionStage<Ending> retry(Viewer viewer, UUID id, Predicate<RequestRecord> called);

    /**
     * What a caller wants otherwise of a request that waits.
     *
     * @param priority the new one, or null to leave it
     * @param timed whether the time is another
     * @param notBefore wall time before which it is not called; null for as soon as it can be
     */
    record Wish(@Nullable Priority priority, boolean timed, @Nullable Instant notBefore) {}

    /**
     * Changes a request that waits: a conflict if it does not, or, where the time is another, if it
     * was called before.
     */
    CompletionStage<Ending> change(Viewer viewer, UUID id, Wish wish);

    /** Ends every request whose expiry has come. */
    CompletionStage<Expired> expire();

    /**
     * Stops or starts all calls to an upstream; survives restarts. One that is left alone after a
     * 429 or a 401 and not paused is called again when it is started, and so are its partitions;
     * where these are many it takes several transactions, of which each is whole.
     */
    CompletionStage<Void> pause(String upstream, boolean paused);

    /**
     * Tries a credential that was refused again at once, by a single call: it may be another one
     * now. So it is for each partition that is refused. Without effect on an upstream that refuses
     * none.
     */
    CompletionStage<Void> probe(String upstream);

    /**
     * How many jobs of this upstream go before a queued one with this turn in its class, itself
     * included; cheap, from memory, exact while nobody cancels and only one class waits.
     */
    long position(String upstream, Priority priority, long turn);

    /**
     * The queue and the slots of an upstream now; blocking.
     *
     * @param units its quotas in other units than calls
     * @param credentials its credentials, where it has several
     */
    UpstreamState upstream(
            String name,
            Quota quota,
            Map<String, Quota> units,
            List<ClaimAsk.Credential> credentials);

    /** The same of one that has but its own credential. */
    default UpstreamState upstream(String name, Quota quota, Map<String, Quota> units) {
        return upstream(name, quota, units, List.of());
    }

    /** The same of one that counts nothing but calls. */
    default UpstreamState upstream(String name, Quota quota) {
        return upstream(name, quota, Map.of());
    }

    /**
     * The routes of the jobs that wait or run, of each upstream at most {@code atMost} of each
     * kind, the longest waiting ones; blocking.
     */
    List<Unfinished> unfinished(int atMost);

    /** Webhook deliveries. */
    Deliveries deliveries();

    /** Callers, their keys and secrets. */
    Clients clients();

    /** Large bodies. */
    default Contents contents() {
        return Contents.NONE;
    }

    /** Asks that came together. */
    Batches batches();

    /** What is done to all that a filter chooses. */
    Operations operations();

    /** Parts of upstreams' queues. */
    Partitions partitions();

    /** What callers may look up; blocking, for virtual threads. */
    Reads reads();

    /** Has somebody see what the writer does from now on. */
    default void watch(CommitWatch watch) {}

    /**
     * Tells what other processes on the same store do, from now on; replaces an earlier one. Once a
     * second it tells of each upstream that has work: a net under wake-ups that were lost, also
     * where only one process can serve the store.
     */
    default void whenChanged(Changes changes) {}

    /**
     * Whether calls that were claimed under a lease may leave: no once this process gave no life
     * sign for so long that others may have taken its work, also if it gives one again.
     *
     * @param lease as the {@link Claim} says
     */
    default boolean mayCall(long lease) {
        return true;
    }

    /** Whether the last write worked; a store that fails tries again with each write. */
    boolean healthy();

    /** How much room it takes, as of a second ago; unknown where another server keeps it. */
    default Size size() {
        return Size.UNKNOWN;
    }

    /**
     * The room that a store takes.
     *
     * @param bytes of its file, without what is beside it; NaN if it is not known
     * @param freeBytes those of them that are used again before it grows
     */
    record Size(double bytes, double freeBytes) {
        /** Nobody has looked yet, or can. */
        public static final Size UNKNOWN = new Size(Double.NaN, Double.NaN);
    }

    /**
     * Keeps in mind from now on what quotas and routes want that were changed.
     *
     * @param ledger the longest window of any quota, with its guard
     * @param cacheEntries results that serve as cache at most, by their routes' paths
     */
    void bound(Duration ledger, Map<String, Long> cacheEntries);

    /** Finishes the writes in hand and closes. */
    @Override
    void close();

    /**
     * Jobs of one route that wait for an upstream or run there.
     *
     * @param upstream its name when they were accepted
     * @param route their route's path then
     * @param jobs how many
     */
    record Unfinished(String upstream, String route, long jobs) {}
}
