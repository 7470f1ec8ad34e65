package dev.holdfast.store;

import dev.holdfast.store.PostgresWrite.Kind;
import dev.holdfast.store.Write.Operation;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection that writes, and the thread that does so: many callers' operations in one
 * transaction. A batch locks all its upstreams first, in order. If an operation fails, the batch is
 * taken back and each runs alone, so that only the guilty one fails.
 *
 * <p>While the database is lost, or silent for too long, callers are refused at once; the thread
 * goes on trying to reach it.
 */
final class PostgresWriter {
    /** Operations that may wait; more are refused at once. */
    static final int MAX_WAITING = 32_768;

    /** Operations in one transaction. */
    static final int MAX_BATCH = 512;

    private static final Logger LOG = LoggerFactory.getLogger(PostgresWriter.class);

    /** A batch that takes longer than this makes new callers be refused, in nanoseconds. */
    private static final long STALLED_NANOS = TimeUnit.MILLISECONDS.toNanos(900);

    /** Writes are waited for so long at most, where the last transaction had many. */
    private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long GATHER_LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

    /** Pause between two attempts to reach a database that is lost, in nanoseconds. */
    private static final long RECONNECT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** How often a transaction runs anew that met a deadlock or lost its connection. */
    private static final int ONCE_MORE = 3;

    private static final long STOP_MILLIS = 5_000;

    private final PostgresDatabase database;
    private final Committed committed;
    private final Bulk bulk;
    private final Function<Session, PostgresTransaction> transactions;
    private final BlockingQueue<PostgresWrite<?>> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final Set<Long> handedOut = new HashSet<>();
    private final Thread thread;
    private @Nullable Session session;
    private boolean uncertain;
    private int lastBatch;
    private volatile CommitWatch watch = CommitWatch.NONE;
    private volatile boolean lost;
    private volatile boolean closing;
    private volatile long busySince;

    /** Does what was gathered for one transaction, under the locks. */
    @FunctionalInterface
    interface Bulk {
        void run(PostgresTransaction tx) throws SQLException;
    }

    /** Told of each commit, before the callers. */
    @FunctionalInterface
    interface Committed {
        void by(PostgresTransaction tx);
    }

    PostgresWriter(
            String name,
            PostgresDatabase database,
            Function<Session, PostgresTransaction> transactions,
            Bulk bulk,
            Committed committed) {
        this.database = database;
        this.transactions = transactions;
        this.bulk = bulk;
        this.committed = committed;
        thread = Thread.ofPlatform().name(name).daemon(true).unstarted(this::loop);
    }

    void watch(CommitWatch watch) {
        this.watch = watch;
    }

    /** Connects and begins. */
    void start() throws SQLException {
        session = database.writer();
        thread.start();
    }

    /** Adds a write that needs the locks of these upstreams. */
    <T> CompletionStage<T> submit(
            Collection<String> upstreams, Operation<PostgresTransaction, T> operation) {
        return submit(new PostgresWrite<>(Kind.LOCKED, upstreams, operation));
    }

    /** Adds a write that only says what it wants, and is done with all others of its kind. */
    <T> CompletionStage<T> gather(String upstream, Operation<PostgresTransaction, T> operation) {
        return submit(new PostgresWrite<>(Kind.GATHERED, List.of(upstream), operation));
    }

    /** Adds a write that finds out itself which upstreams it locks. */
    <T> CompletionStage<T> submitAlone(Operation<PostgresTransaction, T> operation) {
        return submit(new PostgresWrite<>(Kind.ALONE, List.of(), operation));
    }

    private <T> CompletionStage<T> submit(PostgresWrite<T> write) {
        String refused = null;
        if (closing) {
            refused = "the store is closed";
        } else if (!healthy()) {
            refused = "the database does not answer";
        } else if (!waiting.offer(write)) {
            refused = "too many writes wait for the database";
        }
        return refused == null
                ? write.done
                : CompletableFuture.failedFuture(new StoreUnavailable(refused, null));
    }

    boolean healthy() {
        long since = busySince;
        return !lost && (since == 0 || System.nanoTime() - since < STALLED_NANOS);
    }

    /** Finishes the writes in hand. */
    void close() {
        closing = true;
        // Wakes it; one more write with nothing to do is not refused by anybody.
        waiting.offer(new PostgresWrite<>(Kind.ALONE, List.of(), _ -> null));
        try {
            thread.join(STOP_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void loop() {
        while (!closing || !waiting.isEmpty()) {
            try {
                List<PostgresWrite<?>> batch = next();
                if (connected() == null) {
                    refuseAll(batch);
                    if (!closing) {
                        LockSupport.parkNanos(RECONNECT_NANOS);
                    }
                } else if (!batch.isEmpty()) {
                    busySince = Math.max(1, System.nanoTime());
                    runBatch(batch);
                }
            } catch (RuntimeException | Error e) {
                LOG.error("the writer failed", e);
                disconnect();
            } finally {
                busySince = 0;
            }
        }
        disconnect();
    }

    private List<PostgresWrite<?>> next() {
        List<PostgresWrite<?>> batch = new ArrayList<>();
        try {
            PostgresWrite<?> first =
                    session == null
                            ? waiting.poll()
                            : waiting.poll(RECONNECT_NANOS, TimeUnit.NANOSECONDS);
            if (first != null) {
                batch.add(first);
                gather();
                waiting.drainTo(batch, MAX_BATCH - 1);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return batch;
    }

    /**
     * Callers who were answered by the last transaction ask again in the next moment: one that
     * takes them together costs little more than one that takes the first of them.
     */
    private void gather() {
        long until = System.nanoTime() + GATHER_NANOS;
        while (waiting.size() < lastBatch / 2 && System.nanoTime() < until) {
            LockSupport.parkNanos(GATHER_LOOK_NANOS);
        }
    }

    private void runBatch(List<PostgresWrite<?>> batch) {
        lastBatch = batch.size();
        List<PostgresWrite<?>> together = new ArrayList<>();
        List<PostgresWrite<?>> alone = new ArrayList<>();
        for (PostgresWrite<?> write : batch) {
            (write.kind == Kind.ALONE ? alone : together).add(write);
        }
        if (!together.isEmpty()) {
            // Asks come first: they are decided by what was read with the locks.
            together.sort(Comparator.comparing(write -> write.kind));
            run(together);
        }
        alone.forEach(write -> run(List.of(write)));
    }

    private void run(List<PostgresWrite<?>> batch) {
        for (int tries = 1; ; tries++) {
            Session sql = connected();
            if (sql == null) {
                refuse(batch, "the database is lost");
                return;
            }
            boolean committing = false;
            boolean claiming = false;
            long began = System.nanoTime();
            try {
                PostgresTransaction tx = transaction(sql, batch);
                claiming = !tx.claimed.isEmpty();
                committing = true;
                database.probe().before(WriteProbe.Step.COMMIT);
                tx.commit();
                watch.committed(batch.size(), System.nanoTime() - began);
                database.probe().before(WriteProbe.Step.ANSWER);
                handedOut.addAll(tx.claimed);
                handedOut.removeAll(tx.settled);
                committed.by(tx);
                batch.forEach(PostgresWrite::succeed);
                return;
            } catch (SQLException e) {
                // An error that leaves the connection sound is the server's word: no commit.
                committing &= !PostgresDatabase.isConnectionSound(e);
                uncertain |= committing && claiming;
                boolean again = rollback(sql, e) && !committing && tries < ONCE_MORE;
                if (again) {
                    continue;
                }
                if (PostgresDatabase.isUnavailable(e)) {
                    refuse(batch, e.getMessage());
                } else {
                    guilty(batch, e);
                }
                return;
            } catch (RuntimeException e) {
                rollback(sql, new SQLException("taken back", "00000"));
                guilty(batch, e);
                return;
            }
        }
    }

    private PostgresTransaction transaction(Session sql, List<PostgresWrite<?>> batch)
            throws SQLException {
        PostgresTransaction tx = transactions.apply(sql);
        Set<String> upstreams = new HashSet<>();
        List<PostgresWrite<?>> later = new ArrayList<>();
        for (PostgresWrite<?> write : batch) {
            upstreams.addAll(write.upstreams);
            if (write.kind == Kind.GATHERED) {
                write.run(tx);
            } else {
                later.add(write);
            }
        }
        if (batch.getFirst().kind != Kind.ALONE) {
            tx.lock(upstreams);
            bulk.run(tx);
        }
        if (!later.isEmpty()) {
            tx.flush();
        }
        for (PostgresWrite<?> write : later) {
            write.run(tx);
        }
        return tx;
    }

    /** Whether the same batch may work if it is run again. */
    private boolean rollback(Session sql, SQLException cause) {
        try {
            if (PostgresDatabase.isConnectionSound(cause)) {
                sql.rollback();
                return PostgresDatabase.isOnceMore(cause);
            }
        } catch (SQLException e) {
            LOG.debug("cannot roll back", e);
        }
        LOG.warn("the connection to {} is lost: {}", database.url(), cause.getMessage());
        disconnect();
        return true;
    }

    /** The connection, made anew if it was lost; null if that does not work now. */
    private @Nullable Session connected() {
        if (session != null) {
            return session;
        }
        try {
            Session fresh = database.writer();
            if (uncertain) {
                giveBack(fresh);
                uncertain = false;
            }
            session = fresh;
            if (lost) {
                lost = false;
                LOG.info("{} can be written again", database.url());
            }
            return fresh;
        } catch (SQLException e) {
            if (!lost) {
                lost = true;
                LOG.warn("cannot reach {}: {}", database.url(), e.getMessage());
            }
            return null;
        }
    }

    /** Undoes claims that may have been committed though their callers were told otherwise. */
    private void giveBack(Session fresh) throws SQLException {
        boolean done = false;
        try {
            PostgresTransaction tx = transactions.apply(fresh);
            int given = PostgresGivingBack.run(tx, handedOut);
            tx.commit();
            committed.by(tx);
            done = true;
            if (given > 0) {
                LOG.info("{} calls that were not made are queued again", given);
            }
        } finally {
            if (!done) {
                fresh.close();
            }
        }
    }

    private void guilty(List<PostgresWrite<?>> batch, Exception e) {
        if (batch.size() == 1) {
            batch.getFirst().done.completeExceptionally(e);
        } else {
            batch.forEach(write -> run(List.of(write)));
        }
    }

    private void refuseAll(List<PostgresWrite<?>> batch) {
        waiting.drainTo(batch);
        refuse(batch, "the database is lost");
    }

    private void refuse(List<PostgresWrite<?>> batch, @Nullable String why) {
        if (!batch.isEmpty()) {
            watch.failed(batch.size());
        }
        StoreUnavailable unavailable = new StoreUnavailable("the store cannot write: " + why, null);
        batch.forEach(write -> write.done.completeExceptionally(unavailable));
    }

    private void disconnect() {
        Session sql = session;
        session = null;
        if (sql != null) {
            try {
                sql.close();
            } catch (SQLException e) {
                LOG.debug("cannot close", e);
            }
        }
    }
}
