package dev.holdfast.store.queue;

/**
 * An upstream's jobs of one priority that wait: first tries and retries, and what due retries have
 * saved up (see {@link FairTurns}). Written by the writer's thread, read by any.
 */
public final class Rank {
    /**
     * One in which there is and was nothing: most partitions have but one class, and no retries.
     */
    public static final Rank NONE = new Rank(Lanes.NONE, Lanes.NONE, 0);

    private volatile Lanes first;
    private volatile Lanes retries;
    private volatile int credit;

    public Rank(Lanes first, Lanes retries, int credit) {
        this.first = first;
        this.retries = retries;
        this.credit = credit;
    }

    /** Jobs that wait for their first call. */
    public Lanes first() {
        return first;
    }

    /** Jobs that wait for another call. */
    public Lanes retries() {
        return retries;
    }

    public Lanes lanes(boolean retry) {
        return retry ? retries : first;
    }

    /** The same to be changed: made now if there were none. */
    Lanes made(boolean retry) {
        if (lanes(retry) == Lanes.NONE) {
            Lanes made = new Lanes(0);
            if (retry) {
                retries = made;
            } else {
                first = made;
            }
        }
        return lanes(retry);
    }

    /** The retries' credit. */
    public int credit() {
        return credit;
    }

    void credit(int left, Undo undo) {
        int before = credit;
        undo.add(() -> credit = before);
        credit = left;
    }

    boolean lanesChanged() {
        return !first.changed().isEmpty() || !retries.changed().isEmpty();
    }

    /** What is on disk is the same now. */
    void forgetChanges() {
        first.forgetChanges();
        retries.forgetChanges();
    }
}
