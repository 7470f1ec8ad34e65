package dev.holdfast.engine;

import dev.holdfast.request.Failure;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRecord;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A job has moved on, and that is on disk.
 *
 * @param attempts calls made so far, the one under way included
 * @param lastStatus the upstream's status at the last settled call, or null
 * @param completedAt wall time, or null while it goes on
 * @param dueAt steady time of the next call at the earliest, or null
 * @param cachedUntil steady time until which the result serves as cache, or null
 */
record JobChange(
        Status status,
        int attempts,
        @Nullable Integer lastStatus,
        @Nullable Instant completedAt,
        @Nullable Result result,
        @Nullable Failure failure,
        @Nullable Instant dueAt,
        @Nullable Instant cachedUntil) {

    /** A call is under way. */
    static JobChange running(int attempts) {
        return new JobChange(Status.RUNNING, attempts, null, null, null, null, null, null);
    }

    /** The request as it is after this. */
    RequestRecord applyTo(RequestRecord old) {
        return new RequestRecord(
                old.id(),
                old.client(),
                old.job(),
                old.upstream(),
                old.route(),
                old.params(),
                status,
                attempts,
                lastStatus == null ? old.lastStatus() : lastStatus,
                old.createdAt(),
                completedAt,
                old.expiresAt(),
                old.clientRequestId(),
                old.webhookUrl(),
                result,
                failure,
                old.turn(),
                dueAt,
                cachedUntil);
    }
}
