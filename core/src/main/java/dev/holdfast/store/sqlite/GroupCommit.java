package dev.holdfast.store.sqlite;

import dev.holdfast.store.CommitWatch;
import dev.holdfast.store.ProcessEnd;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.Survival;
import dev.holdfast.store.transition.Write;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Many callers' writes in one transaction and one fsync. Callers add operations to a bounded queue;
 * one thread at a time runs {@link #runBatch}, which takes what is there, commits it, and then
 * tells the callers. If an operation fails, the batch is taken back and each runs alone, so that
 * only the guilty one fails.
 */
final class GroupCommit {
    /** Operations that may wait; more are refused at once. */
    static final int MAX_WAITING = 32_768;

    /** Operations in one transaction. */
    static final int MAX_BATCH = 512;

    private final BlockingQueue<Write<SqliteTransaction, ?>> waiting =
            new ArrayBlockingQueue<>(MAX_WAITING);
    private final AtomicBoolean awake = new AtomicBoolean();
    private final Transactions transactions;
    private final Runnable wake;
    private volatile boolean healthy = true;
    private long written;
    private volatile boolean closed;
    private volatile CommitWatch watch = CommitWatch.NONE;

    /** The database's side of a batch. */
    interface Transactions {
        /**
         * Starts a transaction, on a new connection if the last one failed.
         *
         * @param durable whether its commit waits for the disk
         */
        SqliteTransaction begin(boolean durable) throws SQLException;

        /** Commits it; false if there was nothing to write. */
        boolean commit(SqliteTransaction transaction) throws SQLException;

        /** After its callers were told. */
        void committed(SqliteTransaction transaction);

        /**
         * Takes it back, in memory too, or has both made anew with the next transaction. Never
         * throws.
         *
         * @param transaction null if it could not begin
         */
        void rollback(@Nullable SqliteTransaction transaction, Throwable cause);

        /** Whether this concerns the database and not the operation. */
        boolean isUnavailable(SQLException e);
    }

    /**
     * A queue of writes.
     *
     * @param wake called on a caller's thread when {@link #runBatch} should be called soon
     */
    GroupCommit(Transactions transactions, Runnable wake) {
        this.transactions = transactions;
        this.wake = wake;
    }

    /** Adds a write; its stage completes after the commit, on the writer's thread. */
    <T> CompletionStage<T> submit(Write.Operation<SqliteTransaction, T> operation) {
        return submit(new Write<>(operation));
    }

    /**
     * The same of one that a power cut may take back, as long as none was committed after it that
     * it may not: nobody was told of it who would miss it.
     */
    <T> CompletionStage<T> submitLosable(Write.Operation<SqliteTransaction, T> operation) {
        return submit(new Write<>(operation, false));
    }

    private <T> CompletionStage<T> submit(Write<SqliteTransaction, T> write) {
        submitAll(List.of(write));
        return write.done;
    }

    /**
     * Adds writes before it wakes anybody: one batch has them all, unless one is under way or they
     * are too many.
     */
    void submitAll(List<Write<SqliteTransaction, ?>> writes) {
        for (Write<SqliteTransaction, ?> write : writes) {
            if (closed || !waiting.offer(write)) {
                String why = closed ? "the store is closed" : "too many writes wait for the disk";
                write.fail(new StoreUnavailable(why, null));
            }
        }
        wake();
    }

    boolean healthy() {
        return healthy;
    }

    /** Has somebody see each batch from now on. */
    void watch(CommitWatch watch) {
        this.watch = watch;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Writes that were taken so far; on the thread that runs them. */
    long written() {
        return written;
    }

    /** Takes no more writes. */
    void close() {
        closed = true;
    }

    /** Runs one batch; true if it was committed or there was nothing to do. */
    boolean runBatch() {
        awake.set(false);
        List<Write<SqliteTransaction, ?>> batch = new ArrayList<>(MAX_BATCH);
        waiting.drainTo(batch, MAX_BATCH);
        if (batch.isEmpty()) {
            return true;
        }
        written += batch.size();
        boolean committed = run(batch);
        if (!waiting.isEmpty()) {
            wake();
        }
        return committed;
    }

    /** Ends every waiting write with this failure. */
    void failAll(Throwable cause) {
        List<Write<SqliteTransaction, ?>> batch = new ArrayList<>();
        waiting.drainTo(batch);
        fail(batch, cause, false);
    }

    /** Writes that wait are not left alone if a wake-up was lost. */
    void wakeAgain() {
        if (!waiting.isEmpty()) {
            wake.run();
        }
    }

    private void wake() {
        if (awake.compareAndSet(false, true)) {
            wake.run();
        }
    }

    /**
     * All of it or nothing, whatever is thrown on the way; each caller is told one or the other.
     */
    private boolean run(List<Write<SqliteTransaction, ?>> batch) {
        long began = System.nanoTime();
        SqliteTransaction transaction = null;
        boolean written;
        try {
            transaction = transactions.begin(batch.stream().anyMatch(write -> write.durable));
            for (Write<SqliteTransaction, ?> write : batch) {
                write.run(transaction);
            }
            written = transactions.commit(transaction);
        } catch (Throwable e) {
            ProcessEnd.pass(e);
            return takenBack(batch, transaction, e);
        }
        // It is committed: whatever goes wrong from here on takes nothing back.
        SqliteTransaction done = transaction;
        if (written) {
            healthy = true;
            Survival.run(() -> watch.committed(batch.size(), System.nanoTime() - began));
            Survival.run(() -> done.tell(watch));
        }
        batch.forEach(Write::succeed);
        Survival.run(() -> transactions.committed(done));
        return true;
    }

    private boolean takenBack(
            List<Write<SqliteTransaction, ?>> batch,
            @Nullable SqliteTransaction transaction,
            Throwable e) {
        transactions.rollback(transaction, e);
        boolean operations = !(e instanceof SQLException sql) || !transactions.isUnavailable(sql);
        // One that may be on disk is not run again.
        if (transaction != null && !transaction.isCommitting() && operations) {
            return guilty(batch, e);
        }
        fail(batch, e, transaction != null && transaction.isCommitting());
        return false;
    }

    private boolean guilty(List<Write<SqliteTransaction, ?>> batch, Throwable e) {
        if (batch.size() == 1) {
            batch.getFirst().fail(e instanceof Error ? unavailable(e, false) : Write.blame(e));
            return true;
        }
        boolean committed = true;
        for (Write<SqliteTransaction, ?> write : batch) {
            committed &= run(List.of(write));
        }
        return committed;
    }

    private void fail(List<Write<SqliteTransaction, ?>> batch, Throwable cause, boolean uncertain) {
        healthy = false;
        Survival.run(() -> watch.failed(batch.size()));
        StoreUnavailable unavailable = unavailable(cause, uncertain);
        batch.forEach(write -> write.fail(unavailable));
    }

    private static StoreUnavailable unavailable(Throwable cause, boolean uncertain) {
        return new StoreUnavailable(
                "the store cannot write: " + cause.getMessage(), cause, uncertain);
    }
}
