package dev.holdfast.store;

import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A transaction as the operations see it that are the same in SQLite and in PostgreSQL: the
 * database, one notion of now, the queues, and what the two keep in different ways.
 */
abstract class Transaction {
    final Session sql;

    /** How to take back what memory mirrors. */
    final Undo undo = new Undo();

    private boolean deliveriesDue;

    Transaction(Session sql) {
        this.sql = sql;
    }

    /** Steady microseconds. */
    abstract long now();

    /** Wall milliseconds. */
    abstract long wall();

    /** When a span of steady time from now is over, in wall milliseconds. */
    final long wallAfter(long micros) {
        return wall() + TimeUnit.MICROSECONDS.toMillis(micros);
    }

    /** The queue of an upstream that is known to exist, and locked where there are locks. */
    abstract Queue queue(int upstream);

    /** A client has more unfinished requests, or less. */
    abstract void pending(int client, int change);

    /** A client's unfinished requests. */
    abstract int pending(int client) throws SQLException;

    /** There are more deliveries pending, or less. */
    abstract void deliveries(int change);

    /** Deliveries fell due that no caller is handed. */
    final void deliveriesFellDue() {
        deliveriesDue = true;
    }

    final boolean deliveriesDue() {
        return deliveriesDue;
    }

    /**
     * Settles a call that is in flight, now.
     *
     * @return false if it is not in flight, or not that job's
     */
    abstract boolean settleAttempt(Settlement settlement) throws SQLException;

    /**
     * Takes a call out of the ledger that is in flight and was not made.
     *
     * @return false if it is not in flight
     */
    abstract boolean deleteAttempt(long attempt) throws SQLException;

    /** A job that is under way, or whose result serves as cache. */
    abstract @Nullable Job find(JobKey key) throws SQLException;

    /** Queues a failed job's call anew for one request, and answers the new job's number. */
    abstract long queueAnew(Job failed, Ends.Key request) throws SQLException;

    /** A job has gone to another upstream's queue. */
    abstract void movedTo(Queue queue, Job job) throws SQLException;

    /** A job has moved on: whoever waits for it wants to know. */
    abstract void changed(Job job);

    /** A job has its end; as cache, it is still found by its key. */
    abstract void finished(Job job, boolean cached) throws SQLException;

    /** A job's row is gone. */
    abstract void forgotten(Job job) throws SQLException;

    /**
     * Adds a delivery that tells of a request's end.
     *
     * @param leased whether it is handed to the caller until {@code due}
     * @param due steady microseconds
     */
    abstract void addDelivery(
            UUID id, int client, UUID request, Status end, boolean leased, long due)
            throws SQLException;

    /**
     * Ends the deliveries of a request that are pending.
     *
     * @return how many
     */
    abstract int endDeliveries(Ends.Key request) throws SQLException;
}
