package dev.holdfast.store;

import dev.holdfast.request.Failure;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A request with its job, as stored.
 *
 * @param id UUID version 7
 * @param client the client's number
 * @param job the job's number
 * @param upstream the upstream's name
 * @param route the route's path
 * @param params JSON object of strings
 * @param status the request's own end, or else where its job stands
 * @param attempts calls made so far, the one under way included
 * @param lastStatus the upstream's status at the last settled call, or null
 * @param createdAt wall time
 * @param completedAt wall time, or null while it is not final
 * @param expiresAt wall time, or null if it never expires
 * @param clientRequestId the caller's own reference, or null
 * @param webhookUrl where the caller is told, or null
 * @param result when it succeeded
 * @param failure when it failed
 * @param turn its place in the queue, see {@link Store#position}
 * @param dueAt steady time before which a retrying one is not called, or null
 * @param cachedUntil steady time until which its result serves as cache, or null
 * @param priority what its caller asked for
 * @param jobPriority the class its job waits in: the highest of all who want it
 * @param notBefore wall time before which its caller does not want it called, or null
 * @param startsAt wall time at which its job is queued, while that is scheduled; the earliest of
 *     all who want it; else null
 * @param partition whose its job is, by its key; or null
 */
public record RequestRecord(
        UUID id,
        int client,
        long job,
        String upstream,
        String route,
        String params,
        Status status,
        int attempts,
        @Nullable Integer lastStatus,
        Instant createdAt,
        @Nullable Instant completedAt,
        @Nullable Instant expiresAt,
        @Nullable String clientRequestId,
        @Nullable String webhookUrl,
        @Nullable Result result,
        @Nullable Failure failure,
        long turn,
        @Nullable Instant dueAt,
        @Nullable Instant cachedUntil,
        Priority priority,
        Priority jobPriority,
        @Nullable Instant notBefore,
        @Nullable Instant startsAt,
        @Nullable String partition) {

    /** One of the usual priority. */
    public RequestRecord(
            UUID id,
            int client,
            long job,
            String upstream,
            String route,
            String params,
            Status status,
            int attempts,
            @Nullable Integer lastStatus,
            Instant createdAt,
            @Nullable Instant completedAt,
            @Nullable Instant expiresAt,
            @Nullable String clientRequestId,
            @Nullable String webhookUrl,
            @Nullable Result result,
            @Nullable Failure failure,
            long turn,
            @Nullable Instant dueAt,
            @Nullable Instant cachedUntil) {
        this(
                id,
                client,
                job,
                upstream,
                route,
                params,
                status,
                attempts,
                lastStatus,
                createdAt,
                completedAt,
                expiresAt,
                clientRequestId,
                webhookUrl,
                result,
                failure,
                turn,
                dueAt,
                cachedUntil,
                Priority.NORMAL,
                Priority.NORMAL,
                null,
                null,
                null);
    }

    /** The same after its job has moved on. */
    public RequestRecord after(JobChange change) {
        return new RequestRecord(
                id,
                client,
                job,
                upstream,
                route,
                params,
                change.status(),
                change.attempts(),
                change.lastStatus() == null ? lastStatus : change.lastStatus(),
                createdAt,
                change.completedAt(),
                expiresAt,
                clientRequestId,
                webhookUrl,
                change.result(),
                change.failure(),
                turn,
                change.dueAt(),
                change.cachedUntil(),
                priority,
                jobPriority,
                notBefore,
                null,
                partition);
    }

    /** The name of the queue that its job waits in, see {@link Store#position}. */
    public String queue() {
        return NewRequest.Place.queue(upstream, partition);
    }
}
