package dev.holdfast.store;

import dev.holdfast.pace.LearnedDelay;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Store#settle} wrote.
 *
 * @param applied false if the attempt was settled before or the job had moved on
 * @param completedAt wall time at which the job ended, or null if it goes on
 * @param cachedUntil steady time until which its result serves as cache, or null
 * @param deliveries webhooks that fell due, leased to the caller as by {@link Deliveries#claim}
 * @param learned what is known of the route's times of recovery, if this call added to it
 */
public record Settled(
        boolean applied,
        @Nullable Instant completedAt,
        @Nullable Instant cachedUntil,
        List<Delivery> deliveries,
        @Nullable LearnedDelay learned) {
    public Settled {
        deliveries = List.copyOf(deliveries);
    }
}
