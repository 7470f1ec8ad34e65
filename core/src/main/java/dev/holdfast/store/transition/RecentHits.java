package dev.holdfast.store.transition;

import dev.holdfast.store.NewRequest;
import dev.holdfast.store.sql.Micros;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How many asks of each client were answered from the cache and kept all the same, since a webhook,
 * an Idempotency-Key or a reference goes with them. They take neither a slot nor a place in a
 * queue, but each is a row until the retention ends: a client may have as many in an hour as it may
 * have unfinished, and {@link #ALWAYS} in any case. Counts what one process keeps; on the writer's
 * thread.
 */
public final class RecentHits {
    /** What is counted together. */
    public static final Duration WITHIN = Duration.ofHours(1);

    /** What every client may have, however little it may have unfinished. */
    public static final int ALWAYS = 1_000;

    private final Map<Integer, Integer> counts = new HashMap<>();
    private long until = Long.MIN_VALUE;

    /**
     * Counts one more; false if the client has had as many as it may.
     *
     * @param now steady microseconds
     */
    public boolean count(NewRequest ask, long now) {
        if (ask.webhook() == null && ask.idempotency() == null && ask.clientRequestId() == null) {
            return true; // the next one like it comes from memory
        }
        if (now >= until) {
            counts.clear();
            until = now + Micros.of(WITHIN);
        }
        int before = counts.getOrDefault(ask.client(), 0);
        if (before >= Math.max(ALWAYS, ask.maxPending())) {
            return false;
        }
        counts.put(ask.client(), before + 1);
        return true;
    }
}
