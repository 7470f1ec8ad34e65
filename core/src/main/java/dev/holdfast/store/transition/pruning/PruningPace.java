package dev.holdfast.store.transition.pruning;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How much a step of {@link Pruning} does and how long the next one waits, so that callers hardly
 * notice it: a step is as large as takes a few milliseconds; while others write it has a small part
 * of the writer's time, a larger one once what is to go is late, so that it keeps up with any load;
 * while nobody writes it does not wait. Not for several threads.
 */
public final class PruningPace {
    /** While others write: one part of so many of the writer's time. */
    static final long PART = 12;

    /** The same once what is to go is late. */
    static final long LATE_PART = 3;

    /** From then on it is late, in microseconds: half an hour. */
    static final long LATE = TimeUnit.MINUTES.toMicros(30);

    private static final int LEAST = 2;

    private final LongSupplier nanos;
    private final long stepNanos;
    private int size = LEAST;
    private long began;
    private long others;

    /**
     * What a step did.
     *
     * @param more whether there may be more to do
     * @param began when it did, in nanoseconds of the pace's clock
     * @param ended when it had, but for its commit
     * @param parts for how many times as long the next one waits
     */
    public record Step(boolean more, long began, long ended, long parts) {
        /** One that had nothing to do. */
        public static final Step NONE = new Step(false, 0, 0, 0);

        /** How long what is more waits, in nanoseconds, where others' writes share its commit. */
        public long pause() {
            return pause(ended);
        }

        /** The same where it had the writer for itself until then. */
        public long pause(long committed) {
            return Math.max(0, committed - began) * parts;
        }
    }

    /**
     * A pace by this clock.
     *
     * @param nanos monotonic, in nanoseconds
     * @param stepNanos what a step is to take: whoever writes meanwhile waits for it
     */
    public PruningPace(LongSupplier nanos, long stepNanos) {
        this.nanos = nanos;
        this.stepNanos = stepNanos;
    }

    /** A step begins. */
    public void begins() {
        began = nanos.getAsLong();
    }

    /** How many jobs it looks at, at most {@link Pruning#MOST_JOBS}; of requests as many each. */
    public int size() {
        return size;
    }

    /**
     * It ends.
     *
     * @param more whether there may be more to do
     * @param late how long the oldest that went could have gone before, in microseconds
     * @param written writes of all so far, this one among them
     */
    public Step ends(boolean more, long late, long written) {
        boolean alone = written - others <= 1;
        others = written;
        long part = late < LATE ? PART : LATE_PART;
        long ended = nanos.getAsLong();
        long took = ended - began;
        size = took > stepNanos ? Math.max(LEAST, size / 2) : size;
        size = took < stepNanos / 2 ? Math.min(Pruning.MOST_JOBS, size * 2) : size;
        return new Step(more, began, ended, alone ? 0 : part - 1);
    }
}
