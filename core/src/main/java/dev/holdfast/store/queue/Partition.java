package dev.holdfast.store.queue;

import org.jspecify.annotations.Nullable;

/**
 * What makes a queue a partition of another one: whose, and its place among the others of that. It
 * is in line as long as its turn may come; else it waits for a time, or for something to happen in
 * it. Written by the writer's thread, read by any.
 */
public final class Partition {
    public final String key;
    private volatile long turn;
    private volatile @Nullable Long line;
    private volatile @Nullable Long wake;
    private volatile boolean fifo;
    private boolean stirred;
    private boolean moved;

    /**
     * A partition as it was kept.
     *
     * @param turn the last that it had
     * @param line its next one, if it may have that
     * @param wake steady microseconds at which it is to be looked at again, or null
     * @param fifo whether its jobs go one after the other
     */
    public Partition(
            String key, long turn, @Nullable Long line, @Nullable Long wake, boolean fifo) {
        this.key = key;
        this.turn = turn;
        this.line = line;
        this.wake = wake;
        this.fifo = fifo;
    }

    /** One that is heard of for the first time. */
    static Partition fresh(String key) {
        Partition fresh = new Partition(key, 0, null, null, false);
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
