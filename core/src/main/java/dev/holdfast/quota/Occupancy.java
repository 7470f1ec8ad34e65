package dev.holdfast.quota;

/**
 * What the ledger says of an upstream's slots at one moment.
 *
 * @param inFlight calls that left and have not settled
 * @param settled when calls settled that are not missing
 * @param missing calls that may still arrive
 */
public record Occupancy(int inFlight, Steps settled, Missing missing) {
    /** No call was ever made. */
    public static final Occupancy EMPTY = new Occupancy(0, Steps.NONE);

    /** A ledger in which no call is missing. */
    public Occupancy(int inFlight, Steps settled) {
        this(inFlight, settled, Missing.NONE);
    }

    /** The same, with more known of when calls settled. */
    public Occupancy with(Steps more) {
        return new Occupancy(inFlight, settled.with(more), missing);
    }

    /** Slots that nothing but an event frees: of calls in flight, and of calls that are missing. */
    public long held() {
        return inFlight + missing.calls();
    }
}
