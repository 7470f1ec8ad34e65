package dev.holdfast.store.postgresql;

import dev.holdfast.store.Store;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.WriteProbe;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/**
 * A database of its own on the real server, for stores whose time is a simulation's: the server's
 * clock, each machine's, and when a life sign is given.
 */
public final class SimulatedDatabase {
    private static final long WAIT_SECONDS = 60;

    private final String url = PostgresServer.newDatabase();
    private final String name = url.substring(url.lastIndexOf('/') + 1);

    private @Nullable Session inside;
    private long newest;

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

    private static PostgresDatabase.Dial telling(Runnable connected) {
        return (jdbc, properties) -> {
            Connection connection = new Driver().connect(jdbc, properties);
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

    /** The number of the newest call that was claimed; as it last was known if it is cut now. */
    public synchronized long newestCall() {
        try {
            if (inside == null) {
                inside = PostgresServer.database(url).plain();
            }
            newest = inside.number("SELECT coalesce(max(id), 0) FROM attempt");
        } catch (SQLException _) {
            close(inside);
            inside = null;
        }
        return newest;
    }

    private static void close(@Nullable Session sql) {
        try {
            if (sql != null) {
                sql.close();
            }
        } catch (SQLException e) {
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
        PostgresServer.execute("DROP DATABASE " + name + " WITH (FORCE)");
    }
}
