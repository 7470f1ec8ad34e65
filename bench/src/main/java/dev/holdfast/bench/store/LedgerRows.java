package dev.holdfast.bench.store;

import dev.holdfast.store.NewRequest;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.queue.Lanes;
import dev.holdfast.store.sqlite.SqliteStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** A store on SQLite with queued jobs in partitions, written straight into its tables. */
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

    /** Makes it, with so many jobs, one after the other in so many partitions. */
    static void write(Path file, long partitions, long jobs) throws IOException, SQLException {
        Files.createDirectories(file.getParent());
        long now;
        try (SqliteStore store = SqliteStore.open(file, StoreOptions.DEFAULT)) {
            now = ChronoUnit.MICROS.between(Instant.EPOCH, store.clock().instant());
        }
        String numbered =
                "(WITH RECURSIVE c (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < %d)"
                        + " SELECT n FROM c) AS numbers";
        String each = numbered.formatted(partitions - 1);
        String all = numbered.formatted(jobs - 1);
        String name = NewRequest.Place.queue(API, "") + "' || " + "printf('t%012d', n)";
        String key = "printf('t%012d', n % " + partitions + ")";
        String of = "2 + n % " + partitions;
        String turn = "(1 + n / " + partitions + ") * " + Lanes.TURN;
        String id = "unhex(printf('0000000000000000%016X', n))";
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement sql = connection.createStatement()) {
            connection.setAutoCommit(false);
            sql.executeUpdate("INSERT INTO ledger (id, identity) VALUES (1, '" + API + "')");
            sql.executeUpdate(
                    "INSERT INTO upstream (id, name, ledger) VALUES (1, '" + API + "', 1)");
            sql.executeUpdate(
                    "INSERT INTO upstream (id, name, ledger, parent, partition, line) SELECT 2 + n, '"
                            + name
                            + (", 1, 1, printf('t%012d', n), " + Lanes.TURN + " FROM " + each));
            sql.executeUpdate(
                    "INSERT INTO job (id, upstream, partition, route, client, request, key_high,"
                            + " key_low, params, turn, repeatable, created, cache_ttl) SELECT n + 1, "
                            + of
                            + ", "
                            + key
                            + ", '/crypto/sign', "
                            + CLIENT
                            + ", "
                            + id
                            + ", n * 7919, n, '{\"message\":\"m' || n || '\"}', "
                            + turn
                            + ", 1, "
                            + now
                            + ", 1 FROM "
                            + all);
            sql.executeUpdate(
                    "INSERT INTO request (client, id, job) SELECT "
                            + CLIENT
                            + (", " + id + ", n + 1 FROM " + all));
            sql.executeUpdate(
                    "INSERT INTO lane (upstream, retry, client, last_turn, jobs)"
                            + " SELECT upstream, 0, client, max(turn), count(*) FROM job"
                            + " GROUP BY upstream, client");
            sql.executeUpdate(
                    "INSERT INTO pending (client, requests) VALUES (" + CLIENT + ", " + jobs + ")");
            connection.commit();
        }
    }
}
