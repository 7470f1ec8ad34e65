package dev.holdfast.store.postgresql;

import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresUrl;
import dev.holdfast.store.sql.WriteProbe;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.postgresql.Driver;
import org.postgresql.PGConnection;

/**
 * One real database for many tests, one after another, each of which finds it empty. What a store
 * closes is kept for the next one: a server takes longer to begin a connection and to learn our
 * tables on it than most tests do for all the rest.
 */
final class KeptDatabase {
    /** Larger tables are truncated; of smaller ones it is faster to delete all rows. */
    private static final long LARGE_BYTES = 256 * 1024;

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Driver driver = new Driver();
    private final String url;
    private final Connection own;
    private final Deque<Connection> idle = new ArrayDeque<>();
    private final Set<Connection> used = ConcurrentHashMap.newKeySet();

    KeptDatabase(String url) {
        this.url = url;
        try {
            own = PostgresServer.database(url).connect();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** Empties it, for a test that begins. */
    PostgresDatabase fresh() {
        try {
            endUsed();
            empty();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
        return database();
    }

    PostgresDatabase database() {
        return new PostgresDatabase(PostgresUrl.parse(url), WriteProbe.NONE, this::connect);
    }

    long number(String query) {
        try {
            return PostgresDatabase.on(own).number(query);
        } catch (SQLException e) {
            throw new AssertionError(query, e);
        }
    }

    /**
     * What somebody of the test before still has must not write into the next one's database; a
     * look at the counts may still be under way.
     */
    private void endUsed() throws SQLException {
        long until = System.nanoTime() + PATIENCE_NANOS;
        while (!used.isEmpty() && System.nanoTime() - until < 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        for (Connection connection : List.copyOf(used)) {
            int process = connection.unwrap(PGConnection.class).getBackendPID();
            run("SELECT pg_terminate_backend(" + process + ", 10000)");
            used.remove(connection);
        }
    }

    private void empty() throws SQLException {
        List<String> statements = new ArrayList<>();
        try (Statement statement = own.createStatement();
                ResultSet tables =
                        statement.executeQuery(
                                "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE"
                                        + " relkind = 'r' AND relnamespace ="
                                        + " 'public'::regnamespace AND relname NOT IN ('clock',"
                                        + " 'flyway_schema_history')")) {
            while (tables.next()) {
                if (tables.getLong(2) > LARGE_BYTES) {
                    statements.add("TRUNCATE " + tables.getString(1));
                } else if (tables.getLong(2) > 0) {
                    statements.add("DELETE FROM " + tables.getString(1));
                }
            }
        }
        statements.add("UPDATE clock SET correction = 0, version = 0");
        run(String.join(";", statements));
    }

    private void run(String sql) throws SQLException {
        try (Statement statement = own.createStatement()) {
            statement.execute(sql);
        }
    }

    private synchronized Connection connect(String jdbc, Properties properties)
            throws SQLException {
        Connection connection = idle.poll();
        if (connection == null) {
            connection = driver.connect(jdbc, properties);
        }
        used.add(connection);
        return (Connection)
                Proxy.newProxyInstance(
                        Connection.class.getClassLoader(),
                        new Class<?>[] {Connection.class},
                        new Lent(connection));
    }

    private synchronized void back(Connection connection) throws SQLException {
        if (!used.contains(connection)) {
            return;
        }
        if (!connection.getAutoCommit()) {
            connection.rollback();
            connection.setAutoCommit(true);
        }
        connection.setNetworkTimeout(Runnable::run, 0);
        try (Statement statement = connection.createStatement()) {
            statement.execute("DISCARD ALL");
        }
        used.remove(connection);
        idle.push(connection);
    }

    /** A connection until it is closed. */
    private final class Lent implements InvocationHandler {
        private final Connection connection;
        private boolean closed;

        Lent(Connection connection) {
            this.connection = connection;
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            switch (method.getName()) {
                case "close" -> {
                    close();
                    return null;
                }
                case "isClosed" -> {
                    return closed || connection.isClosed();
                }
                case "abort" -> {
                    closed = true;
                    used.remove(connection);
                }
                default -> {
                    if (closed) {
                        throw new SQLException("this connection is closed", "08003");
                    }
                }
            }
            try {
                return method.invoke(connection, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }

        private void close() throws SQLException {
            if (closed) {
                return;
            }
            closed = true;
            try {
                back(connection);
            } catch (SQLException e) {
                used.remove(connection);
                connection.close();
            }
        }
    }
}
