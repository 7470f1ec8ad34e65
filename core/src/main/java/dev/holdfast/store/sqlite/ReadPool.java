package dev.holdfast.store.sqlite;

import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.sql.Readers;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.WriteProbe;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.sqlite.ProgressHandler;

/** A few connections for blocking reads, opened when first needed. */
final class ReadPool implements Readers, AutoCloseable {
    /** Reads at the same time; others wait. */
    private static final int CONNECTIONS = 4;

    /** How long a read waits for a connection, in seconds. */
    private static final long WAIT_SECONDS = 5;

    /** How long a read may take; one that takes longer fails, and others have its place. */
    private static final long READ_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** How many steps of its program a statement makes between two looks at the time: 1 ms. */
    private static final int STEPS_A_LOOK = 10_000;

    private final Opener opener;
    private final Semaphore permits = new Semaphore(CONNECTIONS, true);
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Reader> idle = new ArrayDeque<>();
    private boolean closed;

    /** Opens a connection that only reads. */
    @FunctionalInterface
    interface Opener {
        Connection open() throws SQLException;
    }

    ReadPool(Opener opener) {
        this.opener = opener;
    }

    @Override
    public <T> T read(Work<T> read) {
        try {
            if (!permits.tryAcquire(WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new StoreUnavailable("too many reads wait for the store", null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailable("interrupted while waiting for the store", e);
        }
        try {
            return readNow(read);
        } catch (SQLException e) {
            throw new StoreUnavailable("the store cannot read: " + e.getMessage(), e);
        } finally {
            permits.release();
        }
    }

    private <T> T readNow(Work<T> read) throws SQLException {
        Reader reader = take();
        if (reader == null) {
            reader = Reader.open(opener);
        }
        boolean sound = false;
        try {
            reader.deadline().begin();
            T result = read.run(reader.sql());
            sound = true;
            return result;
        } finally {
            give(reader, sound);
        }
    }

    /** A connection, and until when its read must be done. */
    private record Reader(Session sql, Deadline deadline) {
        static Reader open(Opener opener) throws SQLException {
            Connection connection = opener.open();
            Deadline deadline = new Deadline();
            ProgressHandler.setHandler(connection, STEPS_A_LOOK, deadline);
            return new Reader(new Session(connection, WriteProbe.NONE), deadline);
        }
    }

    /** Ends a statement whose time is over. */
    private static final class Deadline extends ProgressHandler {
        private volatile long began;

        void begin() {
            began = System.nanoTime();
        }

        @Override
        protected int progress() {
            return System.nanoTime() - began > READ_NANOS ? 1 : 0;
        }
    }

    private @Nullable Reader take() throws SQLException {
        lock.lock();
        try {
            if (closed) {
                throw new SQLException("the store is closed");
            }
            return idle.poll();
        } finally {
            lock.unlock();
        }
    }

    private void give(Reader reader, boolean sound) throws SQLException {
        lock.lock();
        try {
            if (sound && !closed) {
                idle.push(reader);
                return;
            }
        } finally {
            lock.unlock();
        }
        reader.sql().close();
    }

    /**
     * Waits for those that read: a connection that is open, or opened, later would be on a file
     * that somebody else may serve by then, or that is gone.
     */
    @Override
    public void close() throws SQLException {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        boolean ended = false;
        try {
            ended = permits.tryAcquire(CONNECTIONS, WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        closeIdle();
        if (ended) {
            permits.release(CONNECTIONS); // who waits is told that it is closed
        }
    }

    private void closeIdle() throws SQLException {
        lock.lock();
        try {
            while (!idle.isEmpty()) {
                idle.pop().sql().close();
            }
        } finally {
            lock.unlock();
        }
    }
}
