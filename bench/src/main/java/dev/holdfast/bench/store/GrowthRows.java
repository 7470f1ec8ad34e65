package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.Database;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.postgresql.PostgresStore;
import dev.holdfast.store.sqlite.SqliteStore;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A store that is filled straight into its tables: a million rows in seconds. */
abstract sealed class GrowthRows implements AutoCloseable {
    /** Steady time of what is written: long ago, but in a window of a hundred years. */
    static final long STEP_MICROS = 1_000;

    /** Opens the store on its rows. */
    abstract Store open();

    abstract Connection connect() throws SQLException;

    /** The numbers after one, up to another, as a table with the column {@code n}. */
    abstract String numbers(long after, long upTo);

    /** The id that belongs to {@code n}. */
    abstract String id();

    abstract String yes();

    /** Columns, and their values, that only this dialect has. */
    abstract String requestColumn();

    abstract String requestValue();

    static GrowthRows sqlite(Path folder) {
        return new Sqlite(folder.resolve("growth.db"));
    }

    static GrowthRows postgresql(Path folder) throws IOException, SQLException {
        return new Postgres(new Database(folder));
    }

    void run(String... statements) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String sql : statements) {
                statement.executeUpdate(sql);
            }
            connection.commit();
            connection.setAutoCommit(true);
            statement.execute("ANALYZE");
        }
    }

    /** Calls that settled, one after the other. */
    void calls(long all, long now) throws SQLException {
        run(
                "DELETE FROM used",
                "INSERT INTO used (ledger, settled, total) SELECT 1, %d - (%d - n) * %d, n FROM %s"
                        .formatted(now, all, STEP_MICROS, numbers(0, all)));
    }

    /** Requests that succeeded, whose results serve as cache, each with a webhook delivered. */
    void finished(long after, long more) throws SQLException {
        run(
                ("INSERT INTO job (id, upstream, route, client, request, key_high, key_low, params,"
                                + " status, turn, attempts, repeatable, created, cache_ttl, interest,"
                                + " result_status, result_body, finished_ms, cached_until, prune_at) SELECT n,"
                                + " 1, '/crypto/sign', 1, %s, n * 7919, n, '{}', 'succeeded', n, 1, %s, n, 1,"
                                + " 1, 200, 'signature', 9000000000000, 9000000000000000 + n, 9000000000000000"
                                + " + n FROM %s")
                        .formatted(id(), yes(), numbers(after, after + more)),
                ("INSERT INTO request (client, id, job, webhook_url, webhook_headers%s)"
                                + " SELECT 1, %s, n, 'https://shop.example/hook', '{}'%s FROM %s")
                        .formatted(
                                requestColumn(),
                                id(),
                                requestValue(),
                                numbers(after, after + more)),
                ("INSERT INTO delivery (id, client, request, status, state, attempts, created_ms)"
                                + " SELECT %s, 1, %s, 'succeeded', 'delivered', 1, n FROM %s")
                        .formatted(id(), id(), numbers(after, after + more)));
    }

    /** Clients with a job each that waits. */
    void clients(long after, long more, long before) throws SQLException {
        String numbers = numbers(after, after + more);
        String client = "n - " + (after - before - 10);
        run(
                ("INSERT INTO job (id, upstream, route, client, request, key_high, key_low, params,"
                                + " status, turn, repeatable, created, cache_ttl, interest) SELECT n, 1,"
                                + " '/crypto/sign', %s, %s, n * 7919, n, '{}', 'queued', 1, %s, n, 1, 1 FROM"
                                + " %s")
                        .formatted(client, id(), yes(), numbers),
                "INSERT INTO request (client, id, job%s) SELECT %s, %s, n%s FROM %s"
                        .formatted(requestColumn(), client, id(), requestValue(), numbers),
                "INSERT INTO pending (client, requests) SELECT %s, 1 FROM %s"
                        .formatted(client, numbers),
                "INSERT INTO lane (upstream, retry, client, last_turn, jobs) SELECT 1, %s, %s, 1, 1 FROM %s"
                        .formatted(no(), client, numbers));
        waiting(more);
    }

    /** So many more wait for the newest job, each with a webhook. */
    void waitingForOne(long more) throws SQLException {
        run(
                ("INSERT INTO request (client, id, job, webhook_url, webhook_headers%s) SELECT 1,"
                                + " %s, (SELECT max(id) FROM job), 'https://shop.example/hook', '{}'%s"
                                + " FROM %s")
                        .formatted(requestColumn(), id(), requestValue(), numbers(0, more)),
                "UPDATE job SET interest = interest + %d WHERE id = (SELECT max(id) FROM job)"
                        .formatted(more),
                "UPDATE pending SET requests = requests + %d WHERE client = 1".formatted(more));
    }

    /** Whether a job has ended of which not all who waited were told. */
    boolean isTelling() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT 1 FROM job WHERE told IS NOT NULL")) {
            return row.next();
        }
    }

    /** So many more jobs wait. */
    abstract void waiting(long more) throws SQLException;

    abstract String no();

    @Override
    public void close() throws IOException {}

    private static final class Sqlite extends GrowthRows {
        private final Path file;

        Sqlite(Path file) {
            this.file = file;
        }

        @Override
        Store open() {
            return SqliteStore.open(file, StoreOptions.DEFAULT);
        }

        @Override
        Connection connect() throws SQLException {
            return DriverManager.getConnection("jdbc:sqlite:" + file);
        }

        @Override
        String numbers(long after, long upTo) {
            return ("(WITH RECURSIVE c (n) AS (SELECT %d UNION ALL SELECT n + 1 FROM c WHERE n <"
                            + " %d) SELECT n FROM c) AS numbers")
                    .formatted(after + 1, upTo);
        }

        @Override
        String id() {
            return "unhex(printf('0000000000000000%016X', n))";
        }

        @Override
        String yes() {
            return "1";
        }

        @Override
        String no() {
            return "0";
        }

        @Override
        void waiting(long more) {}

        @Override
        String requestColumn() {
            return "";
        }

        @Override
        String requestValue() {
            return "";
        }
    }

    private static final class Postgres extends GrowthRows {
        private final Database database;

        Postgres(Database database) {
            this.database = database;
        }

        @Override
        Store open() {
            return PostgresStore.open(Database.url(database.port()), StoreOptions.DEFAULT);
        }

        @Override
        Connection connect() throws SQLException {
            return database.connect();
        }

        @Override
        String numbers(long after, long upTo) {
            return "generate_series(%d::bigint, %d::bigint) AS numbers (n)"
                    .formatted(after + 1, upTo);
        }

        @Override
        String id() {
            return "CAST(lpad(to_hex(n), 32, '0') AS uuid)";
        }

        @Override
        String yes() {
            return "TRUE";
        }

        @Override
        String no() {
            return "FALSE";
        }

        @Override
        void waiting(long more) throws SQLException {
            run("UPDATE upstream SET normal_queued = normal_queued + " + more + " WHERE id = 1");
        }

        @Override
        String requestColumn() {
            return ", upstream";
        }

        @Override
        String requestValue() {
            return ", 1";
        }

        @Override
        public void close() throws IOException {
            database.close();
        }
    }
}
