package dev.holdfast.store.sqlite;

import dev.holdfast.store.Survival;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.WriteProbe;
import java.sql.SQLException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done beside the writes: pages of the write-ahead log go back to the database, and old
 * rows are pruned.
 *
 * <p>SQLite's own checkpoint would run inside some caller's commit. A thread of ours makes them
 * every {@link #PERIOD_NANOS} instead, but one that runs beside a busy writer never catches up, and
 * the log is reused from its start only when every page of it is done. So past {@link #LOG_PAGES}
 * the writer itself does the rest between two batches. The log's file is kept, not truncated:
 * writing over it syncs in half the time.
 */
final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

    private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** While there is more to prune, how often it is looked whether the pause is over. */
    private static final long PACE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    /** The log's length, in pages of 4 KiB, from which the writer helps: 4 MB. */
    private static final long LOG_PAGES = 1_024;

    /** Periods between two looks at what can be pruned, when there was nothing more: a second. */
    private static final int PRUNE_PERIODS = 20;

    /** Periods between two polls: a second. */
    private static final int POLL_PERIODS = 20;

    /** Periods until the counts are checked, so that a start has the machine for itself: 10 s. */
    private static final int CHECK_PERIODS = 200;

    private final SqliteFile file;
    private final Chores chores;
    private final Semaphore stop = new Semaphore(0);
    private final ReentrantLock checkpointing = new ReentrantLock();
    private final AtomicBoolean written = new AtomicBoolean();
    private volatile boolean logIsLong;
    private volatile boolean pruning;
    private volatile long pruneAt;
    private volatile boolean pruneAgain;
    private volatile boolean failing;
    private @Nullable Session session;

    /** What else is done beside the writes. */
    interface Chores {
        /** Asks for one step of pruning, and calls {@link #pruneAfter} or {@link #pruned}. */
        void prune();

        /** Wakes whoever may have missed a wake-up. */
        void poll();

        /** Compares the counts that are kept with the rows. */
        void checkCounts() throws SQLException;
    }

    /** Starts nothing yet. */
    Checkpoints(SqliteFile file, Chores chores) {
        this.file = file;
        this.chores = chores;
    }

    Thread start(String name) {
        return Thread.ofPlatform().name(name).daemon(true).start(this::loop);
    }

    void stop() {
        stop.release();
    }

    /**
     * There was more to prune than one step does.
     *
     * @param pause until the next one, in nanoseconds
     */
    void pruneAfter(long pause) {
        pruneAt = System.nanoTime() + pause;
        pruneAgain = true;
    }

    /** There is no more to prune for now. */
    void pruned() {
        pruning = false;
    }

    /** Between two batches, on the writer's thread and connection. */
    void afterBatch(@Nullable Session writer) {
        written.set(true);
        if (logIsLong && writer != null && checkpointing.tryLock()) {
            try {
                logIsLong = false;
                writer.number(SqliteSql.CHECKPOINT);
            } catch (SQLException e) {
                failed(e);
            } finally {
                checkpointing.unlock();
            }
        }
    }

    private void loop() {
        long periods = 0;
        long next = System.nanoTime() + PERIOD_NANOS;
        while (!stopped(pruning ? PACE_NANOS : next - System.nanoTime())) {
            long now = System.nanoTime();
            if (pruneAgain && now - pruneAt >= 0) {
                prune();
            }
            if (now - next >= 0) {
                next = now + PERIOD_NANOS;
                periods++;
                long period = periods;
                Survival.run(() -> period(period));
            }
        }
        disconnect();
    }

    private void period(long periods) throws SQLException {
        if (written.getAndSet(false)) {
            checkpoint();
        }
        if (periods % PRUNE_PERIODS == 0 && !pruning) {
            prune();
        }
        if (periods % POLL_PERIODS == 0) {
            chores.poll();
        }
        if (periods == CHECK_PERIODS) {
            chores.checkCounts();
        }
    }

    private void prune() {
        pruneAgain = false;
        pruning = true;
        if (!Survival.run(chores::prune)) {
            pruned();
        }
    }

    private boolean stopped(long nanos) {
        try {
            return stop.tryAcquire(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException _) {
            return true;
        }
    }

    private void checkpoint() {
        checkpointing.lock();
        try {
            Session sql = session;
            if (sql == null) {
                sql = new Session(file.writer(), WriteProbe.NONE);
                session = sql;
            }
            Long pages = sql.first(SqliteSql.CHECKPOINT, row -> row.getLong(2));
            logIsLong = pages != null && pages > LOG_PAGES;
            if (failing) {
                failing = false;
                LOG.info("checkpoints of {} work again", file.path());
            }
        } catch (SQLException e) {
            failed(e);
            disconnect();
        } finally {
            checkpointing.unlock();
        }
    }

    /** Told once: a disk that stays full would fill the log with it. */
    private void failed(SQLException e) {
        if (!failing) {
            failing = true;
            LOG.warn("checkpoints of {} fail: {}", file.path(), e.getMessage());
        }
    }

    private void disconnect() {
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
}
