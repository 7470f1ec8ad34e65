package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.Database;
import dev.holdfast.bench.kit.Processors;
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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A store that is filled straight into its tables: a million rows in seconds. */
abstract sealed class GrowthRows implements AutoCloseable {
    /** Steady time of what is written: long ago, but in a window of a hundred years. */
    static final long STEP_MICROS = 1_000;

    /** Opens the store on its rows. */
    abstract Store open();

    abstract Connection connect() throws SQLException;

    /** For {@code store.url}. */
    abstract String url();

    /** The numbers after one, up to another, as a table with the column {@code n}. */
    abstract String numbers(long after, long upTo);

    /** The id that belongs to {@code n}. */
    abstract String id();

    abstract String yes();

    static GrowthRows sqlite(Path folder) {
        return new Sqlite(folder.resolve("growth.db"));
    }

    static GrowthRows postgresql(Path folder) throws IOException, SQLException {
        return new Postgres(new Database(folder));
    }

    /** What is said to a connection that fills, before and after. */
    abstract List<String> unsafe();

    abstract List<String> safe();

    /** Names of the indexes that no constraint needs, each with the statement that makes it. */
    abstract String indexes();

    /**
     * Runs statements that add rows, while no store is open: without the indexes, which are made
     * anew at the end, and without waiting for the disk.
     */
    void fill(String... statements) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            Map<String, String> indexes = new LinkedHashMap<>();
            try (ResultSet row = statement.executeQuery(indexes())) {
                while (row.next()) {
                    indexes.put(row.getString(1), row.getString(2));
                }
            }
            execute(statement, unsafe());
            for (String index : indexes.keySet()) {
                statement.executeUpdate("DROP INDEX " + index);
            }
            connection.setAutoCommit(false);
            for (String sql : statements) {
                statement.executeUpdate(sql);
                connection.commit();
            }
            connection.setAutoCommit(true);
            for (String index : indexes.values()) {
                statement.executeUpdate(index);
            }
            execute(statement, safe());
        }
    }

    /** The processors' time that this process has taken so far, and the database's server. */
    double processorMicros() throws IOException {
        return Processors.own();
    }

    /** Runs statements that change what is there. */
    void run(String... statements) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            execute(statement, List.of(statements));
        }
    }

    private static void execute(Statement statement, List<String> all) throws SQLException {
        for (String sql : all) {
            statement.execute(sql);
        }
    }

    /** A number that a query gives. */
    long number(String query) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Calls that settled, one after the other. */
    void calls(long all, long now) throws SQLException {
        fill(
                "DELETE FROM used",
                "INSERT INTO used (ledger, settled, total) SELECT 1, %d - (%d - n) * %d, n FROM %s"
                        .formatted(now, all, STEP_MICROS, numbers(0, all)));
    }

    /** Requests that succeeded, whose results serve as cache, each with a webhook delivered. */
    void finished(long after, long more) throws SQLException {
        fill(
                ("INSERT INTO job (id, upstream, route, client, request, key_high, key_low, params,"
                                + " status, turn, attempts, repeatable, created, cache_ttl, interest,"
                                + " result_status, result_body, finished_ms, cached_until, prune_at) SELECT n,"
                                + " 1, '/crypto/sign', 1, %s, n * 7919, n, '{}', 'succeeded', n, 1, %s, n, 1,"
                                + " 1, 200, 'signature', 9000000000000, 9000000000000000 + n, 9000000000000000"
                                + " + n FROM %s")
                        .formatted(id(), yes(), numbers(after, after + more)),
                ("INSERT INTO request (client, id, job, webhook_url, webhook_headers)"
                                + " SELECT 1, %s, n, 'https://shop.example/hook', '{}' FROM %s")
                        .formatted(id(), numbers(after, after + more)),
                ("INSERT INTO delivery (id, client, request, status, state, attempts, created_ms)"
                                + " SELECT %s, 1, %s, 'succeeded', 'delivered', 1, n FROM %s")
                        .formatted(id(), id(), numbers(after, after + more)));
    }

    /** Clients with a job each that waits. */
    void clients(long after, long more, long before) throws SQLException {
        fill(clients("1", "'/crypto/sign'", after, more, after - before - 10));
    }

    /**
     * Statements that add clients with a job each that waits.
     *
     * @param first what a number is more than its client's
     */
    String[] clients(String upstream, String route, long after, long more, long first) {
        String numbers = numbers(after, after + more);
        String client = "n - " + first;
        List<String> all = new ArrayList<>();
        all.add(
                ("INSERT INTO job (id, upstream, route, client, request, key_high, key_low, params,"
                                + " status, turn, repeatable, created, cache_ttl, interest) SELECT n, %s,"
                                + " %s, %s, %s, n * 7919, n, '{}', 'queued', 1, %s, n, 1, 1 FROM %s")
                        .formatted(upstream, route, client, id(), yes(), numbers));
        all.add(
                "INSERT INTO request (client, id, job) SELECT %s, %s, n FROM %s"
                        .formatted(client, id(), numbers));
        all.add(
                "INSERT INTO pending (client, requests) SELECT %s, 1 FROM %s"
                        .formatted(client, numbers));
        all.add(
                "INSERT INTO lane (upstream, retry, client, last_turn, jobs) SELECT %s, %s, %s, 1, 1 FROM %s"
                        .formatted(upstream, no(), client, numbers));
        all.addAll(waiting(upstream, more));
        return all.toArray(String[]::new);
    }

    /** So many more wait for the newest job, each with a webhook. */
    void waitingForOne(long more) throws SQLException {
        fill(
                ("INSERT INTO request (client, id, job, webhook_url, webhook_headers) SELECT 1,"
                                + " %s, (SELECT max(id) FROM job), 'https://shop.example/hook', '{}'"
                                + " FROM %s")
                        .formatted(id(), numbers(0, more)),
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

    /** So many more jobs wait, where their number is kept. */
    abstract List<String> waiting(String upstream, long more);

    abstract String no();

    /** A column of calls, and its value, that only this dialect has. */
    abstract String attemptColumn();

    abstract String attemptValue();

    /** What is said where numbers are given that the database gives else. */
    abstract String overriding();

    /** So many results are kept as cache, where their number is kept. */
    abstract List<String> cachedResults(String route, long results);

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
        String url() {
            return "sqlite:" + file;
        }

        @Override
        List<String> unsafe() {
            return List.of(
                    "PRAGMA journal_mode = OFF",
                    "PRAGMA synchronous = OFF",
                    "PRAGMA cache_size = -500000");
        }

        @Override
        List<String> safe() {
            return List.of("ANALYZE", "PRAGMA journal_mode = WAL");
        }

        @Override
        String indexes() {
            return "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";
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
        List<String> waiting(String upstream, long more) {
            return List.of();
        }

        @Override
        List<String> cachedResults(String route, long results) {
            return List.of();
        }

        @Override
        String overriding() {
            return "";
        }

        @Override
        String attemptColumn() {
            return "";
        }

        @Override
        String attemptValue() {
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
        String url() {
            return Database.url(database.port());
        }

        @Override
        List<String> unsafe() {
            return List.of(
                    "ALTER SYSTEM SET max_wal_size = '8GB'",
                    "SELECT pg_reload_conf()",
                    "SET synchronous_commit = off",
                    "SET maintenance_work_mem = '256MB'");
        }

        /** With what an idle server would do by itself: nothing of it is measured. */
        @Override
        List<String> safe() {
            return List.of(
                    "VACUUM ANALYZE",
                    "ALTER SYSTEM RESET max_wal_size",
                    "SELECT pg_reload_conf()",
                    "CHECKPOINT");
        }

        @Override
        String indexes() {
            return """
            SELECT indexname, indexdef FROM pg_indexes x
            WHERE schemaname = current_schema() AND NOT EXISTS (
                SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexname::regclass)
            """;
        }

        @Override
        Connection connect() throws SQLException {
            return database.connect();
        }

        @Override
        double processorMicros() throws IOException {
            return super.processorMicros() + database.processorMicros();
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
        List<String> waiting(String upstream, long more) {
            return List.of(
                    "UPDATE upstream SET normal_queued = normal_queued + "
                            + more
                            + " WHERE id = "
                            + upstream);
        }

        @Override
        List<String> cachedResults(String route, long results) {
            return List.of(
                    "INSERT INTO cached (route, results) VALUES ('%s', %d) ON CONFLICT (route) DO UPDATE SET results = cached.results + excluded.results"
                            .formatted(route, results));
        }

        @Override
        String overriding() {
            return "OVERRIDING SYSTEM VALUE";
        }

        @Override
        String attemptColumn() {
            return ", owner";
        }

        @Override
        String attemptValue() {
            return ", '00000000-0000-0000-0000-000000000000'";
        }

        @Override
        public void close() throws IOException {
            database.close();
        }
    }
}
