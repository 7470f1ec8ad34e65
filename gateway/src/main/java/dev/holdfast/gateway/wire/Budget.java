package dev.holdfast.gateway.wire;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that all connections of a listener may make the gateway hold, in bytes: heads and
 * bodies that are read, requests that wait, messages, answers that nobody takes. What one
 * connection takes beyond its own allowance comes from a part of it, so that those who hold much
 * leave room for new connections with little. Safe for use by many threads.
 */
final class Budget {
    /** Of all, what may be taken beyond the allowances; the rest is for connections alone. */
    private static final double SHARED = 2.0 / 3;

    private final long bytes;
    private final long sharedBytes;
    private final AtomicLong taken = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

    /**
     * @param bytes for all connections together, at least 1
     */
    Budget(long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("a budget is at least a byte, not " + bytes);
        }
        this.bytes = bytes;
        this.sharedBytes = (long) (bytes * SHARED);
    }

    /** Takes what a new connection needs by itself; false if there is no room. */
    boolean admit(long wanted) {
        return take(wanted, bytes);
    }

    /** Takes more for a connection; false, and counted, if there is no room. */
    boolean take(long wanted) {
        if (take(wanted, sharedBytes)) {
            return true;
        }
        refused.incrementAndGet();
        return false;
    }

    private boolean take(long wanted, long limit) {
        if (taken.addAndGet(wanted) <= limit) {
            return true;
        }
        taken.addAndGet(-wanted);
        return false;
    }

    void give(long back) {
        taken.addAndGet(-back);
    }

    /** Bytes that are in hand. */
    long taken() {
        return taken.get();
    }

    /** Bytes that may be in hand. */
    long bytes() {
        return bytes;
    }

    /** How often a connection wanted more than there was. */
    long refused() {
        return refused.get();
    }
}
