package dev.holdfast.store.postgresql;

import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresMigrations;
import dev.holdfast.store.postgresql.connection.PostgresUrl;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.WriteProbe;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

/** A real PostgreSQL for tests, one for all of them, with a fresh database for each. */
final class PostgresServer {
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private PostgresServer() {}

    /** Started when first needed; it ends with the JVM. */
    private static final class Holder {
        static final EmbeddedPostgres SERVER = start();

        private static EmbeddedPostgres start() {
            try {
                // No power is cut here: what a server has on disk is PostgresCluster's matter.
                EmbeddedPostgres server =
                        EmbeddedPostgres.builder()
                                .setServerConfig("fsync", "off")
                                .setServerConfig("full_page_writes", "off")
                                .start();
                run(server.getPostgresDatabase().getConnection(), "CREATE DATABASE template_done");
                PostgresMigrations.migrate(database(server, "template_done"));
                return server;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** A new database whose schema is there; its URL as the configuration has it. */
    static String newDatabase() {
        return newDatabase(" TEMPLATE template_done");
    }

    /** A new database without anything in it. */
    static String newEmptyDatabase() {
        return newDatabase("");
    }

    private static String newDatabase(String template) {
        String name = "test_" + DATABASES.incrementAndGet();
        execute("CREATE DATABASE " + name + template);
        return url(Holder.SERVER, name);
    }

    /** Runs a statement as the server's superuser. */
    static void execute(String statement) {
        try {
            run(Holder.SERVER.getPostgresDatabase().getConnection(), statement);
        } catch (SQLException e) {
            throw new AssertionError(statement, e);
        }
    }

    /** A number that a query gives. */
    static long number(String url, String query) {
        try (Connection connection = database(url).connect();
                Session sql = PostgresDatabase.on(connection)) {
            return sql.number(query);
        } catch (SQLException e) {
            throw new AssertionError(query, e);
        }
    }

    static PostgresDatabase database(String url) {
        return new PostgresDatabase(PostgresUrl.parse(url), WriteProbe.NONE);
    }

    private static PostgresDatabase database(EmbeddedPostgres server, String name) {
        return database(url(server, name));
    }

    static String url(EmbeddedPostgres server, String name) {
        return "postgresql://postgres:postgres@localhost:" + server.getPort() + "/" + name;
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (connection;
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
