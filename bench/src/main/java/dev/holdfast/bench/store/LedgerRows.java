package dev.holdfast.bench.store;

import dev.holdfast.partition.Partitions;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.queue.Lanes;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;

/** Queued jobs in partitions, written straight into a store's tables. */
final class LedgerRows {
    /** The upstream, as {@link dev.holdfast.bench.kit.Upstreams} calls it. */
    static final String API = "synthesia";

    /** The one client's number. */
    static final int CLIENT = 1;

    private LedgerRows() {}

    /** The key of a partition, by its number from 0. */
    static String key(long number) {
        return String.format(Locale.ROOT, "t%012d", number);
    }

    /** What differs between the dialects. */
    enum Dialect {
        SQLITE(
                "(WITH RECURSIVE c (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < %d)"
                        + " SELECT n FROM c) AS numbers",
                "printf('t%%012d', %s)", "unhex(printf('%032X', n))", "0", "1", ""),
        POSTGRESQL(
                "generate_series(0::bigint, %d) AS numbers (n)",
                "'t' || lpad((%s)::text, 12, '0')",
                "lpad(to_hex(n), 32, '0')::uuid",
                "FALSE",
                "TRUE",
                " OVERRIDING SYSTEM VALUE");

        private final String numbers;
        private final String key;
        private final String id;
        private final String no;
        private final String yes;
        private final String numbered;

        Dialect(String numbers, String key, String id, String no, String yes, String numbered) {
            this.numbers = numbers;
            this.key = key;
            this.id = id;
            this.no = no;
            this.yes = yes;
            this.numbered = numbered;
        }
    }

    /**
     * Fills an empty store with so many jobs, one after the other in so many partitions.
     *
     * @param now steady microseconds
     */
    static void write(Connection connection, Dialect in, long partitions, long jobs, long now)
            throws SQLException {
        String each = in.numbers.formatted(partitions - 1);
        String all = in.numbers.formatted(jobs - 1);
        String name = "'" + NewRequest.Place.queue(API, "") + "' || " + in.key.formatted("n");
        String key = in.key.formatted("n % " + partitions);
        String turn = "(1 + n / " + partitions + ") * " + Lanes.TURN;
        connection.setAutoCommit(false);
        try (Statement sql = connection.createStatement()) {
            run(
                    sql,
                    "INSERT INTO ledger (id, identity)",
                    in.numbered,
                    " VALUES (1, '" + API + "')");
            run(
                    sql,
                    "INSERT INTO upstream (id, name, ledger)",
                    in.numbered,
                    " VALUES (1, '" + API + "', 1)");
            run(
                    sql,
                    "INSERT INTO upstream (id, name, ledger, parent, partition, line)",
                    in.numbered,
                    " SELECT 2 + n, " + name + ", 1, 1, " + in.key.formatted("n"),
                    ", " + Lanes.TURN + " FROM " + each);
            run(
                    sql,
                    "INSERT INTO job (id, upstream, partition, route, client, request, key_high,",
                    " key_low, params, turn, repeatable, created, cache_ttl) SELECT n + 1, 2 + n % ",
                    partitions + ", " + key + ", '/crypto/sign', " + CLIENT + ", " + in.id,
                    ", n * 7919, n, '{\"message\":\"m' || n || '\"}', " + turn + ", " + in.yes,
                    ", " + now + ", 1 FROM " + all);
            run(
                    sql,
                    "INSERT INTO request (client, id, job)",
                    " SELECT " + CLIENT + ", " + in.id + ", n + 1 FROM " + all);
            run(
                    sql,
                    "INSERT INTO lane (upstream, retry, client, last_turn, jobs) SELECT upstream, ",
                    in.no + ", client, max(turn), count(*) FROM job GROUP BY upstream, client");
            run(
                    sql,
                    "INSERT INTO pending (client, requests) VALUES (" + CLIENT + ", " + jobs + ")");
            if (in != Dialect.SQLITE) {
                count(sql, partitions, jobs);
            }
            connection.commit();
        }
    }

    /** PostgreSQL has its counts in rows, and its numbers in sequences. */
    private static void count(Statement sql, long partitions, long jobs) throws SQLException {
        run(
                sql,
                "UPDATE upstream u SET normal_queued = l.jobs FROM lane l",
                " WHERE l.upstream = u.id");
        run(
                sql,
                "UPDATE upstream SET partitions = " + partitions + ", busy_partitions = ",
                partitions + ", normal_inner_queued = " + jobs + " WHERE id = 1");
        sql.execute("SELECT setval('job_number', " + (jobs + 1) + ")");
        for (String table : new String[] {"upstream", "ledger"}) {
            sql.execute(
                    "SELECT setval(pg_get_serial_sequence('%1$s', 'id'), (SELECT max(id) FROM %1$s))"
                            .formatted(table));
        }
    }

    private static void run(Statement sql, String... parts) throws SQLException {
        sql.executeUpdate(String.join("", parts));
    }

    /**
     * Has all but a hundredth of the partitions wait as claims would leave them: some refused, some
     * paused, the others out of their own quota.
     *
     * @param until steady microseconds
     */
    static void block(Connection connection, long partitions, long until) throws SQLException {
        String others = " WHERE parent = 1 AND id > " + (2 + partitions / 100);
        try (Statement sql = connection.createStatement()) {
            run(sql, "UPDATE upstream SET line = NULL, wake = " + until, others);
            run(
                    sql,
                    "UPDATE upstream SET unauthorized_since = 1, unauthorized_until = " + until,
                    others + " AND id % 3 = 0");
            run(
                    sql,
                    "INSERT INTO partition_own (upstream, partition, paused)",
                    " SELECT 1, partition, 1 FROM upstream",
                    others + " AND id % 3 = 1 LIMIT " + Partitions.MAX_OWN);
            run(
                    sql,
                    "UPDATE upstream SET wake = NULL WHERE parent = 1 AND EXISTS (SELECT 1",
                    " FROM partition_own o WHERE o.upstream = 1 AND o.partition =",
                    " upstream.partition)");
        }
    }
}
