package dev.holdfast.store;

/** What {@link Store#accept} did. */
public sealed interface Accepted {

    /**
     * The request is on disk.
     *
     * @param request as it stands
     * @param how what it became part of
     * @param position see {@link Store#position}; 0 when it is not queued
     */
    record Held(RequestRecord request, How how, long position) implements Accepted {}

    /** Nothing was written. */
    record Refused(Why why) implements Accepted {}

    /** What nobody waits for any more. */
    Accepted UNWANTED = new Refused(Why.UNWANTED);

    /** What a request became part of. */
    enum How {
        /** A new job. */
        NEW,
        /** A job that was under way. */
        COLLAPSED,
        /** A result that was there. */
        CACHED,
        /** The request that the same Idempotency-Key made before. */
        REPEATED
    }

    /** Why a request was not accepted. */
    enum Why {
        /** The Idempotency-Key was used with other parameters. */
        KEY_REUSED,
        /** The client has as many unfinished requests as it may. */
        TOO_MANY_PENDING,
        /** The upstream's queue is full. */
        QUEUE_FULL,
        /** Nobody waits for it any more. */
        UNWANTED
    }
}
