package dev.holdfast.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Webhook deliveries in the store. A delivery is pending until it is delivered or given up. */
public interface Deliveries {

    /** Characters of texts after which no more deliveries are leased in one go. */
    long MAX_LEASED_CHARS = 4 << 20;

    /**
     * Leases due deliveries, the longest due first; one that is not settled before its lease ends
     * is claimed again.
     *
     * @param max at most this many, and no more after {@link #MAX_LEASED_CHARS}
     * @param lease how long they are out of others' reach
     */
    CompletionStage<Due> claim(int max, Duration lease);

    /** Writes down a try and what follows; each is one row of the delivery's log. */
    CompletionStage<Void> settle(DeliveryTry tried);

    /** Gives leased deliveries back untried, due again after {@code wait}. */
    CompletionStage<Void> postpone(List<UUID> deliveries, Duration wait);

    /** Makes a delivery due at once, whatever became of it; false if it is not in reach. */
    CompletionStage<Boolean> redeliver(Viewer viewer, UUID delivery);

    /**
     * The deliveries in a viewer's reach, newest first, at most as many as asked for; what a look
     * into so many rows does not find is on the next page. Blocks.
     */
    Page list(
            Viewer viewer,
            @Nullable UUID request,
            @Nullable State state,
            int limit,
            @Nullable UUID before);

    /** The tries of one delivery in the viewer's reach, oldest first; blocking. */
    List<TryRecord> tries(Viewer viewer, UUID delivery);

    /**
     * Calls {@code wake} whenever deliveries fell due that no caller is handed: a cached result
     * with a webhook, a redelivery, more than fit in one answer. On a thread of the store's, after
     * the commit; replaces an earlier one. A store without such deliveries never calls it.
     */
    default void whenDue(Runnable wake) {}

    /** How many are pending. */
    long pending();

    /** Where a delivery stands. */
    enum State {
        PENDING,
        DELIVERED,
        /** The receiver answered 410, or the address is forbidden. */
        ENDED,
        /** The schedule is exhausted. */
        FAILED
    }

    /**
     * A part of a list.
     *
     * @param next the id to go on before, or null if there is no more
     */
    record Page(List<DeliveryRecord> deliveries, @Nullable UUID next) {
        public Page {
            deliveries = List.copyOf(deliveries);
        }
    }

    /**
     * Leased deliveries.
     *
     * @param next steady time at which the next one is due, or null if none is pending
     */
    record Due(List<Delivery> deliveries, @Nullable Instant next) {
        public Due {
            deliveries = List.copyOf(deliveries);
        }
    }

    /**
     * One try.
     *
     * @param state what the delivery is now
     * @param retryAfter when pending: how long until the next try, else null
     * @param status the receiver's status, or null
     * @param error in words, or null
     */
    record DeliveryTry(
            UUID delivery,
            State state,
            @Nullable Duration retryAfter,
            @Nullable Integer status,
            @Nullable String error,
            Duration latency) {}

    /** A delivery as people see it; instants are wall time. */
    record DeliveryRecord(
            UUID id,
            UUID request,
            int client,
            String type,
            String url,
            State state,
            int attempts,
            Instant createdAt,
            @Nullable Instant nextAt,
            @Nullable Integer lastStatus,
            @Nullable String lastError) {}

    /** A row of a delivery's log; {@code at} is wall time. */
    record TryRecord(
            int number,
            Instant at,
            @Nullable Integer status,
            @Nullable String error,
            Duration latency) {}
}
