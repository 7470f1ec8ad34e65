package dev.holdfast.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What is done to all requests, or deliveries, that a filter chooses; goes on over restarts. */
public interface Operations {
    /** Operations that one client may have under way. */
    int MAX_RUNNING_OF_CLIENT = 8;

    /** Rows looked at in one step; it takes some milliseconds. */
    int ROWS_AT_ONCE = 1_024;

    /** Requests or deliveries that are chosen in one step at most. */
    int CHOSEN_AT_ONCE = 256;

    /** How long an operation is out of other processes' reach after each of its steps. */
    Duration LEASE = Duration.ofSeconds(10);

    /** How long one can be looked up after it ended. */
    Duration KEPT = Duration.ofDays(7);

    /** Begins one; empty if its client has {@link #MAX_RUNNING_OF_CLIENT} under way. */
    CompletionStage<Optional<OperationRecord>> begin(NewOperation operation);

    /** Has somebody told when one began in this process; replaces an earlier one. */
    void whenBegun(Runnable wake);

    /** One in the viewer's reach; blocking. */
    Optional<OperationRecord> operation(Viewer viewer, UUID id);

    /** Those in the viewer's reach, newest first; blocking. */
    List<OperationRecord> list(Viewer viewer, int limit, @Nullable UUID before);

    /** Stops one that runs; what it did stays. False if there is none in the viewer's reach. */
    CompletionStage<Boolean> stop(Viewer viewer, UUID id);

    /** Takes one that runs and that no other process has in hand, if there is any. */
    CompletionStage<Optional<OperationRecord>> take(UUID owner);

    /** What an operation chooses next; blocking. */
    Chosen choose(OperationRecord operation);

    /**
     * A step was made: it goes on after it, and stays its owner's unless it rests.
     *
     * @return false if it was stopped, or is somebody else's now
     */
    CompletionStage<Boolean> advance(UUID owner, OperationRecord operation, Step step);

    /** What is done. */
    enum Act {
        /** Failed requests are queued anew. */
        RETRY,
        /** Requests that are not finished are ended. */
        CANCEL,
        /** Webhooks that were given up, or whose receiver wanted no more, are due again. */
        REDELIVER;

        /** The name on the wire. */
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Where one stands. */
    enum State {
        RUNNING,
        DONE,
        STOPPED;

        /** The name on the wire. */
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What is chosen; null fields choose everything.
     *
     * @param status of a request; of a delivery, what it tells of
     * @param reason why it failed, as on the wire
     * @param upstreamStatus the upstream's status that it failed with
     * @param host where its webhook goes
     * @param client whose; only an admin's operation chooses another's than its own
     * @param batch the batch that it is a line of
     * @param since made at that time or later, wall time
     * @param until made before that time
     */
    record Filter(
            @Nullable String status,
            @Nullable String reason,
            @Nullable Integer upstreamStatus,
            @Nullable String route,
            @Nullable String upstream,
            @Nullable String partition,
            @Nullable String host,
            @Nullable Integer client,
            @Nullable UUID batch,
            @Nullable Instant since,
            @Nullable Instant until) {
        /** One that asks nothing of partitions. */
        public Filter(
                @Nullable String status,
                @Nullable String reason,
                @Nullable Integer upstreamStatus,
                @Nullable String route,
                @Nullable String upstream,
                @Nullable String host,
                @Nullable Integer client,
                @Nullable UUID batch,
                @Nullable Instant since,
                @Nullable Instant until) {
            this(
                    status,
                    reason,
                    upstreamStatus,
                    route,
                    upstream,
                    null,
                    host,
                    client,
                    batch,
                    since,
                    until);
        }
    }

    /**
     * An operation to begin.
     *
     * @param viewer who acts
     * @param dryRun whether it only counts
     * @param perSecond acts a second at most, or 0
     */
    record NewOperation(Viewer viewer, Act act, Filter filter, boolean dryRun, int perSecond) {}

    /**
     * An operation as it stands.
     *
     * @param cursor the last one that was looked at, or null
     * @param matched how many were chosen so far
     * @param done to how many it was done
     * @param skipped how many were not as the act wants them, or whose client has too much pending
     */
    record OperationRecord(
            UUID id,
            Viewer viewer,
            Act act,
            Filter filter,
            boolean dryRun,
            int perSecond,
            State state,
            @Nullable UUID cursor,
            int matched,
            int done,
            int skipped,
            Instant createdAt,
            @Nullable Instant endedAt) {}

    /**
     * Some that were chosen, by their ids.
     *
     * @param last the last one that was looked at, or null
     * @param more whether there may be more
     */
    record Chosen(List<UUID> ids, @Nullable UUID last, boolean more) {
        public Chosen {
            ids = List.copyOf(ids);
        }
    }

    /**
     * What a step did.
     *
     * @param rest how long nobody goes on with it: what is bounded in its rate holds up no other
     */
    record Step(Chosen chosen, int done, int skipped, Duration rest) {}
}
