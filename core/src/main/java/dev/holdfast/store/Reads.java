package dev.holdfast.store;

import dev.holdfast.pace.LearnedDelay;
import dev.holdfast.request.Body;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Original;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What callers may look up; every method blocks and throws {@link StoreUnavailable}. */
public interface Reads {

    /** One request in the viewer's reach. */
    Optional<RequestRecord> request(Viewer viewer, UUID id);

    /** Largest result that a list brings along, in bytes as it is kept; others are null there. */
    int MAX_LISTED_RESULT_BYTES = 64 << 10;

    /** Characters of texts after which a list ends, though it has fewer than were asked for. */
    long MAX_LIST_CHARS = 1 << 20;

    /**
     * Requests in the viewer's reach, newest first, at most as many as asked for and no more after
     * {@link #MAX_LIST_CHARS}; what a look into so many rows does not find is on the next page, so
     * a page may be short, or empty, and yet not the last.
     */
    Page page(Viewer viewer, Query query);

    /** The first page of them. */
    default List<RequestRecord> list(Viewer viewer, Query query) {
        return page(viewer, query).requests();
    }

    /**
     * A part of a list.
     *
     * @param next the id to go on before, or null if there is no more
     */
    record Page(List<RequestRecord> requests, @Nullable UUID next) {
        public Page {
            requests = List.copyOf(requests);
        }
    }

    /** What one takes of a list, in characters. */
    static long chars(RequestRecord request) {
        Result result = request.result();
        Failure failure = request.failure();
        String refusal = failure == null ? null : failure.upstreamBody();
        return (long) request.params().length()
                + (result == null ? 0 : result.body().length() + inHand(result.original()))
                + (refusal == null ? 0 : refusal.length())
                + (failure == null ? 0 : inHand(failure.original()));
    }

    private static long inHand(@Nullable Original original) {
        return original != null && original.body() instanceof Body.Inline inline
                ? inline.size()
                : 0;
    }

    /**
     * The upstream calls made for a request, those before it was retried among them, oldest first,
     * at most {@code limit}.
     */
    List<AttemptRecord> attempts(RequestRecord request, int limit);

    /**
     * An upstream's calls that are under way or settled after {@code settledAfter} (steady time):
     * those in flight first, then the newest, at most {@code limit} of each.
     */
    List<CallRecord> calls(String upstream, Instant settledAfter, int limit);

    /**
     * Who used a quota: what the calls of each client took that are under way or settled after
     * {@code settledAfter} (steady time). A call is the client's whose turn it was, if several
     * wanted its result.
     *
     * @param unit what is summed up, or null for the calls themselves
     * @param calls how many of the newest are looked at, at most, and as many under way
     */
    Usage usage(String upstream, @Nullable String unit, Instant settledAfter, int calls);

    /**
     * What clients used.
     *
     * @param clients those whose calls took anything, most first
     * @param lookedBackTo when the oldest settled that was looked at, steady time; null if those
     *     were all
     */
    record Usage(List<Used> clients, @Nullable Instant lookedBackTo) {
        public Usage {
            clients = List.copyOf(clients);
        }
    }

    /** What one client used, by its number. */
    record Used(int client, long amount) {}

    /** Requests of paused partitions that are older than one that could go, at most. */
    int MOST_PAUSED = 50_000;

    /**
     * When the time comes of the next of an upstream's scheduled requests, wall time; empty if none
     * is.
     */
    Optional<Instant> nextStart(String upstream);

    /**
     * Since when the oldest could go of what waits for a call of a route, in steady time: a first
     * try since it was asked or its time came, a retry since it was due; in the future if all that
     * waits are retries that are not due, empty if nothing waits. What waits in a partition that an
     * operator paused is not to flow and does not count; where that is the oldest, the next {@link
     * #MOST_PAUSED} are looked at and no more. Else one look into an index, however much is stored.
     */
    Optional<Instant> waitingSince(String route);

    /** What an upstream's past tells of its routes' times of recovery, by route. */
    Map<String, LearnedDelay> learned(String upstream);

    /**
     * What to list; null fields match everything.
     *
     * @param reason why it failed
     * @param partition of the partition of this key, of whichever upstream
     * @param text what its parameters contain, whatever the case of ASCII's letters
     * @param since accepted at that time or later, wall time
     * @param until accepted before that time
     * @param limit at least 1
     * @param before only requests with a smaller id, for paging
     */
    record Query(
            @Nullable Status status,
            Failure.@Nullable Reason reason,
            @Nullable String route,
            @Nullable String partition,
            @Nullable String clientRequestId,
            @Nullable String text,
            @Nullable Instant since,
            @Nullable Instant until,
            int limit,
            @Nullable UUID before) {

        /** One by few of them. */
        public Query(
                @Nullable Status status,
                @Nullable String route,
                @Nullable String clientRequestId,
                int limit,
                @Nullable UUID before) {
            this(status, null, route, null, clientRequestId, null, null, null, limit, before);
        }

        /** Whether each request must be looked into. */
        public boolean looksInto() {
            return status != null
                    || reason != null
                    || route != null
                    || partition != null
                    || text != null;
        }
    }

    /** Until when a list has looked that goes on before this id: when its request was accepted. */
    static Instant lookedBackTo(UUID next) {
        return Instant.ofEpochMilli(next.getMostSignificantBits() >>> 16);
    }

    /**
     * One upstream call.
     *
     * @param retry which retry of the request it belongs to; 0 before any
     * @param number from 1, in each retry anew
     * @param startedAt wall time
     * @param waited since it could have left at the earliest
     * @param waitedFor {@code slot}, {@code backoff} or {@code nothing}
     * @param outcome see {@link Settlement}; {@code running} while it is under way
     * @param status the upstream's status, or null
     * @param latency null while it is under way
     */
    record AttemptRecord(
            int retry,
            int number,
            Instant startedAt,
            Duration waited,
            String waitedFor,
            String outcome,
            @Nullable Integer status,
            @Nullable Duration latency) {}

    /**
     * One upstream call and the slot it holds; instants are steady time.
     *
     * @param attempt its number in the log, never used again
     * @param request the request that made its job
     * @param number of the attempt in its job, from 1
     * @param taken when it took its slot
     * @param settled when it settled, or null while it is under way
     * @param outcome as in {@link AttemptRecord}
     * @param status the upstream's status, or null
     */
    record CallRecord(
            long attempt,
            UUID request,
            int number,
            Instant taken,
            @Nullable Instant settled,
            String outcome,
            @Nullable Integer status) {}
}
