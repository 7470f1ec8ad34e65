package dev.holdfast.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Status;
import dev.holdfast.store.Deliveries;
import dev.holdfast.store.Ending;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.DeliveryRows;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.Outlooks;
import dev.holdfast.store.sql.Readers;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.StoredReads;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.transition.CancelAndRetry;
import dev.holdfast.store.transition.Transitions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.ProgressHandler;

/**
 * What an operation costs does not grow with what is stored: the steps of SQLite's programs are
 * counted, with so many rows and with twice and four times as many. Time decides nothing.
 */
final class SqliteGrowthTest {
    /** More rows than are looked at for one page of a list. */
    private static final int ROWS = 10_000;

    /** By how much the work may grow while the rows double: a tree gets a level more. */
    private static final double MOST = 1.1;

    private static final Viewer CLIENT = new Viewer(1, false);

    @TempDir Path folder;
    private Connection connection;
    private Session sql;
    private long steps;
    private int rows;

    /** What is measured. */
    private interface Step {
        void run() throws SQLException;
    }

    @BeforeEach
    void open() throws SQLException {
        connection = SqliteMigrations.open(new SqliteFile(folder.resolve("store.db"), false));
        sql = new Session(connection, WriteProbe.NONE).inTransactions();
        fill("INSERT INTO ledger (id, identity) VALUES (1, 'api')");
        fill("INSERT INTO upstream (id, name, ledger) VALUES (1, 'api', 1)");
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    @Test
    void aClaimReadsTheLedgerInAsManyStepsWithFourTimesTheCalls() throws SQLException {
        for (int limit : List.of(1_000, 1_000_000)) {
            Quota quota =
                    new Quota(
                            List.of(
                                    new Window(limit, Duration.ofDays(30)),
                                    new Window(5, Duration.ofMinutes(1))));
            flat(
                    () -> calls(ROWS),
                    () -> {
                        Ledger.read(sql, 1, quota, rows * 1_000L, 0);
                        sql.update(LedgerSql.USE, 1, rows * 1_000L, 1);
                        sql.rollback();
                    });
        }
    }

    @Test
    void anUpstreamThatHungForAMillionCallsIsProbedAndFoundInAsManySteps() throws SQLException {
        Quota quota = new Quota(List.of(new Window(5_000, Duration.ofDays(30))));
        flat(
                () ->
                        fill(
                                "INSERT INTO missing (ledger, given_up, calls, probes)"
                                        + " SELECT 1, n * 1000, n, 0 FROM "
                                        + numbers(ROWS)),
                () -> {
                    assertThat(Ledger.read(sql, 1, quota, rows * 1_000L, 0).missing().calls())
                            .isEqualTo(rows);
                    assertThat(sql.number(LedgerSql.FOUND, Long.MAX_VALUE, 1)).isEqualTo(rows);
                });
    }

    /** The steps grow with the logarithm of the calls: 2 more of some 15. */
    @Test
    void anEstimateReadsAHandfulOfSteps() throws SQLException {
        Quota quota = new Quota(List.of(new Window(1_000_000, Duration.ofDays(30))));
        calls(ROWS);
        var slots = Ledger.read(sql, 1, quota, rows * 1_000L, 0);
        var told = new Outlooks().with(sql, 1, quota, slots, rows * 1_000L, 0);
        assertThat(told.settled().known()).hasSizeBetween(10, 20);
        assertThat(count(() -> new Outlooks().with(sql, 1, quota, slots, rows * 1_000L, 0)))
                .isLessThan(2_000);
    }

    @Test
    void aPageOfAListTakesAsManyStepsWithFourTimesTheRequests() throws SQLException {
        StoredReads reads = new StoredReads(here());
        flat(
                () -> requests(ROWS),
                () -> {
                    for (Viewer viewer : List.of(CLIENT, StoreFixture.ADMIN)) {
                        for (Status status : new Status[] {null, Status.FAILED}) {
                            reads.page(viewer, new Reads.Query(status, null, null, 50, null));
                        }
                        reads.request(viewer, new UUID(0, 1));
                    }
                });
    }

    @Test
    void anAdminsPageTakesAsManyStepsWithFourTimesTheClients() throws SQLException {
        StoredReads reads = new StoredReads(here());
        flat(
                () -> {
                    requests(ROWS);
                    fill("UPDATE request SET client = 1 + job WHERE TRUE");
                },
                () -> {
                    reads.page(StoreFixture.ADMIN, new Reads.Query(null, null, null, 50, null));
                    reads.request(StoreFixture.ADMIN, new UUID(0, 1));
                });
    }

    @Test
    void aPageOfDeliveriesTakesAsManyStepsWithFourTimesAsMany() throws SQLException {
        flat(
                () -> {
                    int before = rows;
                    requests(ROWS);
                    fill(
                            "INSERT INTO delivery (id, client, request, status, state, attempts,"
                                    + " created_ms) SELECT id, client, id, 'succeeded',"
                                    + " 'delivered', 1, 0 FROM request WHERE job > "
                                    + before);
                },
                () -> {
                    for (Viewer viewer : List.of(CLIENT, StoreFixture.ADMIN)) {
                        for (var state : new Deliveries.State[] {null, Deliveries.State.FAILED}) {
                            DeliveryRows.page(
                                    sql, viewer, new DeliveryRows.Filter(null, state, 50, null));
                        }
                    }
                });
    }

    @Test
    void aStepOfPruningTakesAsManyStepsWithFourTimesTheResults() throws SQLException {
        flat(
                () -> requests(ROWS),
                () -> {
                    sql.list(SqliteSql.PRUNABLE, row -> row.getLong(1), 0, 64);
                    sql.list(SqliteSql.OLD_REQUESTS, row -> row.getInt(1), 0, 64);
                    sql.list(SqliteSql.OLDEST_RESULTS, row -> row.getLong(1), "/route", 64);
                });
    }

    @Test
    void aSliceOfThoseWhoWaitTakesAsManyStepsWithFourTimesAsMany() throws SQLException {
        UUID told = new UUID(0, 2_000);
        flat(
                () -> {
                    requests(ROWS);
                    fill("UPDATE request SET job = 1 WHERE TRUE");
                },
                () -> {
                    sql.list(CommonSql.UNTOLD_JOB, row -> row.getLong(1), 0);
                    sql.list(CommonSql.UNTOLD_REQUESTS, row -> row.getInt(1), 1, told, 257);
                    sql.update(CommonSql.STOP_EXPIRIES, 1, told, new UUID(0, 2_256));
                    sql.rollback();
                });
    }

    /**
     * All but one of those who wait want the job last and at other times; then that one goes, and
     * the job is one of the lowest class that waits for the earliest of those times.
     */
    @Test
    void aCancelTakesAsManyStepsWithFourTimesAsManyWhoWaitForTheSame() throws SQLException {
        TestClocks time = new TestClocks();
        CancelAndRetry writes =
                Transitions.of(StoreOptions.DEFAULT, new Random(1)).cancelAndRetry();
        long earliest = time.wall().toEpochMilli() + 1_000;
        fill(
                "INSERT INTO job (id, upstream, route, client, request, key_high, key_low, params,"
                        + " turn, repeatable, created, cache_ttl, priority, high) VALUES (1, 1,"
                        + " '/route', 1, "
                        + FIRST
                        + ", 1, 1, '{}', 1, 1, 1, 1, 0, 1)");
        fill("INSERT INTO request (client, id, job, priority) SELECT 1, " + FIRST + ", 1, 0");
        fill(
                "INSERT INTO lane (upstream, retry, client, last_turn, jobs, priority)"
                        + " VALUES (1, 0, 1, 1, 1, 0)");
        flat(
                () -> {
                    fill(
                            "INSERT INTO request (client, id, job, priority, not_before_ms) SELECT 1, "
                                    + ID
                                    + (", 1, 2, " + earliest + " + n % 7 FROM ")
                                    + numbers(ROWS));
                    fill(
                            "UPDATE job SET interest = 1 + %d, low = %d, timed = %d"
                                    .formatted(rows, rows, rows));
                    fill("REPLACE INTO pending (client, requests) VALUES (1, 1 + " + rows + ")");
                },
                () -> {
                    SqliteTransaction tx =
                            new SqliteTransaction(
                                    sql,
                                    BacklogLoader.load(sql),
                                    SteadyClock.resume(time.clocks(), null),
                                    time.clocks());
                    RequestRecord first = StoredReads.find(sql, CLIENT, new UUID(0, 0));
                    assertThat(writes.cancel(tx, first).what()).isEqualTo(Ending.What.DONE);
                    assertThat(sql.number("SELECT priority FROM job")).isEqualTo(2);
                    assertThat(sql.number("SELECT starts FROM job")).isEqualTo(earliest);
                    sql.rollback();
                });
    }

    /** Fills, measures, and twice more: each time with twice as many rows. */
    private void flat(Step fill, Step work) throws SQLException {
        rows = 0;
        fill("DELETE FROM used");
        fill.run();
        work.run(); // prepares its statements
        long before = count(work);
        assertThat(before).as("steps are counted").isPositive();
        for (int doubled = 0; doubled < 2; doubled++) {
            int now = rows;
            while (rows < 2 * now) {
                fill.run();
            }
            long after = count(work);
            assertThat((double) after)
                    .as("steps with %d rows, after %d with half of them", rows, before)
                    .isLessThanOrEqualTo(before * MOST);
            before = after;
        }
    }

    private long count(Step work) throws SQLException {
        steps = 0;
        ProgressHandler.setHandler(
                connection,
                1,
                new ProgressHandler() {
                    @Override
                    protected int progress() {
                        steps++;
                        return 0;
                    }
                });
        work.run();
        ProgressHandler.clearHandler(connection);
        return steps;
    }

    private void calls(int more) throws SQLException {
        fill(
                "INSERT INTO used (ledger, settled, total) SELECT 1, n * 1000, n FROM "
                        + numbers(more));
    }

    private void requests(int more) throws SQLException {
        String numbers = numbers(more);
        fill(
                "INSERT INTO job (id, upstream, route, client, request, key_high, key_low, params,"
                        + " status, turn, attempts, repeatable, created, cache_ttl, interest,"
                        + " result_status, result_body, finished_ms, cached_until, prune_at)"
                        + " SELECT n, 1, '/route', 1, "
                        + ID
                        + ", n, n, '{}', 'succeeded', n, 1, 1, n, 1, 1, 200, 'signature', n,"
                        + " 9000000000000000 + n, 9000000000000000 + n FROM "
                        + numbers);
        rows -= more;
        fill(
                "INSERT INTO request (client, id, job, webhook_url, webhook_headers)"
                        + " SELECT 1, "
                        + ID
                        + ", n, 'https://shop.example', '{}' FROM "
                        + numbers(more));
    }

    private static final String FIRST = "x'00000000000000000000000000000000'";
    private static final String ID = "unhex(printf('0000000000000000%016X', n))";

    private String numbers(int more) {
        int from = rows + 1;
        rows += more;
        return "(WITH RECURSIVE c (n) AS (SELECT %d UNION ALL SELECT n + 1 FROM c WHERE n < %d) SELECT n FROM c)"
                .formatted(from, rows);
    }

    private void fill(String text) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.executeUpdate(text);
        }
        sql.commit();
    }

    /** Look-ups on the connection whose steps are counted. */
    private Readers here() {
        return new Readers() {
            @Override
            public <T> T read(Work<T> work) {
                try {
                    return work.run(sql);
                } catch (SQLException e) {
                    throw new AssertionError(e);
                }
            }
        };
    }
}
