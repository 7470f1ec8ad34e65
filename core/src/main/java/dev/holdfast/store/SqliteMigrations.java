package dev.holdfast.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** Brings a file's schema up to date. */
final class SqliteMigrations {
    private static final String FOLDER = "dev/holdfast/store/sqlite";

    /** The scripts, oldest first; a released one never changes. */
    private static final String[] SCRIPTS = {"V1__schema.sql"};

    private static final String NEWEST =
            """
            SELECT count(*) FROM flyway_schema_history WHERE success = 1 AND script = ?
            """;

    private SqliteMigrations() {}

    /** Through Flyway, unless its history says that there is nothing to do: that is faster. */
    static void migrate(SqliteFile file) {
        createFolder(file);
        try {
            if (isCurrent(file)) {
                return;
            }
            Flyway.configure()
                    .dataSource(file.url(), null, null)
                    .locations("classpath:" + FOLDER)
                    .load()
                    .migrate();
        } catch (SQLException | FlywayException e) {
            throw new StoreUnavailable("cannot open " + file.path() + ": " + e.getMessage(), e);
        }
    }

    static void createFolder(SqliteFile file) {
        Path folder = file.path().toAbsolutePath().getParent();
        try {
            if (folder != null) {
                Files.createDirectories(folder);
            }
        } catch (IOException e) {
            throw new StoreUnavailable("cannot make " + folder + ": " + e.getMessage(), e);
        }
    }

    /** The scripts themselves on a new file, without a history; for simulations. */
    static void create(SqliteFile file) throws SQLException {
        if (Files.exists(file.path())) {
            return;
        }
        try (Connection connection = file.writer();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("BEGIN IMMEDIATE");
            for (String script : SCRIPTS) {
                statement.executeUpdate(read(script));
            }
            statement.executeUpdate("COMMIT");
        }
    }

    private static boolean isCurrent(SqliteFile file) throws SQLException {
        if (Files.notExists(file.path())) {
            return false;
        }
        String table = "SELECT count(*) FROM sqlite_schema WHERE name = 'flyway_schema_history'";
        try (Session sql = new Session(file.writer(), WriteProbe.NONE)) {
            return sql.number(table) == 1 && sql.number(NEWEST, SCRIPTS[SCRIPTS.length - 1]) == 1;
        }
    }

    private static String read(String script) {
        String name = "/" + FOLDER + "/" + script;
        try (InputStream in = SqliteMigrations.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(name + " cannot be read", e);
        }
    }
}
