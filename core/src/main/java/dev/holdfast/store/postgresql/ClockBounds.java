package dev.holdfast.store.postgresql;

import java.util.concurrent.TimeUnit;

/**
 * What one replica knows of steady time by its own monotonic clock: by how much the one is ahead of
 * the other, between two bounds that each reading narrows. Pure but for what it remembers; all in
 * microseconds. See decision 25.
 */
final class ClockBounds {
    /** A smaller difference is no step; slots are guarded by as much. */
    static final long TOLERANCE = TimeUnit.MILLISECONDS.toMicros(10);

    /** Clocks that are slewed differ by less than one part in so many. */
    static final long DRIFT_PARTS = 1_000;

    /** By how much a correction may hold time back at most: as long as a round trip takes. */
    static final long LONGEST_HELD_BACK = TimeUnit.SECONDS.toMicros(10);

    private long least;
    private long most;
    private long readAt;
    private long version;
    private boolean known;
    private volatile long offset;

    /**
     * A reading of steady time, made some time between two readings of the local clock.
     *
     * @param corrections how often steady time was corrected by then
     * @return 0 if it is believed, else what to correct steady time by: nothing may be decided by
     *     this reading
     */
    synchronized long read(long before, long after, long steady, long corrections) {
        long low = steady - after;
        long high = steady - before;
        long drift = Math.max(0, after - readAt) / DRIFT_PARTS;
        // A reading under way when another thread's was told of a correction knows less than this.
        boolean corrected = corrections > version;
        if (known) {
            long slack = TOLERANCE + drift;
            // More may have passed than the clock here saw, if this machine slept, and a correction
            // may hold time back for a round trip. It stays so: what settled meanwhile would be
            // free too early if time caught up. But less than that cannot have passed.
            boolean ahead = !corrected && low > most + slack;
            boolean behind = high < least - slack - (corrected ? LONGEST_HELD_BACK : 0);
            if (ahead || behind) {
                // By as much as is sure: time may stand still for a round trip, never go ahead.
                return least - drift - high;
            }
        }
        long from = Math.max(low, least - drift);
        long to = Math.min(high, most + drift);
        boolean agree = known && !corrected && from <= to;
        least = agree ? from : low;
        most = agree ? to : high;
        known = true;
        readAt = after;
        version = Math.max(version, corrections);
        offset = least + (most - least) / 2;
        return 0;
    }

    /** How far steady time is ahead of the local clock, as far as one can tell. */
    long offset() {
        return offset;
    }
}
