package dev.holdfast.store.postgresql.connection;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.sql.Readers;
import dev.holdfast.store.sql.Session;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;

/** A few connections for blocking look-ups and for clients' rows; they are made when needed. */
public final class PostgresPool implements Readers, AutoCloseable {
    /** Look-ups at the same time; others wait. */
    private static final int CONNECTIONS = 4;

    private static final int CLIENTS_CONNECTIONS = 2;

    /** How long one waits for a connection; with its own time it still answers in time (P2). */
    private static final Duration WAIT = Duration.ofMillis(500);

    /**
     * How long after its opening one waits for the very first connection: whoever starts has time,
     * and on a busy machine or far away it may take longer than {@link #WAIT}. A server that says
     * no is not waited for.
     */
    private static final Duration FIRST_WAIT = Duration.ofSeconds(10);

    /** How long a connection may take to show that it is alive. */
    private static final Duration ALIVE_WITHIN = Duration.ofMillis(250);

    private final HikariDataSource source;

    private final long opened = System.nanoTime();

    /** Whether there ever was a connection. */
    private volatile boolean connected;

    public PostgresPool(PostgresDatabase database) {
        this(database, "holdfast-reads", CONNECTIONS);
    }

    /**
     * For clients and their keys alone: who may come in is known at once, however much is looked
     * up.
     */
    public static PostgresPool ofClients(PostgresDatabase database) {
        return new PostgresPool(database, "holdfast-clients", CLIENTS_CONNECTIONS);
    }

    private PostgresPool(PostgresDatabase database, String name, int connections) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setDataSource(new PostgresSource(database));
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(WAIT.toMillis());
        config.setValidationTimeout(ALIVE_WITHIN.toMillis());
        config.setInitializationFailTimeout(-1);
        config.setConnectionInitSql(PostgresSql.SETTINGS);
        source = new HikariDataSource(config);
        database.whenMoved(this::forget);
    }

    /** Another server is the primary now: what the old one says is not true any more. */
    private void forget() {
        var connections = source.getHikariPoolMXBean();
        if (connections != null) {
            connections.softEvictConnections();
        }
    }

    private Connection connection() throws SQLException {
        while (true) {
            try {
                Connection connection = source.getConnection();
                connected = true;
                return connection;
            } catch (SQLTransientConnectionException late) {
                boolean refused = late.getCause() != null;
                if (connected || refused || System.nanoTime() - opened > FIRST_WAIT.toNanos()) {
                    throw late;
                }
            }
        }
    }

    /** Looks something up; on another connection if the one it got turns out to be dead. */
    @Override
    public <T> T read(Work<T> read) {
        for (int dead = 0; ; dead++) {
            try (Connection connection = connection()) {
                return read.run(PostgresDatabase.on(connection));
            } catch (SQLException e) {
                if (dead == CONNECTIONS || !isCut(e)) {
                    throw new StoreUnavailable("the store cannot read: " + e.getMessage(), e);
                }
            }
        }
    }

    /** The server or the network ended the connection; no time was lost by waiting for it. */
    private static boolean isCut(SQLException e) {
        return "57P01".equals(e.getSQLState())
                || ("08006".equals(e.getSQLState())
                        && !(e.getCause() instanceof SocketTimeoutException));
    }

    /** Changes something, in one transaction. */
    public <T> T write(Work<T> work) {
        try (Connection connection = connection()) {
            Session sql = PostgresDatabase.on(connection);
            connection.setAutoCommit(false);
            try {
                sql.list(PostgresSql.DURABLE, row -> row.getString(1));
                T result = work.run(sql);
                connection.commit();
                return result;
            } catch (Throwable e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw new StoreUnavailable("the store cannot be used: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        source.close();
    }
}
