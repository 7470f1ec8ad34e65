package dev.holdfast.quota;

import java.time.Instant;
import java.util.List;

/**
 * What the ledger says of an upstream's slots at one moment.
 *
 * @param inFlight calls that left and have not settled
 * @param settled when recent calls settled, newest first; all that still count in the quota's
 *     longest window, or at least as many as its largest limit; without those that are missing
 * @param missing calls that may still arrive
 */
public record Occupancy(int inFlight, List<Instant> settled, Missing missing) {
    /** No call was ever made. */
    public static final Occupancy EMPTY = new Occupancy(0, List.of());

    public Occupancy {
        settled = List.copyOf(settled);
    }

    /** A ledger in which no call is missing. */
    public Occupancy(int inFlight, List<Instant> settled) {
        this(inFlight, settled, Missing.NONE);
    }

    /** The same after so many more calls left. */
    public Occupancy plus(int calls) {
        return new Occupancy(inFlight + calls, settled, missing);
    }

    /** Slots that nothing but an event frees: of calls in flight, and of calls that are missing. */
    int held() {
        return inFlight + missing.calls();
    }
}
