package dev.holdfast.bench.store;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a gateway has behind it after years, written straight into its tables: finished requests,
 * half of them one client's, with their calls in the window, the newest results as cache, and
 * clients with a request each that waits.
 *
 * @param shop the number of the client that has half of the requests
 */
record StoredRows(GrowthRows rows, long finished, long cached, long clients, long shop) {
    /** What is written has numbers above it, so that the gateway's own are others. */
    static final long FIRST = 1_000_000_000;

    /** One request of so many failed. */
    static final long FAILED_EVERY = 100_000;

    /** One request of so many had a webhook. */
    private static final long HOOK_EVERY = 10;

    /** Between two calls, in microseconds: ten million of them are within 30 days. */
    private static final long APART_MICROS = 200_000;

    private static final long DAY_MICROS = 86_400_000_000L;

    /**
     * Fills a store that a gateway made.
     *
     * @param calling the upstream that was called
     * @param waiting the upstream whose quota is used up
     * @param now steady microseconds
     */
    void fill(String calling, String waiting, long now) throws SQLException {
        long called = rows.number("SELECT id FROM upstream WHERE name = '" + calling + "'");
        long ledger = rows.number("SELECT ledger FROM upstream WHERE name = '" + calling + "'");
        long full = rows.number("SELECT id FROM upstream WHERE name = '" + waiting + "'");
        List<String> all = new ArrayList<>();
        all.add(jobs(called, now));
        all.add(requests("n % 2 = 1", String.valueOf(shop)));
        all.add(requests("n % 2 = 0", other()));
        all.add(deliveries());
        all.add(attempts(called, ledger, now));
        all.add("DELETE FROM used WHERE ledger = " + ledger);
        all.add(
                "INSERT INTO used (ledger, settled, total) SELECT %d, %s, n - %d FROM %s"
                        .formatted(ledger, at(now), FIRST, numbers()));
        all.addAll(rows.cachedResults("/call", cached));
        all.add(
                "INSERT INTO client (id, name, admin, max_pending, created_ms) %s SELECT n - %d, 'client ' || n, %s, 1000, 0 FROM %s"
                        .formatted(rows.overriding(), FIRST - 1_000, rows.no(), others()));
        all.addAll(
                List.of(
                        rows.clients(
                                String.valueOf(full),
                                "'/wait'",
                                2 * FIRST,
                                clients,
                                2 * FIRST - 1_000)));
        rows.fill(all.toArray(String[]::new));
    }

    /** Has so many of the oldest be forgotten from now on. */
    void forget(long jobs) throws SQLException {
        rows.run(
                "UPDATE job SET prune_at = 1, cached_until = NULL WHERE id > %d AND id <= %d"
                        .formatted(FIRST, FIRST + jobs));
    }

    /** How many of the oldest are left. */
    long left(long jobs) throws SQLException {
        return rows.number(
                "SELECT count(*) FROM job WHERE id > %d AND id <= %d"
                        .formatted(FIRST, FIRST + jobs));
    }

    private String jobs(long upstream, long now) {
        String failed = "n % " + FAILED_EVERY + " = 0";
        return ("INSERT INTO job (id, upstream, route, client, request, key_high, key_low, params,"
                        + " status, turn, attempts, charged, last_status, repeatable, created, cache_ttl, interest,"
                        + " result_status, result_body, failure_reason, finished_ms, cached_until,"
                        + " prune_at) SELECT n, %d, '/call', %s, %s, n * 7919, n,"
                        + " '{\"message\":\"message ' || n || '\"}', CASE WHEN %s THEN 'failed' ELSE 'succeeded' END,"
                        + " n, 1, 1, 200, %s, n, 1, 1, 200, CASE WHEN %s THEN NULL ELSE 'signature' END, CASE"
                        + " WHEN %s THEN 'REJECTED' END, %s / 1000, CASE WHEN n > %d AND NOT (%s) THEN %d + n"
                        + " END, %d + n FROM %s")
                .formatted(
                        upstream,
                        "CASE WHEN n % 2 = 1 THEN " + shop + " ELSE " + other() + " END",
                        rows.id(),
                        failed,
                        rows.yes(),
                        failed,
                        failed,
                        at(now),
                        FIRST + finished - cached,
                        failed,
                        now + 30 * DAY_MICROS,
                        now + 30 * DAY_MICROS,
                        numbers());
    }

    private String requests(String which, String client) {
        String hook = "CASE WHEN n % " + HOOK_EVERY + " = 0 THEN ";
        return ("INSERT INTO request (client, id, job, webhook_url, webhook_headers) SELECT %s, %s,"
                        + " n, %s'https://shop.example/hook' END, %s'{}' END FROM %s WHERE %s")
                .formatted(client, rows.id(), hook, hook, numbers(), which);
    }

    private String deliveries() {
        return ("INSERT INTO delivery (id, client, request, status, state, attempts, created_ms)"
                        + " SELECT %s, %s, %s, 'succeeded', 'delivered', 1, n FROM %s WHERE n %% %d = 0")
                .formatted(rows.id(), other(), rows.id(), numbers(), HOOK_EVERY);
    }

    private String attempts(long upstream, long ledger, long now) {
        return ("INSERT INTO attempt (id, job, upstream, ledger, number, taken, started_ms, waited_us,"
                        + " waited_for, settled, outcome, status, latency_us%s) SELECT n, n, %d, %d, 1,"
                        + " %s - 1000, %s / 1000, 0, 'slot', %s, 'done', 200, 1000%s FROM %s")
                .formatted(
                        rows.attemptColumn(),
                        upstream,
                        ledger,
                        at(now),
                        at(now),
                        at(now),
                        rows.attemptValue(),
                        numbers());
    }

    /** When call {@code n} settled, in steady microseconds. */
    private String at(long now) {
        return "(%d + (n - %d) * %d)".formatted(now, FIRST + finished + 1, APART_MICROS);
    }

    /** One of the other clients: each has as many, one after the other. */
    private String other() {
        return "(1001 + (n - %d) * %d / %d)".formatted(FIRST + 1, clients, finished);
    }

    private String numbers() {
        return rows.numbers(FIRST, FIRST + finished);
    }

    private String others() {
        return rows.numbers(FIRST, FIRST + clients);
    }
}
