package dev.holdfast.store.queue;

import dev.holdfast.request.Status;

/**
 * An upstream's row and its two queues, as a transaction sees and changes them. Written by the
 * writer's thread only; what SQLite keeps in memory may be read from any.
 */
public final class Queue {
    public final int id;
    public final String name;
    public final Lanes first;
    public final Lanes retries;

    /** The ledger that its calls count in. */
    private volatile int ledger;

    private volatile boolean paused;
    private volatile long closedUntil;
    private volatile long unauthorizedSince;
    private volatile long absentSince;
    private volatile long absentUntil;
    private int credit;
    private volatile int running;
    private boolean changed;

    public Queue(
            int id,
            String name,
            int ledger,
            Lanes first,
            Lanes retries,
            boolean paused,
            long closedUntil,
            long unauthorizedSince,
            long absentSince,
            long absentUntil,
            int credit,
            int running) {
        this.id = id;
        this.name = name;
        this.ledger = ledger;
        this.first = first;
        this.retries = retries;
        this.paused = paused;
        this.closedUntil = closedUntil;
        this.unauthorizedSince = unauthorizedSince;
        this.absentSince = absentSince;
        this.absentUntil = absentUntil;
        this.credit = credit;
        this.running = running;
    }

    /** Of an upstream that is heard of for the first time. */
    public static Queue empty(int id, String name, int ledger) {
        return new Queue(id, name, ledger, new Lanes(0), new Lanes(0), false, 0, 0, 0, 0, 0, 0);
    }

    public int ledger() {
        return ledger;
    }

    /** What it calls is another than it was; that is on disk already. */
    public void ledger(int other, Undo undo) {
        int before = ledger;
        undo.add(() -> ledger = before);
        ledger = other;
    }

    public boolean paused() {
        return paused;
    }

    /** Resuming what is not paused ends the wait after a 429 or a 401. */
    public void pause(boolean paused, Undo undo) {
        if (!paused && !this.paused) {
            open(undo);
        }
        boolean before = this.paused;
        undo.add(() -> this.paused = before);
        this.paused = paused;
        changed = true;
    }

    /** Steady microseconds. */
    public long closedUntil() {
        return closedUntil;
    }

    public void close(long until, Undo undo) {
        closedUntil(Math.max(closedUntil, until), undo);
    }

    /** Since when the credential is refused, in steady microseconds; 0 if it is not. */
    public long unauthorizedSince() {
        return unauthorizedSince;
    }

    /** The credential was refused; a probe that finds it still so has set the next one already. */
    public void refuse(long now, Undo undo) {
        if (unauthorizedSince == 0) {
            unauthorizedSince(now, undo);
            close(Probes.next(now, now), undo);
        }
    }

    /** A single call leaves to find out whether the credential is still refused. */
    public void probed(long now, Undo undo) {
        close(Probes.next(unauthorizedSince, now), undo);
    }

    /** A refused credential is tried again at once, and so is one that was not at home. */
    public void probeNow(Undo undo) {
        if (unauthorizedSince > 0) {
            closedUntil(0, undo);
        }
        if (absentSince > 0) {
            absence(absentSince, 0, undo);
        }
    }

    /** Since when nobody is at home, in steady microseconds; 0 if somebody is. */
    public long absentSince() {
        return absentSince;
    }

    /** Before when nobody looks whether that is still so, in steady microseconds. */
    public long absentUntil() {
        return absentUntil;
    }

    /** Nobody is at home; whoever looked and found it still so has set the next time already. */
    public void absent(long now, long pause, Undo undo) {
        if (absentSince == 0) {
            absence(now, now + pause, undo);
        }
    }

    /** A single call leaves to find out whether still nobody is at home. */
    public void lookedForAt(long next, Undo undo) {
        absence(absentSince, next, undo);
    }

    /** Somebody answered. */
    public void present(Undo undo) {
        if (absentSince > 0) {
            absence(0, 0, undo);
        }
    }

    private void absence(long since, long until, Undo undo) {
        long sinceBefore = absentSince;
        long untilBefore = absentUntil;
        undo.add(
                () -> {
                    absentSince = sinceBefore;
                    absentUntil = untilBefore;
                });
        absentSince = since;
        absentUntil = until;
        changed = true;
    }

    /**
     * A call was taken that left at {@code left}: if the credential was refused by then, it is not
     * any more.
     */
    public void authorized(long left, Undo undo) {
        if (unauthorizedSince > 0 && left >= unauthorizedSince) {
            open(undo);
        }
    }

    /** It is left alone no longer. */
    private void open(Undo undo) {
        present(undo);
        closedUntil(0, undo);
        unauthorizedSince(0, undo);
    }

    private void closedUntil(long until, Undo undo) {
        long before = closedUntil;
        undo.add(() -> closedUntil = before);
        closedUntil = until;
        changed = true;
    }

    private void unauthorizedSince(long since, Undo undo) {
        long before = unauthorizedSince;
        undo.add(() -> unauthorizedSince = before);
        unauthorizedSince = since;
        changed = true;
    }

    public int credit() {
        return credit;
    }

    /** Slots were given away. */
    public void served(int credit, Undo undo) {
        int before = this.credit;
        undo.add(() -> this.credit = before);
        this.credit = credit;
        changed = true;
    }

    public int running() {
        return running;
    }

    public void running(int change, Undo undo) {
        int before = running;
        undo.add(() -> running = before);
        running = before + change;
        changed = true;
    }

    /** A job leaves the queue it waits in to run. */
    public void run(Job job, Undo undo) {
        (job.status() == Status.QUEUED ? first : retries).serve(job.client(), job.turn(), undo);
        running(1, undo);
    }

    /** A job that is not finished leaves for good. */
    public void leave(Job job, Undo undo) {
        switch (job.status()) {
            case QUEUED -> first.remove(job.client(), job.turn(), undo);
            case RETRYING -> retries.remove(job.client(), job.turn(), undo);
            case RUNNING -> running(-1, undo);
            case SUCCEEDED, FAILED, EXPIRED, CANCELLED ->
                    throw new IllegalStateException("job " + job.id() + " has ended before");
        }
    }

    /** Whose turn a job has. */
    public record Turn(int client, long turn) {}

    /** One more client wants a job; if that client's turn comes sooner, the job gets it. */
    public Turn join(Job job, int client, Undo undo) {
        long mine = first.next(client);
        if (job.status() != Status.QUEUED || mine >= job.turn()) {
            return new Turn(job.client(), job.turn());
        }
        first.remove(job.client(), job.turn(), undo);
        first.add(client, mine, undo);
        return new Turn(client, mine);
    }

    /** Jobs that wait. */
    public long waiting() {
        return first.jobs() + retries.jobs();
    }

    /** Jobs that are not finished. */
    public long unfinished() {
        return waiting() + running;
    }

    /** Whether its row has to be written; the lanes know that themselves. */
    public boolean changed() {
        return changed;
    }

    /** Whether a lane changed, and with it how many jobs wait. */
    public boolean lanesChanged() {
        return !first.changed().isEmpty() || !retries.changed().isEmpty();
    }

    /** What is on disk is the same now. */
    public void forgetChanges() {
        changed = false;
        first.changed().clear();
        retries.changed().clear();
    }
}
