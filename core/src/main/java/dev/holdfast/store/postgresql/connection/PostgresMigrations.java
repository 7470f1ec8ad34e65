package dev.holdfast.store.postgresql.connection;

import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.sql.Session;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * Brings a database's schema up to date. Flyway holds a lock of the database meanwhile, so however
 * many replicas start together, each script runs once. A script leaves everything in place that the
 * version before it uses, so that the replicas of that version go on until they are replaced.
 */
public final class PostgresMigrations {
    private static final String FOLDER = "classpath:dev/holdfast/store/postgresql";

    /** The last script's number; a database that has it needs no Flyway, whose start is slow. */
    private static final String LATEST = "1";

    /** How long a database that does not take connections is waited for at a start. */
    private static final Duration START_WITHIN = Duration.ofSeconds(15);

    private static final long START_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private PostgresMigrations() {}

    /** As {@link #migrate}, but waits a little for a database that starts at the same time. */
    public static void atStart(PostgresDatabase database) {
        long until = System.nanoTime() + START_WITHIN.toNanos();
        while (true) {
            try {
                migrate(database);
                return;
            } catch (StoreUnavailable e) {
                boolean away =
                        e.getCause() instanceof SQLException cause
                                && !PostgresDatabase.isConnectionSound(cause);
                if (!away || System.nanoTime() - until > 0) {
                    throw e;
                }
                LockSupport.parkNanos(START_AGAIN_NANOS);
            }
        }
    }

    /**
     * Runs what has not run yet.
     *
     * @throws StoreUnavailable if the database cannot be used
     */
    public static void migrate(PostgresDatabase database) {
        try (Connection connection = database.connect();
                Session sql = PostgresDatabase.on(connection)) {
            PostgresPooler.refuse(database, connection);
            if (sql.number(PostgresSql.HAS_HISTORY) == 1
                    && sql.number(PostgresSql.HAS_SCRIPT, LATEST) > 0) {
                return;
            }
        } catch (SQLException e) {
            throw new StoreUnavailable(database.url() + ": " + e.getMessage(), e);
        }
        migrate(database, FOLDER);
    }

    /** Runs the scripts of a folder of the class path that have not run yet. */
    public static void migrate(PostgresDatabase database, String folder) {
        try {
            Flyway.configure()
                    .dataSource(new PostgresSource(database))
                    .locations(folder)
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw new StoreUnavailable(database.url() + ": " + e.getMessage(), e);
        }
    }
}
