package dev.holdfast.request;

import java.util.Locale;

/** Where a request stands; docs/states.md has what leads from one to the next. */
public enum Status {
    /** On disk, its time has not come. */
    SCHEDULED,
    /** On disk, its first call has not left. */
    QUEUED,
    /** A call is under way. */
    RUNNING,
    /** A call failed; the next is due later or waits for a slot. */
    RETRYING,
    SUCCEEDED,
    FAILED,
    EXPIRED,
    CANCELLED;

    /** Whether nothing more will happen to it. */
    public boolean isFinal() {
        return switch (this) {
            case SCHEDULED, QUEUED, RUNNING, RETRYING -> false;
            case SUCCEEDED, FAILED, EXPIRED, CANCELLED -> true;
        };
    }

    /** The name on the wire. */
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }
}
