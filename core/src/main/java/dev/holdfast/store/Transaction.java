package dev.holdfast.store;

import java.util.concurrent.TimeUnit;

/**
 * A batch's transaction as its operations see it: the database, the mirror in memory, one notion of
 * now for each operation.
 */
final class Transaction {
    final Session sql;
    final Backlog backlog;
    final Undo undo = new Undo();
    private final SteadyClock clock;
    private final Clocks clocks;
    private boolean deliveriesDue;

    Transaction(Session sql, Backlog backlog, SteadyClock clock, Clocks clocks) {
        this.sql = sql;
        this.backlog = backlog;
        this.clock = clock;
        this.clocks = clocks;
    }

    /** Steady microseconds. */
    long now() {
        return clock.micros();
    }

    /** Wall milliseconds. */
    long wall() {
        return clocks.wall().millis();
    }

    /** When a span of steady time from now is over, in wall milliseconds. */
    long wallAfter(long micros) {
        return wall() + TimeUnit.MICROSECONDS.toMillis(micros);
    }

    /** Deliveries fell due that no caller is handed. */
    void deliveriesFellDue() {
        deliveriesDue = true;
    }

    boolean deliveriesDue() {
        return deliveriesDue;
    }
}
