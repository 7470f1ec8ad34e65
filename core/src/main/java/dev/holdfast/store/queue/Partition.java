package dev.holdfast.store.queue;

import org.jspecify.annotations.Nullable;

/**
 * What makes a queue a partition of another one: whose, and its place among the others of that. It
 * is in line as long as its turn may come; else it waits for a time, or for something to happen in
 * it. Written by the writer's thread, read by any.
 */
public final class Partition {
    /** Bits that count of how much waits, where that tells which is listed first. */
    private static final int LISTED_BITS = 4;

    public final String key;
    private volatile long turn;
    private volatile @Nullable Long line;
    private volatile @Nullable Long wake;
    private volatile boolean fifo;
    private volatile long busy;
    private boolean stirred;
    private boolean moved;

    /**
     * A partition as it was kept.
     *
     * @param turn the last that it had
     * @param line its next one, if it may have that
     * @param wake steady microseconds at which it is to be looked at again, or null
     * @param fifo whether its jobs go one after the other
     * @param busy how much waits in it, as {@link #busy()} has it
     */
    public Partition(
            String key,
            long turn,
            @Nullable Long line,
            @Nullable Long wake,
            boolean fifo,
            long busy) {
        this.key = key;
        this.turn = turn;
        this.line = line;
        this.wake = wake;
        this.fifo = fifo;
        this.busy = busy;
    }

    /** One that is heard of for the first time. */
    static Partition fresh(String key) {
        Partition fresh = new Partition(key, 0, null, null, false, 0);
        fresh.stir();
        return fresh;
    }

    public long turn() {
        return turn;
    }

    /** Its next turn, while it may have it. */
    public @Nullable Long line() {
        return line;
    }

    /** Steady microseconds at which it is to be looked at again, or null. */
    public @Nullable Long wake() {
        return wake;
    }

    /** Whether its jobs go one after the other, each until it has its end. */
    public boolean fifo() {
        return fifo;
    }

    public void fifo(boolean oneAfterTheOther, Undo undo) {
        if (fifo != oneAfterTheOther) {
            boolean before = fifo;
            undo.add(() -> fifo = before);
            fifo = oneAfterTheOther;
            moved = true;
        }
    }

    /**
     * How much waits in it, by which it is listed: the number of jobs as far as its first four
     * bits, which is within an eighth, so that not each of very many is another one.
     */
    public long busy() {
        return busy;
    }

    /** So many jobs wait in it. */
    public void waits(long jobs, Undo undo) {
        int small = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(jobs) - LISTED_BITS);
        long now = jobs >>> small << small;
        if (busy != now) {
            long before = busy;
            undo.add(() -> busy = before);
            busy = now;
            moved = true;
        }
    }

    /** Something happened in it: what is known of when its turn comes may not be so any more. */
    public void stir() {
        stirred = true;
    }

    /** Whether something happened in it since this was asked. */
    public boolean wasStirred() {
        boolean was = stirred;
        stirred = false;
        return was;
    }

    /** It is in line for this turn. */
    public void lineUp(long next, Undo undo) {
        place(turn, next, null, undo);
    }

    /** It waits for a time, or for something to happen in it if that is null. */
    public void sleep(@Nullable Long until, Undo undo) {
        place(turn, null, until, undo);
    }

    /** It had turns, the last of which is this, and is in line for the next. */
    public void served(long last, long next, Undo undo) {
        place(last, next, null, undo);
    }

    private void place(long last, @Nullable Long next, @Nullable Long until, Undo undo) {
        long turnBefore = turn;
        Long lineBefore = line;
        Long wakeBefore = wake;
        undo.add(
                () -> {
                    turn = turnBefore;
                    line = lineBefore;
                    wake = wakeBefore;
                });
        turn = last;
        line = next;
        wake = until;
        moved = true;
    }

    /** Whether its place has to be written. */
    public boolean moved() {
        return moved;
    }

    /** What is on disk is the same now. */
    public void forgetMoves() {
        moved = false;
    }
}
