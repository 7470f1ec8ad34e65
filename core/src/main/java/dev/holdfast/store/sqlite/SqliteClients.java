package dev.holdfast.store.sqlite;

import dev.holdfast.store.Clients;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.sql.Readers;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.StoredClients;
import dev.holdfast.store.sql.WriteProbe;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * {@link Clients} on SQLite, on a connection of its own: they may be changed from another process
 * while a gateway runs on the same file.
 */
public final class SqliteClients extends StoredClients implements AutoCloseable {
    private final SqliteFile file;
    private final ReentrantLock lock = new ReentrantLock();
    private final ReentrantLock readLock = new ReentrantLock();
    private @Nullable Session session;
    private @Nullable Session reading;

    SqliteClients(SqliteFile file, InstantSource wall) {
        super(wall);
        this.file = file;
    }

    /** Opens the clients alone, beside a gateway that may be running on the same file. */
    public static SqliteClients open(Path path) {
        SqliteFile file = new SqliteFile(path, true);
        SqliteClients clients = new SqliteClients(file, InstantSource.system());
        clients.session = new Session(SqliteMigrations.open(file), WriteProbe.NONE);
        return clients;
    }

    /**
     * On a connection of its own, which waits for no writer: who may come in is known at once,
     * however much is written.
     */
    @Override
    public <T> T read(Readers.Work<T> work) {
        readLock.lock();
        try {
            Session sql = reading;
            if (sql == null) {
                sql = new Session(file.reader(), WriteProbe.NONE);
                reading = sql;
            }
            return work.run(sql);
        } catch (SQLException e) {
            closeReading();
            throw new StoreUnavailable("the store cannot be used: " + e.getMessage(), e);
        } finally {
            readLock.unlock();
        }
    }

    private void closeReading() {
        Session sql = reading;
        reading = null;
        if (sql != null) {
            close(sql);
        }
    }

    /** The file's write lock, which the transaction begins with, is enough. */
    @Override
    public void lock(Session sql, int client) {}

    @Override
    public <T> T write(Readers.Work<T> work) {
        lock.lock();
        try {
            Session sql = session;
            if (sql == null) {
                sql = new Session(file.writer(), WriteProbe.NONE);
                session = sql;
            }
            sql.run(SqliteSql.BEGIN);
            T result = work.run(sql);
            sql.run(SqliteSql.COMMIT);
            return result;
        } catch (SQLException e) {
            disconnect();
            throw new StoreUnavailable("the store cannot be used: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    /** Also rolls back. */
    private void disconnect() {
        Session sql = session;
        session = null;
        if (sql != null) {
            close(sql);
        }
    }

    private static void close(Session sql) {
        try {
            sql.close();
        } catch (SQLException e) {
            throw new StoreUnavailable("the store cannot be closed: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            disconnect();
        } finally {
            lock.unlock();
        }
        readLock.lock();
        try {
            closeReading();
        } finally {
            readLock.unlock();
        }
    }
}
