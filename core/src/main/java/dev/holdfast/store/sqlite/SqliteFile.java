package dev.holdfast.store.sqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.SynchronousMode;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.SQLiteOpenMode;

/** Opens connections to one SQLite file. */
final class SqliteFile {
    /** How long a writer waits for another process's transaction, in milliseconds. */
    private static final int BUSY_MILLIS = 2_000;

    /** Pages the writer keeps, in KiB (negative means KiB to SQLite). */
    private static final int WRITER_CACHE = -16_000;

    private static final int READER_CACHE = -2_000;

    private final Path path;
    private final boolean durable;

    SqliteFile(Path path, boolean durable) {
        this.path = path;
        this.durable = durable;
    }

    /** Whether anything waits for the disk. */
    boolean durable() {
        return durable;
    }

    Path path() {
        return path;
    }

    String url() {
        return "jdbc:sqlite:" + path;
    }

    /** A connection that writes; checkpoints are made elsewhere, never inside a commit. */
    Connection writer() throws SQLException {
        SQLiteConfig config = config();
        config.setCacheSize(WRITER_CACHE);
        return config.createConnection(url());
    }

    /** A connection that only reads. */
    Connection reader() throws SQLException {
        SQLiteConfig config = config();
        config.setCacheSize(READER_CACHE);
        Connection connection = config.createConnection(url());
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA query_only = true");
        }
        return connection;
    }

    private SQLiteConfig config() {
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(JournalMode.WAL);
        config.setSynchronous(durable ? SynchronousMode.FULL : SynchronousMode.OFF);
        config.setBusyTimeout(BUSY_MILLIS);
        if (durable) {
            config.setPragma(SQLiteConfig.Pragma.WAL_AUTOCHECKPOINT, "0");
        }
        config.resetOpenMode(SQLiteOpenMode.OPEN_URI);
        // Or each INSERT is followed by a query for its row's number, which nobody asks for.
        config.setGetGeneratedKeys(false);
        return config;
    }

    /** Whether an error is the database's and not the statement's. */
    static boolean isUnavailable(SQLException e) {
        return !(e instanceof SQLiteException sqlite) || !isStatements(sqlite.getResultCode());
    }

    /** Whether the connection can go on after this error once the transaction is rolled back. */
    static boolean isConnectionSound(SQLException e) {
        return e instanceof SQLiteException sqlite
                && (sqlite.getResultCode() == SQLiteErrorCode.SQLITE_FULL
                        || sqlite.getResultCode() == SQLiteErrorCode.SQLITE_BUSY
                        || isStatements(sqlite.getResultCode()));
    }

    private static boolean isStatements(SQLiteErrorCode code) {
        return switch (SQLiteErrorCode.getErrorCode(code.code & 0xFF)) {
            case SQLITE_CONSTRAINT, SQLITE_ERROR, SQLITE_MISMATCH, SQLITE_TOOBIG, SQLITE_RANGE ->
                    true;
            default -> false;
        };
    }
}
