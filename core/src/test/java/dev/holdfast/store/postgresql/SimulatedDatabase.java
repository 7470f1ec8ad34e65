package dev.holdfast.store.postgresql;

import dev.holdfast.store.Store;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresUrl;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.WriteProbe;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGConnection;

/**
 * A database of its own on the real server, for stores whose time is a simulation's: the server's
 * clock, each machine's, and when a life sign is given.
 */
public final class SimulatedDatabase {
    private static final long WAIT_SECONDS = 60;

    /**
     * The commit of a claimed call waits on the server while somebody holds this lock, as for a
     * standby that is away: nobody else sees it, its locks are held, and it is done in the end,
     * whether or not whoever asked for it is still connected.
     */
    private static final List<String> COMMITS_WAIT =
            List.of(
                    """
                    CREATE FUNCTION wait_for_standby() RETURNS trigger LANGUAGE plpgsql
                    SET lock_timeout = 0 AS
                    'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END'
                    """,
                    """
                    CREATE CONSTRAINT TRIGGER wait_for_standby AFTER INSERT ON attempt
                    DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION wait_for_standby()
                    """);

    private static final String STANDBY_IS_AWAY = "SELECT pg_advisory_lock(1)";
    private static final String WHO_WAITS =
            """
            SELECT pid FROM pg_locks
            WHERE locktype = 'advisory' AND NOT granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """;

    private final String url = PostgresServer.newDatabase();
    private final String name = url.substring(url.lastIndexOf('/') + 1);

    /** The stores' connections, by their backend's process. */
    private final Map<Integer, Connection> connections = new ConcurrentHashMap<>();

    private @Nullable Session inside;
    private @Nullable Connection standby;
    private long newest;

    public SimulatedDatabase() {
        try (Connection connection = PostgresServer.database(url).connect();
                Statement statement = connection.createStatement()) {
            for (String each : COMMITS_WAIT) {
                statement.execute(each);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** One process's store. */
    public static final class Replica {
        private final PostgresStore store;
        private final Beats beats;

        private Replica(PostgresStore store, Beats beats) {
            this.store = store;
            this.beats = beats;
        }

        public Store store() {
            return store;
        }

        /** Gives one life sign, and does all that comes with it. */
        public void beat() {
            beats.beat();
        }

        /** Ends as a killed process does. */
        public void kill() {
            store.abandon();
        }
    }

    /** Lets one beat through at a time. */
    private static final class Beats implements PostgresPresence.Between {
        private boolean wanted;
        private boolean idle;

        @Override
        public synchronized boolean stopped(Semaphore stop) throws InterruptedException {
            idle = true;
            notifyAll();
            while (!stop.tryAcquire()) {
                if (wanted) {
                    wanted = false;
                    return false;
                }
                wait(1);
            }
            return true;
        }

        synchronized void beat() {
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
            await(until);
            idle = false;
            wanted = true;
            notifyAll();
            await(until);
        }

        private void await(long until) {
            while (!idle) {
                if (System.nanoTime() > until) {
                    throw new AssertionError("a life sign takes more than a minute");
                }
                try {
                    wait(100);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        }
    }

    /**
     * Opens a store on it.
     *
     * @param nanos the machine's monotonic clock
     * @param micros the server's clock
     * @param connected told of each new connection, on the thread that made it
     */
    public Replica open(
            LongSupplier nanos,
            LongSupplier micros,
            StoreOptions options,
            WriteProbe probe,
            Runnable connected,
            RandomGenerator random) {
        Beats beats = new Beats();
        return new Replica(
                PostgresStore.open(
                        new PostgresStore.Setting(
                                new PostgresDatabase(
                                        PostgresUrl.parse(url), probe, telling(connected)),
                                options,
                                nanos,
                                (_, told) -> told.accept(micros.getAsLong()),
                                random,
                                beats)),
                beats);
    }

    private PostgresDatabase.Dial telling(Runnable connected) {
        return (jdbc, properties) -> {
            Connection connection = new Driver().connect(jdbc, properties);
            PGConnection server = connection.unwrap(PGConnection.class);
            connections.put(server.getBackendPID(), connection);
            connected.run();
            return connection;
        };
    }

    /** Cuts all connections. */
    public void cut() {
        PostgresServer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
                        + name
                        + "'");
    }

    /** Whoever connects from now on may only read, or may write again. */
    public void onlyReads(boolean only) {
        PostgresServer.execute(
                "ALTER DATABASE "
                        + name
                        + " SET default_transaction_read_only = "
                        + (only ? "on" : "off"));
    }

    /**
     * Locks an upstream, as a replica that hangs in a transaction does, while something is done.
     */
    public void whileLocked(String upstream, Runnable meanwhile) {
        try (Connection other = PostgresServer.database(url).connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SELECT 1 FROM upstream WHERE name = '" + upstream + "' FOR UPDATE");
            meanwhile.run();
            other.rollback();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** From now on the commits of claimed calls wait, until {@link #standbyIsBack}. */
    public void standbyIsAway() {
        standbyIsBack();
        try {
            Connection connection = PostgresServer.database(url).connect();
            standby = connection;
            try (Statement statement = connection.createStatement()) {
                statement.execute(STANDBY_IS_AWAY);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** The commits that wait are done. */
    public void standbyIsBack() {
        close(standby);
        standby = null;
    }

    /**
     * Whoever waits for such a commit loses patience, as after the time that a socket is waited
     * for.
     *
     * @return how many did
     */
    public int loseCommitAnswers() {
        int lost = 0;
        for (int process : seen(WHO_WAITS, row -> row.getInt(1))) {
            Connection connection = connections.remove(process);
            if (connection != null) {
                try {
                    connection.abort(Runnable::run);
                } catch (SQLException e) {
                    throw new AssertionError(e);
                }
                lost++;
            }
        }
        return lost;
    }

    /** The calls that have not settled; none if the connection is cut just now. */
    public List<Long> unsettledCalls() {
        return seen("SELECT id FROM attempt WHERE settled IS NULL", row -> row.getLong(1));
    }

    private synchronized <T> List<T> seen(String query, Session.Row<T> each) {
        try {
            return inside().list(query, each);
        } catch (SQLException _) {
            close(inside);
            inside = null;
            return List.of();
        }
    }

    private Session inside() throws SQLException {
        if (inside == null) {
            inside = PostgresServer.database(url).plain();
        }
        return inside;
    }

    /** The number of the newest call that was claimed; as it last was known if it is cut now. */
    public synchronized long newestCall() {
        try {
            newest = inside().number("SELECT coalesce(max(id), 0) FROM attempt");
        } catch (SQLException _) {
            close(inside);
            inside = null;
        }
        return newest;
    }

    private static void close(@Nullable AutoCloseable sql) {
        try {
            if (sql != null) {
                sql.close();
            }
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** A number that a query gives. */
    public long number(String query) {
        return PostgresServer.number(url, query);
    }

    /** Nobody needs it any more. */
    public void drop() {
        close(inside);
        close(standby);
        PostgresServer.execute("DROP DATABASE " + name + " WITH (FORCE)");
    }
}
