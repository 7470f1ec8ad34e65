package dev.holdfast.store.queue;

/**
 * An upstream's jobs of one priority that wait: first tries and retries, and what due retries have
 * saved up (see {@link FairTurns}). Written by the writer's thread, read by any.
 */
public final class Line {
    public final Lanes first;
    public final Lanes retries;
    private volatile int credit;

    public Line(Lanes first, Lanes retries, int credit) {
        this.first = first;
        this.retries = retries;
        this.credit = credit;
    }

    static Line empty() {
        return new Line(new Lanes(0), new Lanes(0), 0);
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
