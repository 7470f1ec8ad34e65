package dev.holdfast.store;

import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A transaction as the operations see it that are the same in SQLite and in PostgreSQL: the
 * database, one notion of now, the queues, and what the two keep in different ways.
 */
interface Transaction {
    Session sql();

    /** How to take back what memory mirrors. */
    Undo undo();

    /** Steady microseconds. */
    long now();

    /** Wall milliseconds. */
    long wall();

    /** When a span of steady time from now is over, in wall milliseconds. */
    long wallAfter(long micros);

    /** The queue of an upstream that is known to exist, and locked where there are locks. */
    Queue queue(int upstream);

    /** A client has more unfinished requests, or less. */
    void pending(int client, int change);

    /** There are more deliveries pending, or less. */
    void deliveries(int change);

    /** Deliveries fell due that no caller is handed. */
    void deliveriesFellDue();

    /**
     * Settles a call that is in flight, now.
     *
     * @return false if it is not in flight, or not that job's
     */
    boolean settleAttempt(Settlement settlement) throws SQLException;

    /** A job that is under way, or whose result serves as cache. */
    @Nullable Job find(JobKey key) throws SQLException;

    /** Queues a failed job's call anew for one request, and answers the new job's number. */
    long queueAnew(Job failed, Ends.Key request) throws SQLException;

    /** A job has moved on: whoever waits for it wants to know. */
    void changed(Job job);

    /** A job has its end; as cache, it is still found by its key. */
    void finished(Job job, boolean cached) throws SQLException;

    /** A job's row is gone. */
    void forgotten(Job job) throws SQLException;

    /**
     * Adds a delivery that tells of a request's end.
     *
     * @param leased whether it is handed to the caller until {@code due}
     * @param due steady microseconds
     */
    void addDelivery(UUID id, int client, UUID request, Status end, boolean leased, long due)
            throws SQLException;

    /**
     * Ends the deliveries of a request that are pending.
     *
     * @return how many
     */
    int endDeliveries(Ends.Key request) throws SQLException;
}
