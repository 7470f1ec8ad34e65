package dev.holdfast.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one connection that writes jobs, requests, attempts and deliveries, and the backlog in memory
 * that mirrors it. After an error that leaves the file's state uncertain (an I/O error, for
 * instance of fsync) both are made anew from the file.
 */
final class SqliteWriter implements GroupCommit.Transactions {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteWriter.class);

    private final SqliteFile file;
    private final Clocks clocks;
    private final WriteProbe probe;
    private final SteadyClock clock;
    private final Runnable deliveriesDue;
    private @Nullable Session session;
    private volatile Backlog backlog;
    private volatile boolean failing;

    /**
     * Starts to write on a connection that is open.
     *
     * @param beside runs what can be done beside the rest of a start
     * @param deliveriesDue called after a commit by which deliveries fell due
     */
    SqliteWriter(
            SqliteFile file,
            Connection connection,
            Clocks clocks,
            WriteProbe probe,
            Executor beside,
            Runnable deliveriesDue)
            throws SQLException {
        this.file = file;
        this.clocks = clocks;
        this.probe = probe;
        this.deliveriesDue = deliveriesDue;
        Session sql = new Session(connection, probe).inTransactions();
        this.session = sql;
        this.clock = SteadyClock.resume(clocks, lastReading(sql));
        this.backlog = BacklogLoader.load(sql, file, beside);
        sql.rollback();
    }

    SteadyClock clock() {
        return clock;
    }

    Backlog backlog() {
        return backlog;
    }

    @Override
    public SqliteTransaction begin() throws SQLException {
        Session sql = session;
        if (sql == null) {
            sql = reopen();
        }
        try {
            writeClock(sql);
        } catch (SQLException e) {
            failed(e);
            abort(sql, SqliteFile.isConnectionSound(e));
            throw e;
        }
        return new SqliteTransaction(sql, backlog, clock, clocks);
    }

    @Override
    public boolean commit(SqliteTransaction tx) throws SQLException {
        if (tx.changedNothing() && !failing) {
            // After a failure it is written all the same: that tells whether the failure lasts.
            tx.sql.rollback();
            return false;
        }
        for (int client : tx.backlog.changedPending()) {
            tx.sql.update(SqliteSql.WRITE_PENDING, client, tx.backlog.pending(client));
        }
        for (Queue queue : tx.backlog.queues()) {
            if (queue.changed()) {
                tx.sql.update(
                        SqliteSql.WRITE_UPSTREAM,
                        queue.paused() ? 1 : 0,
                        queue.closedUntil(),
                        queue.credit(),
                        queue.first.serving(),
                        queue.retries.serving(),
                        queue.id);
            }
            writeLanes(tx.sql, queue.id, 0, queue.first);
            writeLanes(tx.sql, queue.id, 1, queue.retries);
        }
        writeClock(tx.sql);
        probe.before(WriteProbe.Step.COMMIT);
        tx.sql.commit();
        probe.before(WriteProbe.Step.ANSWER);
        tx.backlog.forgetChanges();
        tx.undo.forget();
        if (failing) {
            failing = false;
            LOG.info("{} can be written again", file.path());
        }
        return true;
    }

    @Override
    public void committed(SqliteTransaction tx) {
        if (tx.deliveriesDue()) {
            deliveriesDue.run();
        }
    }

    @Override
    public void rollback(SqliteTransaction tx, @Nullable SQLException cause) {
        tx.undo.run();
        tx.backlog.forgetChanges();
        boolean sound = cause == null || SqliteFile.isConnectionSound(cause);
        if (cause != null && SqliteFile.isUnavailable(cause)) {
            failed(cause);
        }
        abort(tx.sql, sound);
    }

    @Override
    public boolean isUnavailable(SQLException e) {
        return SqliteFile.isUnavailable(e);
    }

    /** Closes the connection; an open transaction is lost. */
    void disconnect() {
        Session sql = session;
        session = null;
        if (sql != null) {
            try {
                sql.close();
            } catch (SQLException e) {
                LOG.warn("cannot close {}: {}", file.path(), e.getMessage());
            }
        }
    }

    /** The connection between two batches, or null after a failure. */
    @Nullable Session idle() {
        return session;
    }

    private Session reopen() throws SQLException {
        try {
            Session sql = new Session(file.writer(), probe).inTransactions();
            Backlog fresh = BacklogLoader.load(sql);
            fresh.attempts().removeAll(backlog.attempts());
            if (!fresh.attempts().isEmpty()) {
                giveBack(sql, fresh.attempts());
            }
            backlog = BacklogLoader.load(sql);
            sql.rollback();
            session = sql;
            return sql;
        } catch (SQLException e) {
            failed(e);
            throw e;
        }
    }

    /**
     * Undoes claims whose commit was reported as failed but is on disk: nobody makes those calls.
     */
    private void giveBack(Session sql, Set<Long> attempts) throws SQLException {
        sql.rollback();
        for (long attempt : attempts) {
            sql.update(SqliteSql.UNDO_RUN_JOB, clock.micros(), attempt);
            sql.update(SqliteSql.DELETE_ATTEMPT, attempt);
        }
        sql.update(SqliteSql.DELETE_LANES);
        sql.update(SqliteSql.COUNT_LANES);
        sql.commit();
    }

    /**
     * Also the first statement of each transaction: it takes the write lock, so that no reading
     * before a write can turn out to be stale.
     */
    private void writeClock(Session sql) throws SQLException {
        SteadyClock.Reading now = clock.reading();
        sql.update(SqliteSql.WRITE_CLOCK, now.boot(), now.nanos(), now.wallMillis(), now.steady());
    }

    private static void writeLanes(Session sql, int upstream, int retry, Lanes lanes)
            throws SQLException {
        for (int client : lanes.changed()) {
            sql.update(
                    SqliteSql.WRITE_LANE,
                    upstream,
                    retry,
                    client,
                    lanes.last(client),
                    lanes.jobs(client));
        }
    }

    private void abort(Session sql, boolean sound) {
        boolean keep = sound;
        try {
            sql.rollback();
        } catch (SQLException e) {
            LOG.debug("no transaction to roll back", e);
            keep = false;
        }
        if (!keep) {
            disconnect();
        }
    }

    private void failed(SQLException e) {
        if (!failing) {
            failing = true;
            LOG.error("{} cannot be written: {}", file.path(), e.getMessage());
        }
    }

    private static SteadyClock.@Nullable Reading lastReading(Session sql) throws SQLException {
        return sql.first(
                SqliteSql.READ_CLOCK,
                row ->
                        new SteadyClock.Reading(
                                row.getString(1), row.getLong(2), row.getLong(3), row.getLong(4)));
    }
}
