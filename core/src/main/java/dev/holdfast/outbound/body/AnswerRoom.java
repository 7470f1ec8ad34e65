package dev.holdfast.outbound.body;

import java.util.ArrayList;
import java.util.List;

/**
 * The memory that one answer takes, from its first bytes until what it says is on disk. It is asked
 * for what is read on one event loop, and ends on any thread.
 */
public final class AnswerRoom {
    /** So much of each answer belongs to its call. */
    static final int FREE_BYTES = 4 << 10;

    /**
     * Of an answer that does not say its length so much is read before there is room for all that
     * it may have: a usual one needs not more.
     */
    static final int SHORT_BYTES = 64 << 10;

    private final CallMemory memory;
    private final List<Held> held = new ArrayList<>(2);
    private long allowed = FREE_BYTES;
    private boolean ended;

    private record Held(ByteTurns turns, ByteTurns.Place place) {}

    public AnswerRoom(CallMemory memory) {
        this.memory = memory;
    }

    /**
     * Whether there is room.
     *
     * @param bytes of the answer that are or will be in memory, as far as is known
     * @param isAll whether it has no more than that
     * @param most bytes of it at most
     * @param then run on any thread when there may be, if there is not; ask again then
     */
    public synchronized boolean has(long bytes, boolean isAll, long most, Runnable then) {
        if (bytes > allowed && !ended) {
            boolean isShort = bytes <= SHORT_BYTES;
            long all = isAll ? bytes : isShort ? Math.min(SHORT_BYTES, most) : most;
            allowed = Math.max(bytes, all);
            ByteTurns turns = isShort ? memory.shortAnswers() : memory.longAnswers();
            held.add(new Held(turns, turns.want(CallMemory.COPIES * all, then)));
        }
        return ended || held.stream().allMatch(each -> each.turns.isGiven(each.place));
    }

    /** It is over. */
    public void end() {
        List<Held> all;
        synchronized (this) {
            ended = true;
            all = List.copyOf(held);
            held.clear();
        }
        all.forEach(each -> each.turns.end(each.place));
    }
}
