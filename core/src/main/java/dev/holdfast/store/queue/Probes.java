package dev.holdfast.store.queue;

import dev.holdfast.store.UpstreamState;
import java.util.concurrent.TimeUnit;

/**
 * When an upstream that refuses the credential, or one of several, is tried again: the first time
 * soon, each time after as long as it has been refused already, so that a mistake costs a few calls
 * and a revoked key hardly any. All in steady microseconds; pure.
 */
public final class Probes {
    /** Until the first one. */
    static final long FIRST = TimeUnit.NANOSECONDS.toMicros(UpstreamState.FIRST_PROBE.toNanos());

    /** Between two, at most. */
    static final long LONGEST = TimeUnit.MINUTES.toMicros(30);

    private Probes() {}

    /** When the next one leaves, if the last one left now. */
    public static long next(long refusedSince, long now) {
        return now + Math.clamp(now - refusedSince, FIRST, LONGEST);
    }
}
