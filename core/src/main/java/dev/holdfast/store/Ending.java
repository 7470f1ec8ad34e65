package dev.holdfast.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a cancel or a retry.
 *
 * @param what whether it was done
 * @param request as it stands now; null if there is none in the viewer's reach
 * @param deliveries webhooks that fell due, leased to the caller as by {@link Deliveries#claim}
 */
public record Ending(What what, @Nullable RequestRecord request, List<Delivery> deliveries) {
    public Ending {
        deliveries = List.copyOf(deliveries);
    }

    /** Whether it was done. */
    public enum What {
        DONE,
        /** No such request in the viewer's reach. */
        UNKNOWN,
        /** Its state does not allow it. */
        CONFLICT,
        /** Its route or its upstream is not configured any more, so that nobody would call it. */
        ROUTE_GONE,
        /** Its client has as many unfinished requests as it may have. */
        TOO_MANY_PENDING
    }
}
