package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.Database;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.postgresql.PostgresStore;
import dev.holdfast.store.sqlite.SqliteStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A store that is measured: a file, or a database on a PostgreSQL server of its own. */
final class LedgerStore implements AutoCloseable {
    private final Path folder;
    private final @Nullable Database database;

    private LedgerStore(Path folder, @Nullable Database database) {
        this.folder = folder;
        this.database = database;
    }

    static LedgerStore of(Path folder, boolean postgres) throws IOException, SQLException {
        Files.createDirectories(folder);
        return new LedgerStore(folder, postgres ? new Database(folder.resolve("server")) : null);
    }

    private Path file() {
        return folder.resolve("holdfast.db");
    }

    Store open() {
        return database == null
                ? SqliteStore.open(file(), StoreOptions.DEFAULT)
                : PostgresStore.open(Database.url(database.port()), StoreOptions.DEFAULT);
    }

    GatewayProcess gateway(String yaml) throws IOException {
        return database == null
                ? GatewayProcess.start(folder, yaml)
                : GatewayProcess.start(folder, Database.url(database.port()), Map.of(), yaml);
    }

    /** So many jobs in so many partitions. */
    void fill(long partitions, long jobs) throws SQLException {
        long now = now(Duration.ZERO);
        var dialect = database == null ? LedgerRows.Dialect.SQLITE : LedgerRows.Dialect.POSTGRESQL;
        try (Connection connection = connect()) {
            LedgerRows.write(connection, dialect, partitions, jobs, now);
        }
        if (database != null) {
            try (Connection connection = connect();
                    var sql = connection.createStatement()) {
                sql.execute("VACUUM ANALYZE"); // as autovacuum has it after a while
            }
        }
    }

    /** All but a hundredth of the partitions wait for something of their own for an hour. */
    void block(long partitions) throws SQLException {
        long until = now(Duration.ofHours(1));
        try (Connection connection = connect()) {
            LedgerRows.block(connection, partitions, until);
        }
    }

    private Connection connect() throws SQLException {
        return database == null
                ? DriverManager.getConnection("jdbc:sqlite:" + file())
                : database.connect();
    }

    private long now(Duration later) {
        try (Store store = open()) {
            return ChronoUnit.MICROS.between(Instant.EPOCH, store.clock().instant().plus(later));
        }
    }

    @Override
    public void close() throws IOException {
        if (database != null) {
            database.close();
        }
    }
}
