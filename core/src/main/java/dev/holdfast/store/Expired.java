package dev.holdfast.store;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests that expired.
 *
 * @param requests as they stand now
 * @param deliveries webhooks that fell due, leased to the caller as by {@link Deliveries#claim}
 * @param next steady time at which the next one expires, or null if none will
 */
public record Expired(
        List<RequestRecord> requests, List<Delivery> deliveries, @Nullable Instant next) {
    public Expired {
        requests = List.copyOf(requests);
        deliveries = List.copyOf(deliveries);
    }
}
