package dev.holdfast.store.transition;

import dev.holdfast.store.NewRequest;
import dev.holdfast.store.sql.Micros;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How many asks of each client were answered from the cache and kept all the same, since a webhook,
 * an Idempotency-Key or a reference goes with them or they are lines of a batch. They take neither
 * a slot nor a place in a queue, but each is a row until the retention ends: a client may have as
 * many in an hour as it may have unfinished, and {@link #ALWAYS} in any case. Counts what one
 * process keeps; on the writer's thread.
 */
public final class RecentHits {
    /** What is counted together. */
    public static final Duration WITHIN = Duration.ofHours(1);

    /** What every client may have, however little it may have unfinished. */
    public static final int ALWAYS = 1_000;

    private final Map<Integer, Integer> counts = new HashMap<>();
    private long until = Long.MIN_VALUE;

    /**
     * Whether the client may have one more.
     *
     * @param now steady microseconds
     */
    public boolean open(NewRequest ask, long now) {
        if (now >= until) {
            counts.clear();
            until = now + Micros.of(WITHIN);
        }
        return !counts(ask)
                || counts.getOrDefault(ask.client(), 0) < Math.max(ALWAYS, ask.maxPending());
    }

    /** It has had one more. */
    public void count(NewRequest ask) {
        if (counts(ask)) {
            counts.merge(ask.client(), 1, Integer::sum);
        }
    }

    /** If not, the next one like it comes from memory. */
    private static boolean counts(NewRequest ask) {
        return ask.webhook() != null
                || ask.idempotency() != null
                || ask.clientRequestId() != null
                || ask.batch() != null;
    }
}
