package dev.holdfast.store.sqlite;

import dev.holdfast.request.Priority;
import dev.holdfast.store.Batches;
import dev.holdfast.store.Survival;
import dev.holdfast.store.queue.Lanes;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.queue.Rank;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.transition.BatchWrites;
import dev.holdfast.store.transition.partition.Places;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
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
    private final Consumer<SqliteTransaction> committed;
    private final BatchWrites batches;
    private @Nullable Session session;
    private volatile Backlog backlog;
    private volatile boolean failing;
    private volatile boolean distrusted;

    /** Whether a commit waits for the disk; as each connection begins. */
    private boolean waits = true;

    /** Attempts up to this one were told to whoever makes the calls, if they were committed. */
    private long handedOut;

    /**
     * Starts to write on a connection that is open.
     *
     * @param beside runs what can be done beside the rest of a start
     * @param committed called after each commit
     * @param batches completes batches whose lines ended
     */
    SqliteWriter(
            SqliteFile file,
            Connection connection,
            Clocks clocks,
            WriteProbe probe,
            Executor beside,
            Consumer<SqliteTransaction> committed,
            BatchWrites batches)
            throws SQLException {
        this.file = file;
        this.clocks = clocks;
        this.probe = probe;
        this.committed = committed;
        this.batches = batches;
        Session sql = new Session(connection, probe).inTransactions();
        this.session = sql;
        this.clock = SteadyClock.resume(clocks, lastReading(sql));
        if (sql.number(SqliteSql.COUNT_JOBS) <= BacklogLoader.FEW && isMiscounted(sql)) {
            recount(sql);
        }
        this.backlog = BacklogLoader.load(sql, file, beside);
        this.handedOut = backlog.lastAttempt();
        sql.rollback();
    }

    /**
     * Compares the counts that are kept with the rows, on a connection of its own; if they differ,
     * they are made anew with the next transaction. With many jobs this takes a while, so a start
     * does not wait for it.
     */
    void checkCounts() throws SQLException {
        try (Session sql = new Session(file.reader(), WriteProbe.NONE)) {
            distrusted |= isMiscounted(sql);
        }
    }

    SteadyClock clock() {
        return clock;
    }

    Backlog backlog() {
        return backlog;
    }

    @Override
    public SqliteTransaction begin(boolean durable) throws SQLException {
        if (distrusted) {
            disconnect();
        }
        Session sql = session;
        boolean anew = sql == null;
        if (sql == null) {
            sql = reopen();
        }
        wait(sql, durable);
        writeClock(sql);
        SqliteTransaction tx = new SqliteTransaction(sql, backlog, clock, clocks);
        if (anew) {
            tx.mayBeTelling(); // a job's end may be on disk whose commit was reported as failed
        }
        return tx;
    }

    /**
     * Whether commits wait for the disk from now on. What did not is on it as soon as a later
     * commit that does is: a file's sync is that of all of its log.
     */
    private void wait(Session sql, boolean durable) throws SQLException {
        if (durable != waits && file.durable()) {
            sql.between(durable ? SqliteSql.WAIT_FOR_DISK : SqliteSql.WAIT_FOR_NOTHING);
            waits = durable;
        }
    }

    @Override
    public boolean commit(SqliteTransaction tx) throws SQLException {
        if (tx.changedNothing() && !failing) {
            // After a failure it is written all the same: that tells whether the failure lasts.
            tx.sql.rollback();
            return false;
        }
        batches.count(tx);
        Places.settle(tx);
        for (int client : tx.backlog.changedPending()) {
            tx.sql.update(SqliteSql.WRITE_PENDING, client, tx.backlog.pending(client));
        }
        for (Queue queue : tx.backlog.met()) {
            if (queue.changed()) {
                writeQueue(tx.sql, queue);
            }
            for (Priority priority : Priority.ALL) {
                Rank rank = queue.rank(priority);
                writeLanes(tx.sql, queue.id, priority, 0, rank.first());
                writeLanes(tx.sql, queue.id, priority, 1, rank.retries());
            }
        }
        writeClock(tx.sql);
        probe.before(WriteProbe.Step.COMMIT);
        tx.committing();
        tx.sql.commit();
        probe.before(WriteProbe.Step.ANSWER);
        handedOut = tx.backlog.lastAttempt();
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
        committed.accept(tx);
    }

    @Override
    public void rollback(@Nullable SqliteTransaction tx, Throwable cause) {
        boolean mayBeOnDisk = tx != null && tx.isCommitting();
        boolean sound =
                cause instanceof SQLException sql
                        ? SqliteFile.isConnectionSound(sql)
                        : cause instanceof RuntimeException && !mayBeOnDisk;
        boolean undone =
                tx == null
                        || (Survival.run(tx.undo::run) && Survival.run(tx.backlog::forgetChanges));
        boolean ruling = cause instanceof Batches.NotAll;
        if (!ruling && (!(cause instanceof SQLException sql) || SqliteFile.isUnavailable(sql))) {
            Survival.run(() -> failed(cause));
        }
        Session sql = session;
        if (sql != null && !(sound && undone && rolledBack(sql))) {
            disconnect();
        }
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
            Survival.run(sql::close);
        }
    }

    /** The connection between two batches, or null after a failure. */
    @Nullable Session idle() {
        return session;
    }

    /** Opens the file anew; what it says counts, and so do its rows where it keeps counts. */
    private Session reopen() throws SQLException {
        Session sql = new Session(file.writer(), probe).inTransactions();
        boolean done = false;
        try {
            giveBack(sql);
            recount(sql);
            Backlog fresh = BacklogLoader.load(sql);
            // Numbers are not used again, also when what had them was taken back.
            fresh.numbers(
                    Math.max(fresh.lastJob(), backlog.lastJob()),
                    Math.max(fresh.lastAttempt(), backlog.lastAttempt()));
            sql.rollback();
            backlog = fresh;
            waits = true;
            session = sql;
            distrusted = false;
            done = true;
            return sql;
        } finally {
            if (!done) {
                Survival.run(sql::close);
            }
        }
    }

    /**
     * Undoes claims whose commit was reported as failed but is on disk: nobody makes those calls.
     */
    private void giveBack(Session sql) throws SQLException {
        List<Long> attempts =
                sql.list(SqliteSql.NEVER_HANDED_OUT, row -> row.getLong(1), handedOut);
        for (long attempt : attempts) {
            sql.update(SqliteSql.UNDO_RUN_JOB, clock.micros(), attempt);
            sql.update(SqliteSql.DELETE_ATTEMPT, attempt);
            sql.update(LedgerSql.DELETE_CHARGES, attempt);
        }
        sql.commit();
    }

    private static boolean isMiscounted(Session sql) throws SQLException {
        boolean miscounted = sql.number(SqliteSql.MISCOUNTED) > 0;
        if (miscounted) {
            LOG.error("counts that are kept differ from the rows; they are made anew");
        }
        return miscounted;
    }

    private static void recount(Session sql) throws SQLException {
        sql.update(SqliteSql.DELETE_LANES);
        sql.update(SqliteSql.COUNT_LANES);
        sql.update(SqliteSql.COUNT_SCHEDULED);
        sql.update(SqliteSql.COUNT_BUSY);
        sql.update(SqliteSql.DELETE_PENDING);
        sql.update(SqliteSql.COUNT_PENDING);
        sql.commit();
    }

    /**
     * Also the first statement of each transaction: it takes the write lock, so that no reading
     * before a write can turn out to be stale.
     */
    private void writeClock(Session sql) throws SQLException {
        SteadyClock.Reading now = clock.reading();
        sql.update(
                SqliteSql.WRITE_CLOCK,
                now.boot(),
                now.nanos(),
                now.wallMillis(),
                now.steady(),
                now.heldOver());
    }

    private static void writeQueue(Session sql, Queue queue) throws SQLException {
        List<Object> values =
                new ArrayList<>(
                        List.of(
                                queue.beat(),
                                queue.paused() ? 1 : 0,
                                queue.closedUntil(),
                                queue.unauthorizedSince(),
                                queue.unauthorizedUntil(),
                                queue.absentSince(),
                                queue.absentUntil(),
                                queue.scheduled()));
        for (Rank rank : queue.ranks()) {
            values.add(rank.credit());
            values.add(rank.first().serving());
            values.add(rank.retries().serving());
        }
        values.add(queue.id);
        sql.update(SqliteSql.WRITE_UPSTREAM, values.toArray());
    }

    private static void writeLanes(
            Session sql, int upstream, Priority priority, int retry, Lanes lanes)
            throws SQLException {
        for (int client : lanes.changed()) {
            sql.update(
                    SqliteSql.WRITE_LANE,
                    upstream,
                    retry,
                    priority.number(),
                    client,
                    lanes.last(client),
                    lanes.jobs(client),
                    lanes.weight(client));
        }
    }

    private static boolean rolledBack(Session sql) {
        try {
            sql.rollback();
            return true;
        } catch (SQLException e) {
            LOG.debug("no transaction to roll back", e);
            return false;
        }
    }

    private void failed(Throwable e) {
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
                                Session.text(row, 1),
                                row.getLong(2),
                                row.getLong(3),
                                row.getLong(4),
                                row.getLong(5)));
    }
}
