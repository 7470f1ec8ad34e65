package dev.holdfast.store;

import java.sql.SQLException;

/**
 * Finds jobs by the first 64 bits of their key: an open-addressing table of primitives (16 bytes a
 * slot, at most three quarters full). A find is a guess that the caller verifies on the job's row.
 * It spares the database an index whose entries come in random order. Not for several threads.
 */
final class JobIndex {
    private static final int SMALLEST = 1 << 10;

    private long[] keys = new long[SMALLEST];

    /** 0 marks a free slot; jobs are numbered from 1. */
    private long[] jobs = new long[SMALLEST];

    private int size;

    /** Looks at a job's row. */
    @FunctionalInterface
    interface Test {
        boolean passes(long job) throws SQLException;
    }

    int size() {
        return size;
    }

    void add(long key, long job) {
        if (4L * (size + 1) > 3L * keys.length) {
            grow();
        }
        insert(key, job);
        size++;
    }

    /** The first job with this key that passes, or 0. */
    long find(long key, Test test) throws SQLException {
        int mask = keys.length - 1;
        for (int at = home(key, mask); jobs[at] != 0; at = (at + 1) & mask) {
            if (keys[at] == key && test.passes(jobs[at])) {
                return jobs[at];
            }
        }
        return 0;
    }

    boolean remove(long key, long job) {
        int mask = keys.length - 1;
        for (int at = home(key, mask); jobs[at] != 0; at = (at + 1) & mask) {
            if (keys[at] == key && jobs[at] == job) {
                close(at, mask);
                size--;
                return true;
            }
        }
        return false;
    }

    /** Moves later entries of the run into the gap, so that no run has a hole. */
    private void close(int gap, int mask) {
        int hole = gap;
        for (int at = (hole + 1) & mask; jobs[at] != 0; at = (at + 1) & mask) {
            int distance = (at - home(keys[at], mask)) & mask;
            if (distance >= ((at - hole) & mask)) {
                keys[hole] = keys[at];
                jobs[hole] = jobs[at];
                hole = at;
            }
        }
        jobs[hole] = 0;
    }

    private void insert(long key, long job) {
        int mask = keys.length - 1;
        int at = home(key, mask);
        while (jobs[at] != 0) {
            at = (at + 1) & mask;
        }
        keys[at] = key;
        jobs[at] = job;
    }

    private void grow() {
        long[] oldKeys = keys;
        long[] oldJobs = jobs;
        keys = new long[oldKeys.length * 2];
        jobs = new long[oldKeys.length * 2];
        for (int i = 0; i < oldJobs.length; i++) {
            if (oldJobs[i] != 0) {
                insert(oldKeys[i], oldJobs[i]);
            }
        }
    }

    /** The key is a hash already; its low bits do. */
    private static int home(long key, int mask) {
        return (int) key & mask;
    }
}
