package dev.holdfast.store;

import dev.holdfast.quota.Occupancy;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's queue and slots at one moment.
 *
 * @param slots what the ledger says
 * @param queued jobs whose first call has not left
 * @param retrying jobs that wait for another call
 * @param closedUntil steady time until which a 429 keeps it closed, or null
 * @param paused whether an operator stopped it
 */
public record UpstreamState(
        Occupancy slots,
        long queued,
        long retrying,
        @Nullable Instant closedUntil,
        boolean paused) {}
