package dev.holdfast.store;

import dev.holdfast.quota.Occupancy;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's queue and slots at one moment.
 *
 * @param slots what the ledger says
 * @param queued jobs whose first call has not left
 * @param retrying jobs that wait for another call
 * @param closedUntil steady time before which it is not called, because it asked for that or
 *     because it refused the credential; or null
 * @param unauthorizedSince steady time since which it refuses the credential, or null
 * @param paused whether an operator stopped it
 */
public record UpstreamState(
        Occupancy slots,
        long queued,
        long retrying,
        @Nullable Instant closedUntil,
        @Nullable Instant unauthorizedSince,
        boolean paused) {
    /** From the first answer that refuses the credential until one call tries it again. */
    public static final Duration FIRST_PROBE = Duration.ofSeconds(10);

    /** An upstream that nobody has heard of. */
    public static final UpstreamState UNKNOWN =
            new UpstreamState(Occupancy.EMPTY, 0, 0, null, null, false);

    /** After an answer that refuses the credential. */
    public UpstreamState refused(Instant now) {
        Instant probe = now.plus(FIRST_PROBE);
        return new UpstreamState(
                slots,
                queued,
                retrying,
                closedUntil != null && closedUntil.isAfter(probe) ? closedUntil : probe,
                unauthorizedSince == null ? now : unauthorizedSince,
                paused);
    }

    /** With one job more that waits for its first call. */
    public UpstreamState withOneMore() {
        return new UpstreamState(
                slots, queued + 1, retrying, closedUntil, unauthorizedSince, paused);
    }
}
