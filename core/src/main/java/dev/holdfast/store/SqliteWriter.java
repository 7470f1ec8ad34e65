package dev.holdfast.store;

import java.sql.SQLException;
import java.util.Set;
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
     * Opens it.
     *
     * @param deliveriesDue called after a commit by which deliveries fell due
     */
    SqliteWriter(SqliteFile file, Clocks clocks, WriteProbe probe, Runnable deliveriesDue)
            throws SQLException {
        this.file = file;
        this.clocks = clocks;
        this.probe = probe;
        this.deliveriesDue = deliveriesDue;
        Session sql = new Session(file.writer(), probe);
        this.session = sql;
        this.clock = SteadyClock.resume(clocks, lastReading(sql));
        this.backlog = BacklogLoader.load(sql);
    }

    SteadyClock clock() {
        return clock;
    }

    Backlog backlog() {
        return backlog;
    }

    @Override
    public Transaction begin() throws SQLException {
        Session sql = session;
        if (sql == null) {
            sql = reopen();
        }
        sql.run(SqliteSql.BEGIN);
        return new Transaction(sql, backlog, clock, clocks);
    }

    @Override
    public void commit(Transaction tx) throws SQLException {
        Set<Integer> changed = tx.backlog.changedPending();
        for (int client : changed) {
            tx.sql.update(SqliteSql.WRITE_PENDING, client, tx.backlog.pending(client));
        }
        SteadyClock.Reading now = clock.reading();
        tx.sql.update(
                SqliteSql.WRITE_CLOCK, now.boot(), now.nanos(), now.wallMillis(), now.steady());
        probe.before(WriteProbe.Step.COMMIT);
        tx.sql.run(SqliteSql.COMMIT);
        changed.clear();
        tx.undo.forget();
        if (failing) {
            failing = false;
            LOG.info("{} can be written again", file.path());
        }
    }

    @Override
    public void committed(Transaction tx) {
        if (tx.deliveriesDue()) {
            deliveriesDue.run();
        }
    }

    @Override
    public void rollback(Transaction tx, @Nullable SQLException cause) {
        tx.backlog.changedPending().clear();
        tx.undo.run();
        boolean sound = cause == null || SqliteFile.isConnectionSound(cause);
        if (cause != null && SqliteFile.isUnavailable(cause)) {
            failed(cause);
        }
        try {
            tx.sql.run(SqliteSql.ROLLBACK);
        } catch (SQLException e) {
            LOG.debug("no transaction to roll back", e);
            sound = sound && !SqliteFile.isUnavailable(e);
        }
        if (!sound) {
            disconnect();
        }
    }

    @Override
    public void beforeAnswers() {
        probe.before(WriteProbe.Step.ANSWER);
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
            Session sql = new Session(file.writer(), probe);
            Backlog fresh = BacklogLoader.load(sql);
            session = sql;
            backlog = fresh;
            return sql;
        } catch (SQLException e) {
            failed(e);
            throw e;
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
