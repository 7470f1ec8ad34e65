package dev.holdfast.store.sqlite;

import java.sql.SQLException;

/**
 * Finds jobs by their key: an open-addressing table of primitives, one long for a job, at most
 * three quarters full. A slot holds 24 bits of the key and the job's number, so that a find is a
 * guess which the caller verifies on the job's row. It spares the database an index whose entries
 * come in random order. Not for several threads.
 */
final class JobIndex {
    /** Bits of a slot that hold the job's number: enough for 30,000 jobs a second for a year. */
    static final int JOB_BITS = 40;

    private static final long JOB_MASK = (1L << JOB_BITS) - 1;
    private static final int SMALLEST_BITS = 10;

    /** Slots to begin with at most: 32 MB; more are made when they are needed. */
    private static final int LARGEST_FIRST_BITS = 22;

    /** Spreads the key's bits over the table (Knuth's multiplicative hashing). */
    private static final long SPREAD = 0x9E37_79B9_7F4A_7C15L;

    private int bits;

    /** 0 marks a free slot; jobs are numbered from 1. */
    private long[] slots;

    private int size;

    JobIndex() {
        this(0);
    }

    /** With room for so many jobs without growing. */
    JobIndex(long expected) {
        bits = SMALLEST_BITS;
        while (bits < LARGEST_FIRST_BITS && 4 * expected > 3L << bits) {
            bits++;
        }
        slots = new long[1 << bits];
    }

    /** Looks at a job's row. */
    @FunctionalInterface
    interface Test {
        boolean passes(long job) throws SQLException;
    }

    int size() {
        return size;
    }

    void add(long key, long job) {
        load(slot(key, job));
    }

    /** Adds {@code (key << JOB_BITS) | job}. */
    void load(long slot) {
        if (4L * (size + 1) > 3L * slots.length) {
            grow();
        }
        insert(slot);
        size++;
    }

    /** The first job with this key that passes, or 0. */
    long find(long key, Test test) throws SQLException {
        long wanted = slot(key, 0);
        int mask = slots.length - 1;
        for (int at = home(wanted); slots[at] != 0; at = (at + 1) & mask) {
            long job = slots[at] & JOB_MASK;
            if ((slots[at] ^ job) == wanted && test.passes(job)) {
                return job;
            }
        }
        return 0;
    }

    boolean remove(long key, long job) {
        long wanted = slot(key, job);
        int mask = slots.length - 1;
        for (int at = home(wanted); slots[at] != 0; at = (at + 1) & mask) {
            if (slots[at] == wanted) {
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
        for (int at = (hole + 1) & mask; slots[at] != 0; at = (at + 1) & mask) {
            int distance = (at - home(slots[at])) & mask;
            if (distance >= ((at - hole) & mask)) {
                slots[hole] = slots[at];
                hole = at;
            }
        }
        slots[hole] = 0;
    }

    private void insert(long slot) {
        int mask = slots.length - 1;
        int at = home(slot);
        while (slots[at] != 0) {
            at = (at + 1) & mask;
        }
        slots[at] = slot;
    }

    private void grow() {
        long[] old = slots;
        bits++;
        slots = new long[1 << bits];
        for (long slot : old) {
            if (slot != 0) {
                insert(slot);
            }
        }
    }

    private int home(long slot) {
        return (int) (((slot >>> JOB_BITS) * SPREAD) >>> (Long.SIZE - bits));
    }

    private static long slot(long key, long job) {
        return (key << JOB_BITS) | job;
    }
}
