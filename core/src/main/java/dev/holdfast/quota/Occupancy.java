package dev.holdfast.quota;

import java.time.Instant;
import java.util.List;

/**
 * What the ledger says of an upstream's slots at one moment.
 *
 * @param inFlight calls that left and have not settled
 * @param settled when recent calls settled, newest first; all that still count in the quota's
 *     longest window, or at least as many as its largest limit
 */
public record Occupancy(int inFlight, List<Instant> settled) {
    /** No call was ever made. */
    public static final Occupancy EMPTY = new Occupancy(0, List.of());

    public Occupancy {
        settled = List.copyOf(settled);
    }
}
