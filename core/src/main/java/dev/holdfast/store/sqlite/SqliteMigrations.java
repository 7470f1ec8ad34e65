package dev.holdfast.store.sqlite;

import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.files.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * Brings a file's schema up to date. A new file gets the scripts themselves, in one transaction,
 * which is much faster than a start of Flyway (1.7 s of processor time); Flyway upgrades older
 * ones. The number of the last script is the file's {@code user_version}.
 */
final class SqliteMigrations {
    private static final String FOLDER = "dev/holdfast/store/sqlite";

    /** The scripts, oldest first; a released one never changes. */
    private static final List<String> SCRIPTS = List.of("V1__schema.sql");

    private static final String VERSION = "PRAGMA user_version";
    private static final String TABLES = "SELECT count(*) FROM sqlite_schema";

    private SqliteMigrations() {}

    /** A connection that writes to the file, with today's schema. */
    static Connection open(SqliteFile file) {
        createFolder(file);
        try {
            Connection connection = file.writer();
            try {
                bringUpToDate(file, connection);
                return connection;
            } catch (SQLException | RuntimeException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException | FlywayException e) {
            throw new StoreUnavailable("cannot open " + file.path() + ": " + e.getMessage(), e);
        }
    }

    private static void bringUpToDate(SqliteFile file, Connection connection) throws SQLException {
        long version = create(connection);
        checkVersion(file.path(), version);
        if (version < SCRIPTS.size()) {
            upgrade(file, version, SCRIPTS.size(), FOLDER);
        }
    }

    /**
     * @throws StoreUnavailable if a file's schema is not one of ours
     */
    static void checkVersion(Path file, long version) {
        if (version < 1) {
            throw new StoreUnavailable(file + " is not a store of Holdfast", null);
        }
        if (version > SCRIPTS.size()) {
            throw new StoreUnavailable(file + " was made by a newer Holdfast; use that one", null);
        }
    }

    static void createFolder(SqliteFile file) {
        Path folder = file.path().toAbsolutePath().getParent();
        try {
            if (folder != null) {
                PrivateFiles.createFolders(folder);
            }
            // The files beside it get the mode of this one.
            PrivateFiles.create(file.path());
        } catch (IOException e) {
            throw new StoreUnavailable("cannot make " + folder + ": " + e.getMessage(), e);
        }
    }

    /** Makes the schema if the file is new; answers its version. */
    static long create(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            long version = number(statement, VERSION);
            if (version > 0) {
                return version;
            }
            if (number(statement, TABLES) == 0) {
                // It can give space back, bit by bit; before there is anything in it.
                statement.execute("PRAGMA auto_vacuum = INCREMENTAL");
                statement.execute("VACUUM");
            }
            statement.executeUpdate(SqliteSql.BEGIN);
            if (number(statement, TABLES) == 0) {
                for (String script : SCRIPTS) {
                    statement.executeUpdate(read(script));
                }
                statement.executeUpdate(VERSION + " = " + SCRIPTS.size());
            }
            statement.executeUpdate(SqliteSql.COMMIT);
            return number(statement, VERSION);
        }
    }

    /** Runs the scripts after {@code from} through Flyway. */
    static void upgrade(SqliteFile file, long from, int to, String folder) throws SQLException {
        Flyway.configure()
                .dataSource(file.url(), null, null)
                .locations("classpath:" + folder)
                .baselineOnMigrate(true)
                .baselineVersion(Long.toString(from))
                .load()
                .migrate();
        try (Connection connection = file.writer();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(VERSION + " = " + to);
        }
    }

    private static long number(Statement statement, String sql) throws SQLException {
        try (ResultSet found = statement.executeQuery(sql)) {
            return found.next() ? found.getLong(1) : 0;
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
