package dev.holdfast.store;

import dev.holdfast.request.Body;
import dev.holdfast.request.Costs;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Priority;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A request to add.
 *
 * @param id a fresh UUID version 7
 * @param client the client's number
 * @param maxPending requests the client may have unfinished; one more is refused
 * @param upstream the upstream's name
 * @param maxQueue jobs the upstream may have unfinished; one more is refused, and with 0 each new
 *     one
 * @param route the route's path
 * @param key what tells this call from others
 * @param params the route's parameters, a JSON object of strings with sorted names
 * @param repeatable whether it may be called again when it is not known if a call took effect
 * @param cacheTtl how long a result serves as cache; zero means not at all
 * @param webhook where to tell, or null
 * @param clientRequestId the caller's own reference, or null
 * @param expiresIn time after which it must not be called any more, or null
 * @param idempotency the caller's key, or null
 * @param body what the call carries, where its route passes that on; a kept one is the job's if
 *     this makes one
 * @param place where it waits
 * @param batch the number of the batch that it is a line of, or null
 * @param costs what a call takes of other units than calls; null where its upstream counts none
 */
public record NewRequest(
        UUID id,
        int client,
        int maxPending,
        String upstream,
        int maxQueue,
        String route,
        JobKey key,
        String params,
        boolean repeatable,
        Duration cacheTtl,
        @Nullable WebhookTarget webhook,
        @Nullable String clientRequestId,
        @Nullable Duration expiresIn,
        @Nullable Idempotency idempotency,
        Body body,
        Place place,
        @Nullable Integer batch,
        @Nullable Costs costs) {

    /** One without a body, at the usual place. */
    public NewRequest(
            UUID id,
            int client,
            int maxPending,
            String upstream,
            int maxQueue,
            String route,
            JobKey key,
            String params,
            boolean repeatable,
            Duration cacheTtl,
            @Nullable WebhookTarget webhook,
            @Nullable String clientRequestId,
            @Nullable Duration expiresIn,
            @Nullable Idempotency idempotency) {
        this(
                id,
                client,
                maxPending,
                upstream,
                maxQueue,
                route,
                key,
                params,
                repeatable,
                cacheTtl,
                webhook,
                clientRequestId,
                expiresIn,
                idempotency,
                Body.none(),
                Place.USUAL,
                null,
                null);
    }

    /** One that is no line of a batch. */
    public NewRequest(
            UUID id,
            int client,
            int maxPending,
            String upstream,
            int maxQueue,
            String route,
            JobKey key,
            String params,
            boolean repeatable,
            Duration cacheTtl,
            @Nullable WebhookTarget webhook,
            @Nullable String clientRequestId,
            @Nullable Duration expiresIn,
            @Nullable Idempotency idempotency,
            Body body,
            Place place) {
        this(
                id,
                client,
                maxPending,
                upstream,
                maxQueue,
                route,
                key,
                params,
                repeatable,
                cacheTtl,
                webhook,
                clientRequestId,
                expiresIn,
                idempotency,
                body,
                place,
                null,
                null);
    }

    /**
     * The same as a line of a batch.
     *
     * @param line its id, as {@link Batches#line} gives it
     * @param number the batch's
     */
    public NewRequest inBatch(UUID line, int number) {
        return new NewRequest(
                line,
                client,
                maxPending,
                upstream,
                maxQueue,
                route,
                key,
                params,
                repeatable,
                cacheTtl,
                webhook,
                clientRequestId,
                expiresIn,
                idempotency,
                body,
                place,
                number,
                costs);
    }

    /** The same, for which no job is made: it gets what is known or joins what is under way. */
    public NewRequest withoutJob() {
        return new NewRequest(
                id,
                client,
                maxPending,
                upstream,
                0,
                route,
                key,
                params,
                repeatable,
                cacheTtl,
                webhook,
                clientRequestId,
                expiresIn,
                idempotency,
                body,
                place,
                batch,
                costs);
    }

    /** The same at another place. */
    public NewRequest at(Place other) {
        return new NewRequest(
                id,
                client,
                maxPending,
                upstream,
                maxQueue,
                route,
                key,
                params,
                repeatable,
                cacheTtl,
                webhook,
                clientRequestId,
                expiresIn,
                idempotency,
                body,
                other,
                batch,
                costs);
    }

    /**
     * Where a request waits.
     *
     * @param priority its class
     * @param weight its client's: one of twice the weight has its turn twice as often; 1 to 16
     * @param notBefore wall time before which it is not called, or null
     * @param partition whose it is, by its key; null where its upstream has no partitions
     * @param fifo whether that partition's jobs go one after the other
     */
    public record Place(
            Priority priority,
            int weight,
            @Nullable Instant notBefore,
            @Nullable String partition,
            boolean fifo) {
        /** Nothing was said. */
        public static final Place USUAL = new Place(Priority.NORMAL, 1);

        /** As soon as it is its turn. */
        public Place(Priority priority, int weight) {
            this(priority, weight, null);
        }

        /** Of an upstream without partitions. */
        public Place(Priority priority, int weight, @Nullable Instant notBefore) {
            this(priority, weight, notBefore, null, false);
        }

        /**
         * The name of the queue that waits for an upstream, or for it in a partition. An upstream
         * whose name has a slash in it has no partitions.
         */
        public static String queue(String upstream, @Nullable String partition) {
            return partition == null ? upstream : upstream + '/' + partition;
        }

        /** The same in a partition. */
        public Place in(String key, boolean oneAfterTheOther) {
            return new Place(priority, weight, notBefore, key, oneAfterTheOther);
        }

        /** Until when it waits for its time, in wall milliseconds; null if that has come. */
        public @Nullable Long startsAfter(long wallMillis) {
            return notBefore == null || notBefore.toEpochMilli() <= wallMillis
                    ? null
                    : Long.valueOf(notBefore.toEpochMilli());
        }
    }

    /**
     * Where a webhook goes.
     *
     * @param url as checked at the ask
     * @param headers the caller's own headers, a JSON object of strings
     */
    public record WebhookTarget(String url, String headers) {}

    /**
     * An {@code Idempotency-Key}.
     *
     * @param key as sent
     * @param fingerprint of everything the ask said; the same key with another one is refused
     */
    public record Idempotency(String key, JobKey fingerprint) {}
}
