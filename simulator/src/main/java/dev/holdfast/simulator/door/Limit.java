package dev.holdfast.simulator.door;

import dev.holdfast.simulator.Bounds;
import java.time.Duration;

/**
 * A simulated service's quota: at most {@code calls} arrivals in any {@code window}, 429 beyond.
 *
 * @param calls the limit; 0 = no quota at all
 * @param window the sliding window's length
 * @param refusedCount whether a call answered 429 takes a place in the window, too
 * @param retryAfter whether the 429 says when to come again
 */
public record Limit(int calls, Duration window, boolean refusedCount, boolean retryAfter) {
    /** The signing API's, as far as it is known; whether refused calls count is not. */
    public static final Limit TEN_A_MINUTE = new Limit(10, Duration.ofSeconds(60), true, false);

    /** None. */
    public static final Limit NONE = new Limit(0, Duration.ofSeconds(60), true, false);

    public Limit {
        Bounds.whole("a quota", calls, 0, Integer.MAX_VALUE);
        Bounds.time("a window", window, Bounds.LONGEST_TIME);
        if (!window.isPositive()) {
            throw new IllegalArgumentException("a window is longer than nothing");
        }
    }

    /** The same with a window that is shorter by this factor. */
    public Limit faster(double speed) {
        return new Limit(calls, Degradation.divide(window, speed), refusedCount, retryAfter);
    }

    /** How it goes: one for each service. */
    public Gate gate() {
        return new Gate(this);
    }

    /** The limit at work. Not for use by several threads. */
    public static final class Gate {
        private final Limit limit;
        private final SlidingWindow counted;
        private final SlidingWindow arrivals;

        private Gate(Limit limit) {
            this.limit = limit;
            this.counted = new SlidingWindow(limit.window);
            this.arrivals = new SlidingWindow(limit.window);
        }

        /** Whether a call that arrives now is within the limit. */
        public boolean admit(long now) {
            arrivals.add(now);
            if (limit.calls == 0) {
                return true;
            }
            boolean within = counted.count(now) < limit.calls;
            if (within || limit.refusedCount) {
                counted.add(now);
            }
            return within;
        }

        /** Calls that could still be made now. */
        public int remaining(long now) {
            return Math.max(0, limit.calls - counted.count(now));
        }

        /** Whole seconds, at least 1, after which one more call may be within the limit. */
        public long retryAfterSeconds(long now) {
            return Math.max(1, counted.untilOneLeaves(now).plusMillis(999).toSeconds());
        }

        /** The most calls that arrived in one window, refused ones included. */
        public int worst() {
            return arrivals.worst();
        }
    }
}
