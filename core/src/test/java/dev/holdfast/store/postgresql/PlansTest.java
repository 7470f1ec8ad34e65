package dev.holdfast.store.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.partition.PartitionSql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is planned once must not depend on what the tables held then. */
final class PlansTest {
    private static final List<String> PLANNED_ONCE =
            List.of(
                    "ADD_JOBS",
                    "ADD_KEYS",
                    "ADD_REQUESTS",
                    "CLOCK",
                    "ADD_ATTEMPTS",
                    "ADD_CHARGES",
                    "DUE_RETRIES",
                    "FIND_JOBS",
                    "FIRST_TRIES",
                    "FIRST_TRIES_IN",
                    "IDEMPOTENCY",
                    "PENDING",
                    "RUN_JOBS",
                    "WRITE_LANES");

    /** Rows of every kind: enough that a plan for few rows would be another one. */
    private static final List<String> FILL =
            List.of(
                    "INSERT INTO ledger (identity) SELECT 'api ' || n FROM generate_series(1, 50)"
                            + " n",
                    """
                    INSERT INTO upstream (name, ledger)
                    SELECT 'api ' || n, n FROM generate_series(1, 50) n
                    """,
                    """
                    INSERT INTO upstream (name, ledger, parent, partition, busy)
                    SELECT 'api 1 ' || n, 1, 1, 'p ' || n, n % 50 FROM generate_series(1, 5000) n
                    """,
                    """
                    INSERT INTO replica (id, name, beat, seen_ms)
                    SELECT gen_random_uuid(), 'pid', n, n FROM generate_series(1, 3) n
                    """,
                    """
                    INSERT INTO lane (upstream, retry, client, last_turn, jobs)
                    SELECT u, r, c, 1, c % 2
                    FROM generate_series(1, 50) u, (VALUES (TRUE), (FALSE)) v (r),
                        generate_series(1, 40) c
                    """,
                    "INSERT INTO pending (client, requests) SELECT n, 1 FROM generate_series(1,"
                            + " 500) n",
                    """
                    INSERT INTO job (id, upstream, route, client, request, key_high, key_low, params,
                        status, turn, due, attempts, repeatable, created, cache_ttl, interest,
                        result_status, result_body, finished_ms, cached_until, prune_at)
                    SELECT n, 1 + n % 50, '/route', n % 500, gen_random_uuid(), n * 7919, n, '{}',
                        s.status, n, CASE s.status WHEN 'retrying' THEN n END,
                        CASE s.status WHEN 'queued' THEN 0 ELSE 1 END, TRUE, n, 0, 1,
                        CASE s.status WHEN 'succeeded' THEN 200 END,
                        CASE s.status WHEN 'succeeded' THEN 'signature' END,
                        CASE s.status WHEN 'succeeded' THEN n END,
                        CASE s.status WHEN 'succeeded' THEN n END,
                        CASE s.status WHEN 'succeeded' THEN n END
                    FROM generate_series(1, 20000) n
                    JOIN (VALUES (0, 'queued'), (1, 'running'), (2, 'retrying'), (3, 'succeeded'))
                        AS s (rest, status) ON s.rest = n % 4
                    """,
                    """
                    INSERT INTO request (client, id, job, webhook_url, webhook_headers,
                        client_request_id, expires)
                    SELECT j.client, j.request, j.id, 'https://shop.example', '{}',
                        'ref ' || j.id, CASE WHEN j.id % 2 = 0 THEN j.id END
                    FROM job j
                    """,
                    """
                    INSERT INTO attempt (id, job, upstream, ledger, owner, number, taken,
                        started_ms, waited_us, waited_for, settled, outcome)
                    SELECT j.id, j.id, j.upstream, j.upstream, gen_random_uuid(), 1, j.id, j.id, 0, 'slot',
                        CASE WHEN j.status <> 'running' THEN j.id + 1 END,
                        CASE WHEN j.status <> 'running' THEN 'done' END
                    FROM job j WHERE j.status <> 'queued'
                    """,
                    """
                    INSERT INTO delivery (id, client, request, status, state, owner, due, created_ms)
                    SELECT gen_random_uuid(), j.client, j.request, 'succeeded',
                        CASE WHEN j.id % 8 = 3 THEN 'pending' ELSE 'delivered' END,
                        CASE WHEN j.id % 16 = 3 THEN gen_random_uuid() END,
                        CASE WHEN j.id % 8 = 3 THEN j.id END, j.id
                    FROM job j WHERE j.status = 'succeeded'
                    """,
                    """
                    INSERT INTO delivery_try (delivery, number, at_ms, latency_us)
                    SELECT id, 1, 1, 1 FROM delivery
                    """,
                    """
                    INSERT INTO idempotency (client, key, request, fingerprint_high,
                        fingerprint_low, expires)
                    SELECT client, 'key ' || id, request, id, id, id FROM job
                    """);

    private static final Quota WINDOWS =
            new Quota(
                    List.of(
                            new Window(100, Duration.ofSeconds(1)),
                            new Window(1_000, Duration.ofMinutes(1))));

    /** Of partitions. */
    private static final List<PreviousVersionTest.Statement> LISTS =
            List.of(
                    new PreviousVersionTest.Statement("BUSIEST", "", PartitionSql.BUSIEST),
                    new PreviousVersionTest.Statement("REST", "", PartitionSql.REST));

    @Test
    void aPlanIsTheSameForEmptyTablesAndForFullOnes() throws Exception {
        String url = PostgresServer.newDatabase() + "?socketTimeout=60";
        run(url, List.of("VACUUM ANALYZE"));
        Map<String, String> empty = plans(url);
        run(url, FILL);
        run(url, List.of("VACUUM ANALYZE"));
        Map<String, String> full = plans(url);

        PLANNED_ONCE.forEach(name -> assertThat(empty).containsEntry(name, full.get(name)));
        assertThat(empty.get("FIND_JOBS")).contains("Index Cond: ((key_high = k.high)");
        // How it finds the few upstreams may differ.
        assertThat(empty.get("LANES")).contains("Index Cond: ((upstream = u.id) AND (retry =");
        assertThat(full.get("WAITING_SINCE")).contains("Index Scan using job_waiting");
        assertThat(full.get("EARLIEST")).contains("using request_timed");
        assertThat(full.get("EXPIRING")).contains("using request_expires").doesNotContain("Sort");
        assertThat(full.get("FIRST_TRIES_IN")).contains("using job_queued").doesNotContain("Sort");
        for (String look : List.of("LOOK_AT_CALLS", "LOOK_AT_UNITS")) {
            assertThat(empty.get(look)).doesNotContain("Seq Scan", "Hash Join", "Merge Join");
            assertThat(full.get(look)).doesNotContain("Seq Scan", "Hash Join", "Merge Join");
        }
        for (String write : List.of("WRITE_PARTITIONS", "WRITE_PLACES")) {
            // A plan of few rows is kept while they become many.
            assertThat(empty.get(write)).contains("Index Cond: (");
            assertThat(full.get(write)).contains("Index Cond: (");
        }
        assertThat(full.get("BUSIEST")).contains("using upstream_busy").doesNotContain("Seq Scan");
        assertThat(full.get("REST")).contains("using upstream_busy").doesNotContain("Seq Scan");
        // The others' plans do depend on it, which this test can see.
        assertThat(empty.get("REQUESTS")).isNotEqualTo(full.get("REQUESTS"));
    }

    private static PreviousVersionTest.Statement looks(String name, Ledger.Several of) {
        return new PreviousVersionTest.Statement(name, "int4[], int4, int8, int8", of.text());
    }

    private static void run(String url, List<String> statements) throws SQLException {
        try (Connection connection = PostgresServer.database(url).connect();
                var statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** The plan that a writer's session makes of each statement. */
    private static Map<String, String> plans(String url) throws Exception {
        Map<String, String> plans = new TreeMap<>();
        try (Session sql = PostgresServer.database(url).writer()) {
            sql.run(PostgresSql.PLANNED_ONCE);
            List<PreviousVersionTest.Statement> all =
                    new ArrayList<>(PreviousVersionTest.statements());
            all.addAll(LISTS);
            all.add(looks("LOOK_AT_CALLS", Ledger.Several.ofCalls(sql, WINDOWS, 0, 0)));
            all.add(looks("LOOK_AT_UNITS", Ledger.Several.ofUnits(sql, WINDOWS, 0, 0)));
            for (PreviousVersionTest.Statement each : all) {
                sql.run(each.prepare("planned"));
                String nothing =
                        Stream.generate(() -> "NULL")
                                .limit(each.parameters())
                                .collect(Collectors.joining(", "));
                String call = nothing.isEmpty() ? "" : "(" + nothing + ")";
                plans.put(
                        each.name(),
                        String.join(
                                "\n",
                                sql.list(
                                        "EXPLAIN (COSTS OFF) EXECUTE planned" + call,
                                        row -> row.getString(1))));
                sql.run("DEALLOCATE planned");
            }
        }
        return plans;
    }
}
