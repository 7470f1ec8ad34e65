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

/** A few connections for blocking reads, opened when first needed. */
final class ReadPool implements Readers, AutoCloseable {
    /** Reads at the same time; others wait. */
    private static final int CONNECTIONS = 4;

    /** How long a read waits for a connection, in seconds. */
    private static final long WAIT_SECONDS = 5;

    private final Opener opener;
    private final Semaphore permits = new Semaphore(CONNECTIONS, true);
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Session> idle = new ArrayDeque<>();
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
        Session sql = take();
        if (sql == null) {
            sql = new Session(opener.open(), WriteProbe.NONE);
        }
        boolean sound = false;
        try {
            T result = read.run(sql);
            sound = true;
            return result;
        } finally {
            give(sql, sound);
        }
    }

    private @Nullable Session take() throws SQLException {
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

    private void give(Session sql, boolean sound) throws SQLException {
        lock.lock();
        try {
            if (sound && !closed) {
                idle.push(sql);
                return;
            }
        } finally {
            lock.unlock();
        }
        sql.close();
    }

    @Override
    public void close() throws SQLException {
        lock.lock();
        try {
            closed = true;
            while (!idle.isEmpty()) {
                idle.pop().close();
            }
        } finally {
            lock.unlock();
        }
    }
}
