package dev.holdfast.quota;

import java.time.Instant;

/**
 * Calls of which nothing was heard since they were given up: they timed out, or the process that
 * made them died. An upstream that hangs may serve them yet, when it wakes up, so each holds its
 * slot until the window after the upstream's next sign of life (P1).
 *
 * @param calls how many
 * @param probes how many of them left as probes, see {@link Verdict.Probe}
 * @param last when the last one was given up
 * @param settled what the ledger's {@code settled} would be if each had arrived by the time it was
 *     given up; known where {@link Quota#needsProbe} says so
 */
public record Missing(long calls, long probes, Instant last, Steps settled) {
    /** Every call was heard of. */
    public static final Missing NONE = new Missing(0, 0, Instant.EPOCH, Steps.NONE);
}
