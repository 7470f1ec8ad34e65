package dev.holdfast.store.queue;

/**
 * An upstream's jobs of one priority that wait: first tries and retries, and what due retries have
 * saved up (see {@link FairTurns}). Written by the writer's thread, read by any.
 */
public final class Rank {
    public final Lanes first;
    public final Lanes retries;
    private volatile int credit;

    public Rank(Lanes first, Lanes retries, int credit) {
        this.first = first;
        this.retries = retries;
        this.credit = credit;
    }

    static Rank empty() {
        return new Rank(new Lanes(0), new Lanes(0), 0);
    }

    public Lanes lanes(boolean retry) {
        return retry ? retries : first;
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
}
