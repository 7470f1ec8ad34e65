package dev.holdfast.store.queue;

import dev.holdfast.request.Body;
import dev.holdfast.request.Costs;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Status;
import dev.holdfast.store.NewRequest;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job as the writer needs it.
 *
 * @param upstream the number of the queue that it waits or runs in: its upstream's, or its
 *     partition's; of one that is scheduled or has ended always its upstream's
 * @param partition whose it is, or null
 * @param created steady microseconds
 * @param cacheTtl microseconds
 * @param costs what a call takes of other units than calls; null where none was counted when it was
 *     asked
 * @param wishes of requests that still want its result
 * @param priority the highest of theirs
 * @param weight its client's
 * @param starts wall milliseconds before which it is not queued, while it is scheduled; else null
 */
public record Job(
        long id,
        int upstream,
        String route,
        int client,
        UUID request,
        long keyHigh,
        long keyLow,
        @Nullable String partition,
        @Nullable Costs costs,
        String params,
        Body body,
        Status status,
        long turn,
        @Nullable Long due,
        int attempts,
        int charged,
        boolean repeatable,
        long created,
        long cacheTtl,
        Wishes wishes,
        @Nullable Long cachedUntil,
        Priority priority,
        int weight,
        @Nullable Long starts) {

    /** How many requests still want its result. */
    public int interest() {
        return wishes.all();
    }

    /** A new one, for a request that nothing else answers. */
    public static Job asked(
            NewRequest ask,
            long id,
            int upstream,
            long turn,
            @Nullable Long starts,
            long now,
            long cacheTtl) {
        return new Job(
                id,
                upstream,
                ask.route(),
                ask.client(),
                ask.id(),
                ask.key().high(),
                ask.key().low(),
                ask.place().partition(),
                ask.costs(),
                ask.params(),
                ask.body(),
                starts == null ? Status.QUEUED : Status.SCHEDULED,
                turn,
                null,
                0,
                0,
                ask.repeatable(),
                now,
                cacheTtl,
                Wishes.of(ask.place().priority(), ask.place().notBefore() != null),
                null,
                ask.place().priority(),
                ask.place().weight(),
                starts);
    }

    /** The same call once more, for one request. */
    public Job anew(
            long id,
            int queue,
            int client,
            UUID request,
            Priority priority,
            int weight,
            long turn,
            long now) {
        return new Job(
                id,
                queue,
                route,
                client,
                request,
                keyHigh,
                keyLow,
                partition,
                costs,
                params,
                body,
                Status.QUEUED,
                turn,
                null,
                0,
                0,
                repeatable,
                now,
                cacheTtl,
                Wishes.of(priority, false),
                null,
                priority,
                weight,
                null);
    }
}
