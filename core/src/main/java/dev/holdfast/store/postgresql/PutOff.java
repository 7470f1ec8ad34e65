package dev.holdfast.store.postgresql;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Writes whose upstream somebody else has locked, or whose partition where these are apart: they
 * are tried again and again, apart from all others, so that only they wait. Not for several
 * threads.
 */
final class PutOff {
    /** How long a write waits for a lock that somebody else holds, in nanoseconds. */
    static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(900);

    private final Set<String> contended = new HashSet<>();
    private final Set<String> apart;
    private List<PostgresWrite<?>> waiting = new ArrayList<>();

    /**
     * @param apart upstreams whose partitions are
     */
    PutOff(Set<String> apart) {
        this.apart = apart;
    }

    /** Whether a write waits for the locks of partitions alone. */
    boolean isPartial(PostgresWrite<?> write) {
        return write.partitions != null && apart.containsAll(write.upstreams);
    }

    /** What a write waits for the locks of. */
    private Collection<String> locks(PostgresWrite<?> write) {
        List<String> partitions = write.partitions;
        return partitions == null || partitions.isEmpty() || !isPartial(write)
                ? write.upstreams
                : partitions;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    boolean contains(PostgresWrite<?> write) {
        return waiting.contains(write);
    }

    /** The locks of these were not to be had in time. */
    void add(List<PostgresWrite<?>> batch, long nanos) {
        for (PostgresWrite<?> write : batch) {
            contended.addAll(locks(write));
            if (write.waitsSince == 0) {
                write.waitsSince = Math.max(1, nanos);
            }
        }
        waiting.addAll(batch);
    }

    /** All of them, to be tried again. */
    List<PostgresWrite<?>> take() {
        List<PostgresWrite<?>> again = waiting;
        waiting = new ArrayList<>();
        return again;
    }

    /** Whether a write has waited for long enough to be refused. */
    static boolean isLate(PostgresWrite<?> write, long nanos) {
        return write.waitsSince != 0 && nanos - write.waitsSince > PATIENCE_NANOS;
    }

    /** Whether a write goes alone with those of its upstream. */
    boolean isApart(PostgresWrite<?> write) {
        return !contended.isEmpty() && locks(write).stream().anyMatch(contended::contains);
    }

    /** Their locks were to be had. */
    void had(List<PostgresWrite<?>> batch) {
        if (!contended.isEmpty()) {
            batch.forEach(write -> contended.removeAll(locks(write)));
        }
    }

    /** One batch an upstream. */
    static Collection<List<PostgresWrite<?>>> byUpstream(List<PostgresWrite<?>> batch) {
        Map<Collection<String>, List<PostgresWrite<?>>> together = new LinkedHashMap<>();
        for (PostgresWrite<?> write : batch) {
            together.computeIfAbsent(write.upstreams, _ -> new ArrayList<>()).add(write);
        }
        return together.values();
    }
}
