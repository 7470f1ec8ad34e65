package dev.holdfast.gateway.wire;

import java.util.Collection;
import java.util.concurrent.atomic.LongAdder;

/** How late the event loops of a process are: how long what comes waits until it is read. */
public final class Lateness {
    private final Collection<LoopRounds> loops;
    private final LongAdder refused = new LongAdder();

    Lateness(Collection<LoopRounds> loops) {
        this.loops = loops;
    }

    /** How late the latest of them is now, in nanoseconds. */
    public long nowNanos() {
        long latest = 0;
        for (LoopRounds loop : loops) {
            latest = Math.max(latest, loop.lateNanos());
        }
        return latest;
    }

    /**
     * How much of the time that an answer has left it waits for its event loop. That is half of it
     * at most: answers that are ready go first, and what made the loops late was not those.
     *
     * @param leftNanos in nanoseconds; 0 or less if there is none
     */
    public long ofNanos(long leftNanos) {
        return Math.min(nowNanos(), Math.max(0, leftNanos) / 2);
    }

    /** A request was refused since it came too late to be answered in any other way. */
    public void refused() {
        refused.increment();
    }

    /** Requests that were refused so. */
    public long refusals() {
        return refused.sum();
    }

    /** The latest that one of them was in the last 30 to 60 seconds, in nanoseconds. */
    public long worstNanos() {
        long worst = 0;
        for (LoopRounds loop : loops) {
            worst = Math.max(worst, loop.worstNanos());
        }
        return worst;
    }
}
