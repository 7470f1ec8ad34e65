package dev.holdfast.store;

import java.util.List;

/**
 * The statements of SQLite. Each WHERE guards its transition: a stale one changes no row. States of
 * partial indexes are literals, since SQLite uses such an index only where it can see them.
 */
final class SqliteSql {
    private SqliteSql() {}

    static final String BEGIN = "BEGIN IMMEDIATE";
    static final String COMMIT = "COMMIT";
    static final String ROLLBACK = "ROLLBACK";

    static final String READ_CLOCK = "SELECT boot, nanos, wall_ms, steady FROM clock";
    static final String WRITE_CLOCK =
            """
            INSERT INTO clock (id, boot, nanos, wall_ms, steady) VALUES (1, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
                boot = excluded.boot, nanos = excluded.nanos, wall_ms = excluded.wall_ms,
                steady = excluded.steady
            """;

    // Upstreams

    static final String UPSTREAMS =
            "SELECT id, name, paused, closed_until, credit, turn, retry_turn FROM upstream";
    static final String ADD_UPSTREAM = "INSERT INTO upstream (id, name) VALUES (?, ?)";
    static final String PAUSE = "UPDATE upstream SET paused = ? WHERE id = ?";
    static final String CLOSE = "UPDATE upstream SET closed_until = ? WHERE id = ?";
    static final String SERVED =
            "UPDATE upstream SET credit = ?, turn = ?, retry_turn = ? WHERE id = ?";

    // What is mirrored in memory

    static final String LANES =
            "SELECT upstream, retry, client, last_turn, jobs FROM lane WHERE jobs > 0";
    static final String WRITE_LANE =
            """
            INSERT INTO lane (upstream, retry, client, last_turn, jobs) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (upstream, retry, client) DO UPDATE SET
                last_turn = excluded.last_turn, jobs = excluded.jobs
            """;
    static final String DELETE_LANES = "DELETE FROM lane";
    static final String COUNT_LANES =
            """
            INSERT INTO lane (upstream, retry, client, last_turn, jobs)
            SELECT upstream, status = 'retrying', client, max(turn), count(*) FROM job
            WHERE status IN ('queued', 'retrying') GROUP BY 1, 2, 3
            """;
    static final String COUNT_JOBS = "SELECT sum(jobs) FROM lane";

    // Key and number in one column, as JobIndex wants them: a start reads a million of these.
    static final List<String> KEYS =
            List.of(
                    "SELECT key_high << 40 | id FROM job WHERE status = 'queued'",
                    "SELECT key_high << 40 | id FROM job WHERE status = 'retrying'",
                    """
                    SELECT j.key_high << 40 | j.id FROM attempt a JOIN job j ON j.id = a.job
                    WHERE a.settled IS NULL
                    """,
                    "SELECT key_high << 40 | id FROM job WHERE cached_until IS NOT NULL");
    static final String RUNNING = "SELECT upstream, id FROM attempt WHERE settled IS NULL";
    static final String CACHED =
            "SELECT route, count(*) FROM job WHERE cached_until IS NOT NULL GROUP BY route";
    static final String PENDING = "SELECT client, requests FROM pending WHERE requests > 0";
    static final String COUNT_DELIVERIES = "SELECT count(*) FROM delivery WHERE due IS NOT NULL";
    static final String LAST_JOB = "SELECT max(id) FROM job";
    static final String LAST_ATTEMPT = "SELECT max(id) FROM attempt";
    static final String WRITE_PENDING =
            """
            INSERT INTO pending (client, requests) VALUES (?, ?)
            ON CONFLICT (client) DO UPDATE SET requests = excluded.requests
            """;

    // Accepting

    static final String IDEMPOTENCY =
            """
            SELECT request, fingerprint_high, fingerprint_low FROM idempotency
            WHERE client = ? AND key = ? AND expires > ?
            """;
    static final String ADD_IDEMPOTENCY =
            """
            INSERT OR REPLACE INTO idempotency
                (client, key, request, fingerprint_high, fingerprint_low, expires)
            VALUES (?, ?, ?, ?, ?, ?)
            """;
    static final String ADD_JOB =
            """
            INSERT INTO job (id, upstream, route, client, request, key_high, key_low, params,
                status, turn, repeatable, created, cache_ttl, interest)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, 1)
            """;
    static final String ADD_REQUEST =
            """
            INSERT INTO request (client, id, job, webhook_url, webhook_headers,
                client_request_id, expires, expires_ms)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """;
    static final String JOIN_JOB =
            """
            UPDATE job SET interest = interest + 1, turn = ?, client = ?,
                cache_ttl = max(cache_ttl, ?)
            WHERE id = ? AND status IN ('queued', 'running', 'retrying')
            """;

    // Jobs

    static final String JOB =
            """
            SELECT id, upstream, route, client, request, key_high, key_low, params, status, turn,
                due, attempts, charged, repeatable, created, cache_ttl, interest, cached_until
            FROM job WHERE id = ?
            """;
    static final String FIRST_TRIES =
            """
            SELECT id, created FROM job WHERE upstream = ? AND status = 'queued'
            ORDER BY turn, client LIMIT ?
            """;
    static final String DUE_RETRIES =
            """
            SELECT id, due, turn FROM job WHERE upstream = ? AND status = 'retrying' AND due <= ?
            ORDER BY due LIMIT ?
            """;
    static final String NEXT_RETRY =
            "SELECT min(due) FROM job WHERE upstream = ? AND status = 'retrying'";
    static final String RUN_JOB =
            """
            UPDATE job SET status = 'running', due = NULL, attempts = attempts + 1
            WHERE id = ? AND status IN ('queued', 'retrying')
            """;
    static final String RETRY_JOB =
            """
            UPDATE job SET status = 'retrying', due = ?, turn = ?, charged = charged + ?,
                last_status = coalesce(?, last_status)
            WHERE id = ? AND status = 'running'
            """;
    static final String FINISH_JOB =
            """
            UPDATE job SET status = ?, due = NULL, last_status = coalesce(?, last_status),
                charged = charged + ?, result_status = ?, result_body = ?, failure_reason = ?,
                failure_status = ?, failure_body = ?, finished_ms = ?, cached_until = ?,
                prune_at = ?
            WHERE id = ? AND status IN ('queued', 'running', 'retrying')
            """;
    static final String LOSE_INTEREST =
            "UPDATE job SET interest = interest - 1 WHERE id = ? AND interest > 0";

    // Attempts

    static final String ADD_ATTEMPT =
            """
            INSERT INTO attempt
                (id, job, upstream, number, taken, started_ms, waited_us, waited_for)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """;
    static final String SETTLE_ATTEMPT =
            """
            UPDATE attempt SET settled = ?, outcome = ?, status = ?, latency_us = ?
            WHERE id = ? AND job = ? AND settled IS NULL
            """;
    static final String UNDO_RUN_JOB =
            """
            UPDATE job SET status = iif(attempts = 1, 'queued', 'retrying'),
                due = iif(attempts = 1, NULL, ?), attempts = attempts - 1,
                charged = min(charged, attempts - 1)
            WHERE id = (SELECT job FROM attempt WHERE id = ?) AND status = 'running'
            """;
    static final String DELETE_ATTEMPT = "DELETE FROM attempt WHERE id = ?";
    static final String IN_FLIGHT =
            "SELECT count(*) FROM attempt WHERE upstream = ? AND settled IS NULL";
    static final String SETTLED =
            """
            SELECT settled FROM attempt
            WHERE upstream = ? AND settled IS NOT NULL AND settled > ?
            ORDER BY settled DESC LIMIT ?
            """;
    static final String LAST_SETTLED =
            "SELECT settled FROM attempt WHERE job = ? ORDER BY id DESC LIMIT 1";
    static final String ATTEMPTS_IN_FLIGHT =
            "SELECT id, job, number FROM attempt WHERE settled IS NULL AND id <= ? ORDER BY id";
    static final String ATTEMPTS =
            """
            SELECT number, started_ms, waited_us, waited_for, outcome, status, latency_us
            FROM attempt WHERE job = ? ORDER BY id LIMIT ?
            """;

    private static final String CALL_COLUMNS =
            """
            SELECT a.id, j.request, a.number, a.taken, a.settled, a.outcome, a.status
            FROM attempt a JOIN job j ON j.id = a.job
            WHERE a.upstream = (SELECT id FROM upstream WHERE name = ?)
            """;
    static final String CALLS_IN_FLIGHT =
            CALL_COLUMNS + " AND a.settled IS NULL ORDER BY a.id DESC LIMIT ?";
    static final String CALLS_SETTLED =
            CALL_COLUMNS
                    + " AND a.settled IS NOT NULL AND a.settled > ?"
                    + " ORDER BY a.settled DESC LIMIT ?";

    // Requests

    static final String REQUEST_COLUMNS =
            """
            SELECT r.client, r.id, r.job, u.name, j.route, j.params, r.own_status, j.status,
                j.attempts, j.last_status, r.own_finished_ms, j.finished_ms, r.expires_ms,
                r.client_request_id, r.webhook_url, j.result_status, j.result_body,
                j.failure_reason, j.failure_status, j.failure_body, j.turn, j.due,
                j.cached_until, r.webhook_headers
            FROM request r JOIN job j ON j.id = r.job JOIN upstream u ON u.id = j.upstream
            """;
    static final String REQUEST = REQUEST_COLUMNS + "WHERE r.client = ? AND r.id = ?";
    static final String CLIENTS_WITH_REQUESTS =
            """
            WITH RECURSIVE c (client) AS (
                SELECT min(client) FROM request
                UNION ALL
                SELECT (SELECT min(client) FROM request WHERE client > c.client) FROM c
                WHERE c.client IS NOT NULL)
            SELECT client FROM c WHERE client IS NOT NULL
            """;
    static final String LIVE_REQUESTS =
            """
            SELECT client, id, webhook_url, expires FROM request
            WHERE job = ? AND own_status IS NULL ORDER BY id
            """;
    static final String STOP_EXPIRY =
            "UPDATE request SET expires = NULL WHERE client = ? AND id = ?";
    static final String EXPIRING =
            "SELECT client, id, job FROM request WHERE expires <= ? ORDER BY expires LIMIT ?";
    static final String NEXT_EXPIRY = "SELECT min(expires) FROM request WHERE expires IS NOT NULL";
    static final String END_REQUEST =
            """
            UPDATE request SET own_status = ?, own_finished_ms = ?, expires = NULL
            WHERE client = ? AND id = ? AND own_status IS NULL
            """;
    static final String MOVE_REQUEST =
            """
            UPDATE request SET job = ?, expires = NULL, expires_ms = NULL
            WHERE client = ? AND id = ? AND own_status IS NULL
            """;

    // Deliveries

    static final String ADD_DELIVERY =
            """
            INSERT INTO delivery (id, client, request, status, state, due, created_ms, next_ms)
            VALUES (?, ?, ?, ?, 'pending', ?, ?, ?)
            """;
    static final String END_DELIVERIES =
            """
            UPDATE delivery SET state = 'ended', due = NULL, next_ms = NULL
            WHERE client = ? AND request = ? AND state = 'pending'
            """;
    static final String DUE_DELIVERIES =
            """
            SELECT id, client, request, attempts FROM delivery WHERE due <= ?
            ORDER BY due, id LIMIT ?
            """;
    static final String NEXT_DELIVERY = "SELECT min(due) FROM delivery WHERE due IS NOT NULL";
    static final String LEASE_DELIVERY =
            "UPDATE delivery SET due = ? WHERE id = ? AND state = 'pending'";
    static final String POSTPONE_DELIVERY =
            "UPDATE delivery SET due = ?, next_ms = ? WHERE id = ? AND state = 'pending'";
    static final String SETTLE_DELIVERY =
            """
            UPDATE delivery SET state = ?, due = ?, next_ms = ?, attempts = attempts + 1,
                last_status = ?, last_error = ?
            WHERE id = ? AND state = 'pending'
            """;
    static final String ADD_TRY =
            """
            INSERT INTO delivery_try (delivery, number, at_ms, status, error, latency_us)
            SELECT id, attempts, ?, ?, ?, ? FROM delivery WHERE id = ?
            """;
    static final String DELIVERY_OWNER = "SELECT client, state FROM delivery WHERE id = ?";
    static final String REDELIVER =
            "UPDATE delivery SET state = 'pending', due = ?, next_ms = ? WHERE id = ?";
    static final String DELIVERIES =
            """
            SELECT d.id, d.request, d.client, d.status, r.webhook_url, d.state, d.attempts,
                d.created_ms, d.next_ms, d.last_status, d.last_error
            FROM delivery d JOIN request r ON r.client = d.client AND r.id = d.request
            """;
    static final String TRIES =
            """
            SELECT number, at_ms, status, error, latency_us FROM delivery_try
            WHERE delivery = ? ORDER BY number
            """;

    // Retention

    static final String PRUNABLE =
            "SELECT id FROM job WHERE prune_at <= ? ORDER BY prune_at LIMIT ?";
    static final String OLD_REQUESTS =
            """
            SELECT r.client, r.id, coalesce(r.own_finished_ms, j.finished_ms), EXISTS (
                SELECT 1 FROM delivery d
                WHERE d.client = r.client AND d.request = r.id AND d.state = 'pending')
            FROM request r JOIN job j ON j.id = r.job WHERE r.job = ? LIMIT ?
            """;
    static final String DELETE_TRIES =
            """
            DELETE FROM delivery_try WHERE delivery IN (
                SELECT id FROM delivery WHERE client = ? AND request = ?)
            """;
    static final String DELETE_DELIVERIES = "DELETE FROM delivery WHERE client = ? AND request = ?";
    static final String DELETE_REQUEST = "DELETE FROM request WHERE client = ? AND id = ?";
    static final String LAST_SETTLED_OF_JOB = "SELECT max(settled) FROM attempt WHERE job = ?";
    static final String PRUNE_LATER = "UPDATE job SET prune_at = ? WHERE id = ?";
    static final String DELETE_ATTEMPTS = "DELETE FROM attempt WHERE job = ?";
    static final String DELETE_JOB = "DELETE FROM job WHERE id = ?";
    static final String OLDEST_RESULTS =
            """
            SELECT id, key_high FROM job WHERE route = ? AND cached_until IS NOT NULL
            ORDER BY cached_until LIMIT ?
            """;
    static final String EVICT_RESULT =
            "UPDATE job SET cached_until = NULL, prune_at = min(prune_at, ?) WHERE id = ?";
    static final String DELETE_IDEMPOTENCY =
            """
            DELETE FROM idempotency WHERE (client, key) IN (
                SELECT client, key FROM idempotency WHERE expires <= ? LIMIT ?)
            """;

    // Checkpoints

    /** Answers whether it was kept from finishing, the log's pages, and how many of them it did. */
    static final String CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)";
}
