package dev.holdfast.simulation;

/** A mistake that the promise keeper could have, and the promise that it breaks. */
enum Flaw {
    /** None. */
    NONE(""),
    /** One call more than the quota allows. */
    ONE_CALL_TOO_MANY("P1"),
    /** A slot is given away again before its window is over. */
    SLOT_FREED_EARLY("P1"),
    /** A timeout is taken for an arrival. */
    TIMEOUT_SETTLES("P1"),
    /** More calls are made at once than is configured. */
    TWICE_THE_CONCURRENCY("P1"),
    /** An operator's pause is not heard. */
    PAUSE_FORGOTTEN("P1"),
    /** That an upstream asked to be left alone is not heard. */
    CLOSING_FORGOTTEN("P1"),
    /** Answers are given when twice the time is over. */
    ANSWERS_LATE("P2"),
    /** What a killed process left in flight is left alone. */
    ORPHANS_FORGOTTEN("P3"),
    /** A call that failed is never made again. */
    RETRY_FORGOTTEN("P3"),
    /** A result goes to another job. */
    RESULTS_MIXED_UP("P3"),
    /** What was refused since the disk was slow is written all the same. */
    REFUSED_BUT_KEPT("P3"),
    /** A webhook that failed is not sent again. */
    WEBHOOK_FORGOTTEN("P3"),
    /** A client may have more pending than its limit. */
    MAX_PENDING_FORGOTTEN("P3"),
    /** A webhook that failed is sent again too soon. */
    WEBHOOKS_TOO_SOON("P3"),
    /** Who asks the same as somebody else is not told. */
    JOINERS_NOT_TOLD("P3"),
    /** Who asks the same as somebody else has it called again. */
    NEVER_COLLAPSED("P4"),
    /** An Idempotency-Key is forgotten. */
    KEY_FORGOTTEN("P4"),
    /** What failed is called again too soon. */
    RETRIES_TOO_SOON("P4"),
    /** That nobody is at home is forgotten. */
    ABSENCE_FORGOTTEN("P4"),
    /** A call leaves half a second after its slot was there. */
    SLEEPS_ON_A_SLOT("P5"),
    /** All clients stand in one line. */
    ONE_LINE_FOR_ALL("P6"),
    /** Retries go when nothing else is to do. */
    RETRIES_STARVED("P6"),
    /** The lowest class goes when nothing else is to do. */
    LOW_CLASS_STARVES("P6"),
    /** A request is called before its time. */
    SCHEDULED_EARLY("P5"),
    /** A batch that is sent again is another one. */
    BATCH_LINE_TWICE("P3");

    private final String promise;

    Flaw(String promise) {
        this.promise = promise;
    }

    /** The promise that it breaks, such as {@code P1}. */
    String promise() {
        return promise;
    }
}
