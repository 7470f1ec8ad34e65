package dev.holdfast.store.transition;

import dev.holdfast.store.Contents;
import dev.holdfast.store.StoreOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How much each client keeps: counted now and then, and what this process wrote since. Safe for
 * many threads.
 */
final class KeptBytes {
    private final long most;
    private final long mostOfClient;
    private final LongSupplier nanos;

    // Under the lock of this.
    private Map<Integer, Long> counted = Map.of();
    private long countedAll;
    private Map<Integer, Long> since = new HashMap<>();
    private long sinceAll;
    private @Nullable Map<Integer, Long> later;
    private @Nullable Long countedAt;

    /**
     * @param nanos a clock that never runs backwards, in nanoseconds
     */
    KeptBytes(StoreOptions options, LongSupplier nanos) {
        most = options.maxKeptBytes();
        mostOfClient = options.maxClientKeptBytes();
        this.nanos = nanos;
    }

    synchronized void wrote(int client, int bytes) {
        since.merge(client, (long) bytes, Long::sum);
        sinceAll += bytes;
        if (later != null) {
            later.merge(client, (long) bytes, Long::sum);
        }
    }

    synchronized Contents.Room room(int client) {
        if (countedAll + sinceAll >= most) {
            return Contents.Room.ALL_FULL;
        }
        long kept = counted.getOrDefault(client, 0L) + since.getOrDefault(client, 0L);
        return kept >= mostOfClient ? Contents.Room.CLIENT_FULL : Contents.Room.ENOUGH;
    }

    private boolean wantsCount() {
        return later == null
                && (countedAt == null
                        || nanos.getAsLong() - countedAt >= Contents.COUNT_AGAIN.toNanos());
    }

    /** As {@link #begin}, if the last count is old. */
    synchronized boolean beginAgain() {
        return wantsCount() && begin();
    }

    /** Whoever counts reads it now; false if somebody does already. */
    synchronized boolean begin() {
        if (later != null) {
            return false;
        }
        later = new HashMap<>();
        return true;
    }

    /** That is what there is; null if it could not be read. */
    synchronized void end(@Nullable Map<Integer, Long> kept) {
        countedAt = nanos.getAsLong();
        Map<Integer, Long> meanwhile = later == null ? new HashMap<>() : later;
        later = null;
        if (kept != null) {
            counted = kept;
            countedAll = sum(kept);
            since = meanwhile;
            sinceAll = sum(meanwhile);
        }
    }

    private static long sum(Map<Integer, Long> bytes) {
        return bytes.values().stream().mapToLong(Long::longValue).sum();
    }
}
