package dev.holdfast.outbound.body;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that the calls of a process may hold, in bytes, those of all its upstreams together:
 * what each sends, from its claim until what came of it is on disk, and the answers that are read.
 * Safe for use by many threads.
 *
 * <p>Nobody waits for ever: an upstream without a call under way has room for one whatever is
 * taken, and whoever reads a long answer has room for all of it before, so that it ends.
 */
public final class CallMemory {
    /** One without bounds. */
    public static final CallMemory UNBOUNDED =
            new CallMemory(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);

    /** What a call holds by itself: a connection, two heads and the beginning of its answer. */
    public static final int CALL_BYTES = 16 << 10;

    /** What is sent, and an answer, is there as bytes, as text and as what is written of it. */
    static final int COPIES = 3;

    /** Of a heap, for calls and what they send; again for short answers and long ones. */
    private static final int PART_FOR_CALLS = 16;

    private static final int PART_FOR_ANSWERS = 32;

    private final long limit;
    private final AtomicLong taken = new AtomicLong();
    private final ByteTurns shortAnswers;
    private final ByteTurns longAnswers;

    CallMemory(long calls, long shortAnswers, long longAnswers) {
        limit = calls;
        this.shortAnswers = new ByteTurns(shortAnswers);
        this.longAnswers = new ByteTurns(longAnswers);
    }

    /**
     * An eighth of a heap.
     *
     * @param heap its size, in bytes
     */
    public static CallMemory ofHeap(long heap) {
        return new CallMemory(
                heap / PART_FOR_CALLS, heap / PART_FOR_ANSWERS, heap / PART_FOR_ANSWERS);
    }

    /** What a call holds that sends so much, in bytes, without its answer. */
    public static long call(long sent) {
        return CALL_BYTES + COPIES * sent;
    }

    /**
     * Takes room for calls that may be made.
     *
     * @param wanted how many, at least 1
     * @param own what the calls of the same upstream hold, in bytes: they have half of all at most,
     *     so that one that hangs leaves room for others
     * @param each what one of them holds at most, in bytes
     * @return for how many there was room, at most {@code wanted}, and at least one where none of
     *     the same upstream is under way
     */
    public int reserve(int wanted, long own, long each) {
        int least = own == 0 ? 1 : 0;
        while (true) {
            long before = taken.get();
            long free = Math.max(0, Math.min(limit - before, limit / 2 - own));
            long room = Math.max(least, Math.min(wanted, free / each));
            if (taken.compareAndSet(before, before + room * each)) {
                return (int) room;
            }
        }
    }

    /** A call holds so much, in bytes; it has room already. */
    public void take(long bytes) {
        taken.addAndGet(bytes);
    }

    /** So much is free again, in bytes. */
    public void give(long bytes) {
        taken.addAndGet(-bytes);
    }

    /** What calls hold, and answers, in bytes. */
    public long taken() {
        return taken.get() + shortAnswers.taken() + longAnswers.taken();
    }

    ByteTurns shortAnswers() {
        return shortAnswers;
    }

    ByteTurns longAnswers() {
        return longAnswers;
    }
}
