package dev.holdfast.store.transition;

import dev.holdfast.request.Status;
import dev.holdfast.store.sql.BatchSql;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How many lines of each batch are where, as a transaction changes it; written with its commit, a
 * batch once, in the order of their numbers, so that no two transactions wait for each other.
 */
public final class BatchCounts {
    /** Of what has no end yet; the others follow in the order of {@link BatchSql#COUNT}. */
    static final int UNFINISHED = 0;

    private static final int PLACES = 5;

    private final Map<Integer, int[]> changes = new TreeMap<>();

    /**
     * A line's request has another state.
     *
     * @param batch its number; 0 if the request is no line of one
     * @param before null if it was not there
     */
    public void moved(int batch, @Nullable Status before, Status after) {
        if (batch != 0) {
            int[] change = of(batch);
            if (before != null) {
                change[place(before)]--;
            }
            change[place(after)]++;
        }
    }

    /** It may be complete now, though no line has moved. */
    void touch(int batch) {
        of(batch);
    }

    private int[] of(int batch) {
        return changes.computeIfAbsent(batch, _ -> new int[PLACES]);
    }

    private static int place(Status status) {
        return switch (status) {
            case SUCCEEDED -> 1;
            case FAILED -> 2;
            case EXPIRED -> 3;
            case CANCELLED -> 4;
            default -> UNFINISHED;
        };
    }

    /** The batches that changed, in the order of their numbers, and how. */
    Map<Integer, int[]> changes() {
        return changes;
    }

    void forget() {
        changes.clear();
    }
}
