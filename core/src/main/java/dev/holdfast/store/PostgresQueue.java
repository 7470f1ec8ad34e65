package dev.holdfast.store;

/** An upstream and its two queues, as read under the lock of its row and written back with it. */
final class PostgresQueue {
    final int id;
    final String name;
    final Lanes first;
    final Lanes retries;
    private boolean paused;
    private long closedUntil;
    private int credit;
    private int running;
    private boolean changed;

    PostgresQueue(
            int id,
            String name,
            Lanes first,
            Lanes retries,
            boolean paused,
            long closedUntil,
            int credit,
            int running) {
        this.id = id;
        this.name = name;
        this.first = first;
        this.retries = retries;
        this.paused = paused;
        this.closedUntil = closedUntil;
        this.credit = credit;
        this.running = running;
    }

    boolean paused() {
        return paused;
    }

    void pause(boolean paused) {
        this.paused = paused;
        changed = true;
    }

    /** Microseconds of the database's clock. */
    long closedUntil() {
        return closedUntil;
    }

    void close(long until) {
        closedUntil = Math.max(closedUntil, until);
        changed = true;
    }

    int credit() {
        return credit;
    }

    /** Slots were given away. */
    void served(int credit) {
        this.credit = credit;
        changed = true;
    }

    int running() {
        return running;
    }

    void running(int change) {
        running += change;
        changed = true;
    }

    /** Whether its row has to be written. */
    boolean changed() {
        return changed;
    }

    /** Jobs that wait. */
    long waiting() {
        return first.jobs() + retries.jobs();
    }

    /** Jobs that are not finished. */
    long unfinished() {
        return waiting() + running;
    }
}
