package dev.holdfast.store.sql;

import dev.holdfast.store.Reads;
import dev.holdfast.store.Store;
import java.util.List;

/**
 * The statements that read the same in SQLite and in PostgreSQL; each dialect has its others in a
 * class of its own. Each WHERE guards its transition: a stale one changes no row. States of partial
 * indexes are literals, since SQLite uses such an index only where it can see them.
 */
public final class CommonSql {
    private CommonSql() {}

    // Upstreams and slots

    /** How many retries are known to be due: none or at least one. */
    public static final String ANY_READY =
            """
            SELECT count(*) FROM (
                SELECT 1 FROM job WHERE upstream = ? AND status = 'retrying' AND ready = 1
                LIMIT 1) AS one
            """;

    /** When the next of the others falls due. */
    public static final String NEXT_RETRY =
            "SELECT min(due) FROM job WHERE upstream = ? AND status = 'retrying' AND ready = 0";

    static final String IN_FLIGHT =
            "SELECT count(*) FROM attempt WHERE ledger = ? AND settled IS NULL";
    static final String RESERVED =
            "SELECT sum(reserved) FROM charge WHERE ledger = ? AND actual IS NULL";
    static final String LAST_USED =
            "SELECT settled, total FROM used WHERE ledger = ? ORDER BY settled DESC LIMIT ?";

    /** What was used by then. */
    static final String USED_BY =
            """
            SELECT settled, total FROM used WHERE ledger = ? AND settled <= ?
            ORDER BY settled DESC LIMIT 1
            """;

    /** When so much had been used. */
    static final String USED_REACHES =
            """
            SELECT settled, total FROM used WHERE ledger = ? AND total >= ?
            ORDER BY total LIMIT 1
            """;

    /** When so much, twice as much, four times … more had been used. */
    static final String USED_AHEAD =
            """
            WITH RECURSIVE ahead (wanted, further) AS (
                SELECT CAST(? AS BIGINT), CAST(1 AS BIGINT)
                UNION ALL
                SELECT wanted + further, further * 2 FROM ahead WHERE wanted + further <= ?)
            SELECT u.settled, u.total FROM ahead a JOIN used u ON u.ledger = ? AND u.total = (
                SELECT min(t.total) FROM used t WHERE t.ledger = ? AND t.total >= a.wanted)
            """;

    /** Adds a step on top of the last one, and never before it. */
    public static final String USE =
            """
            INSERT INTO used (ledger, settled, total)
            SELECT n.ledger, CASE WHEN u.settled > n.settled THEN u.settled ELSE n.settled END,
                coalesce(u.total, 0) + n.calls
            FROM (SELECT CAST(? AS INTEGER) AS ledger, CAST(? AS BIGINT) AS settled,
                CAST(? AS BIGINT) AS calls) n
            LEFT JOIN used u ON u.ledger = n.ledger
                AND u.settled = (SELECT max(l.settled) FROM used l WHERE l.ledger = n.ledger)
            WHERE n.calls > 0
            ON CONFLICT (ledger, settled) DO UPDATE SET total = excluded.total
            """;

    /** Calls that are missing, probes among them, and when the last one was given up. */
    static final String MISSING =
            """
            SELECT m.calls - l.found_calls, m.probes - l.found_probes, m.given_up
            FROM ledger l JOIN missing m ON m.ledger = l.id AND m.given_up =
                (SELECT max(g.given_up) FROM missing g WHERE g.ledger = l.id)
            WHERE l.id = ? AND m.calls > l.found_calls
            """;

    /** Those of them that were given up by then. */
    static final String MISSING_BY =
            """
            SELECT m.calls - l.found_calls
            FROM ledger l JOIN missing m ON m.ledger = l.id AND m.given_up =
                (SELECT max(g.given_up) FROM missing g
                WHERE g.ledger = l.id AND g.given_up <= ?)
            WHERE l.id = ? AND m.calls > l.found_calls
            """;

    /** Those that were given up after one that is missing since now. */
    public static final String MISS_BEFORE =
            """
            UPDATE missing SET calls = calls + ?, probes = probes + ?
            WHERE ledger = ? AND given_up > ?
            """;

    public static final String MISS =
            """
            INSERT INTO missing (ledger, given_up, calls, probes)
            SELECT n.ledger, n.given_up,
                CASE WHEN m.calls > l.found_calls THEN m.calls ELSE l.found_calls END + n.calls,
                CASE WHEN m.calls > l.found_calls THEN m.probes ELSE l.found_probes END + n.probes
            FROM (SELECT CAST(? AS INTEGER) AS ledger, CAST(? AS BIGINT) AS given_up,
                CAST(? AS BIGINT) AS calls, CAST(? AS BIGINT) AS probes) n
            JOIN ledger l ON l.id = n.ledger
            LEFT JOIN missing m ON m.ledger = n.ledger AND m.given_up = (
                SELECT max(g.given_up) FROM missing g
                WHERE g.ledger = n.ledger AND g.given_up <= n.given_up)
            WHERE TRUE
            ON CONFLICT (ledger, given_up) DO UPDATE SET calls = excluded.calls,
                probes = excluded.probes
            """;

    /**
     * Those that were given up before a call left that was answered, in its ledger and in those of
     * other units, which is given twice: how many, and up to which.
     */
    public static final String FOUND =
            """
            SELECT m.calls - l.found_calls, m.calls, m.probes, l.id
            FROM ledger l JOIN missing m ON m.ledger = l.id AND m.given_up =
                (SELECT max(g.given_up) FROM missing g
                WHERE g.ledger = l.id AND g.given_up < ?)
            WHERE (l.id = ? OR l.main = ?) AND m.calls > l.found_calls
            """;

    public static final String FIND =
            "UPDATE ledger SET found_calls = ?, found_probes = ? WHERE id = ?";

    /** The ledger of a unit, beside that of the calls. */
    public static final String UNIT_LEDGER = "SELECT id FROM ledger WHERE main = ? AND unit = ?";

    public static final String ADD_UNIT_LEDGER =
            "INSERT INTO ledger (identity, main, unit) VALUES (?, ?, ?)";

    /** What a call reserved, by ledger. */
    public static final String CHARGES =
            """
            SELECT c.ledger, l.unit, c.reserved FROM charge c JOIN ledger l ON l.id = c.ledger
            WHERE c.attempt = ? AND c.actual IS NULL ORDER BY c.ledger
            """;

    public static final String SETTLE_CHARGE =
            "UPDATE charge SET actual = ? WHERE attempt = ? AND ledger = ? AND actual IS NULL";
    public static final String DELETE_CHARGES = "DELETE FROM charge WHERE attempt = ?";
    public static final String DELETE_JOBS_CHARGES =
            "DELETE FROM charge WHERE attempt IN (SELECT id FROM attempt WHERE job = ?)";

    /** What the next job after these costs, of those that wait for their first call. */
    public static final String NEXT_QUEUED_UNITS =
            """
            SELECT min(units) FROM job
            WHERE upstream = ? AND priority = ? AND units IS NOT NULL AND status = 'queued'
                AND units > ?
            """;

    /** Likewise, of retries that are due. */
    public static final String NEXT_READY_UNITS =
            """
            SELECT min(units) FROM job
            WHERE upstream = ? AND priority = ? AND units IS NOT NULL AND status = 'retrying'
                AND ready = 1 AND units > ?
            """;

    public static final String DELETE_UNMADE =
            "DELETE FROM attempt WHERE id = ? AND settled IS NULL";

    /** The next ledger after one. */
    public static final String NEXT_LEDGER = "SELECT min(id) FROM ledger WHERE id > ?";

    /** The last of the next few steps that no window counts any more. */
    public static final String LAST_OF_OLD =
            """
            SELECT max(settled), count(*) FROM (
                SELECT settled FROM used WHERE ledger = ? AND settled >= ? AND settled < ?
                ORDER BY settled LIMIT ?) AS few
            """;

    /** Of each day, which is 86,400 s long here, the last step stays. */
    public static final String THIN_USED =
            """
            DELETE FROM used WHERE ledger = ? AND settled IN (
                SELECT settled FROM (
                    SELECT settled, lead(settled) OVER (ORDER BY settled) AS later FROM used
                    WHERE ledger = ? AND settled >= ? AND settled <= ?) AS pairs
                WHERE settled / 86400000000 = later / 86400000000)
            """;

    public static final String FORGET_USED =
            """
            DELETE FROM used WHERE ledger = ? AND settled <= ? AND settled < (
                SELECT max(l.settled) FROM used l WHERE l.ledger = ? AND l.settled < ?)
            """;
    public static final String FORGET_FOUND =
            """
            DELETE FROM missing WHERE ledger = ? AND given_up IN (
                SELECT m.given_up FROM missing m JOIN ledger l ON l.id = m.ledger
                WHERE m.ledger = ? AND m.calls <= l.found_calls ORDER BY m.given_up LIMIT ?)
            """;

    // Times of recovery

    public static final String LEARNED =
            "SELECT delays FROM learned WHERE upstream = ? AND route = ?";
    static final String ALL_LEARNED =
            """
            SELECT l.route, l.delays FROM learned l JOIN upstream u ON u.id = l.upstream
            WHERE u.name = ?
            """;
    public static final String LEARN =
            """
            INSERT INTO learned (upstream, route, delays) VALUES (?, ?, ?)
            ON CONFLICT (upstream, route) DO UPDATE SET delays = excluded.delays
            """;

    /** Calls that say of their job that it failed: made, and by one that was at home. */
    public static final String FAILED_CALL = "outcome IN ('status', 'timeout', 'reset', 'garbage')";

    // Jobs

    public static final String JOB_COLUMNS = JobColumn.SELECT;
    public static final String JOB = JOB_COLUMNS + "WHERE j.id = ?";

    /** Its time to live is given twice. */
    public static final String JOIN_JOB =
            """
            UPDATE job SET interest = interest + 1, turn = ?, client = ?, priority = ?, weight = ?,
                cache_ttl = CASE WHEN cache_ttl < ? THEN ? ELSE cache_ttl END
            WHERE id = ? AND status IN ('scheduled', 'queued', 'running', 'retrying')
            """;

    /** Into another class. */
    public static final String CHANGE_JOB =
            """
            UPDATE job SET turn = ?, priority = ?
            WHERE id = ? AND status IN ('scheduled', 'queued', 'running', 'retrying')
            """;

    /** Its time has come: its age begins now. */
    public static final String START_JOB =
            """
            UPDATE job SET status = 'queued', starts = NULL, turn = ?, client = ?, priority = ?,
                weight = ?, created = ?
            WHERE id = ? AND status = 'scheduled'
            """;

    /** Its time is another, or it has one again. */
    public static final String SCHEDULE_JOB =
            """
            UPDATE job SET status = 'scheduled', starts = ?
            WHERE id = ? AND status IN ('scheduled', 'queued')
            """;

    /** Jobs whose time has come, in the order in which it came. */
    public static final String STARTING =
            """
            SELECT id, client, weight, priority FROM job
            WHERE upstream = ? AND status = 'scheduled' AND starts <= ? ORDER BY starts, id LIMIT ?
            """;

    /** When the time of the next one comes, in wall milliseconds. */
    public static final String NEXT_START =
            "SELECT min(starts) FROM job WHERE upstream = ? AND status = 'scheduled'";

    public static final String CHANGE_REQUEST =
            """
            UPDATE request SET priority = ?, not_before_ms = ?
            WHERE client = ? AND id = ? AND own_status IS NULL
            """;

    /**
     * Of those that still want a job the highest priority, how many want it at once, and the
     * earliest time of the others.
     */
    public static final String WISHES =
            """
            SELECT min(priority), count(*) - count(not_before_ms), min(not_before_ms)
            FROM request WHERE job = ? AND own_status IS NULL
            """;

    /** A call that was not made counts for nothing. */
    public static final String UNDO_RUN_JOB =
            """
            UPDATE job SET status = CASE WHEN attempts = 1 THEN 'queued' ELSE 'retrying' END,
                due = CASE WHEN attempts = 1 THEN NULL ELSE ? END, attempts = attempts - 1
            WHERE id = ? AND status = 'running'
            """;

    /** Into another queue; the call that was not made counts for nothing. */
    public static final String HAND_OVER_JOB =
            """
            UPDATE job SET upstream = ?, turn = ?, status = ?, due = ?, ready = 0,
                attempts = attempts - 1
            WHERE id = ? AND status = 'running'
            """;

    public static final String RETRY_JOB =
            """
            UPDATE job SET status = 'retrying', ready = 0, due = ?, turn = ?,
                charged = charged + ?, last_status = coalesce(?, last_status)
            WHERE id = ? AND status = 'running'
            """;
    public static final String FINISH_JOB =
            """
            UPDATE job SET status = ?, due = NULL, starts = NULL, ready = 0, last_status = coalesce(?, last_status),
                charged = charged + ?, result_status = ?, result_body = ?, failure_reason = ?,
                failure_status = ?, failure_body = ?, failure_detail = ?, answer_head = ?,
                answer = ?, answer_content = ?, answer_bytes = ?, finished_ms = ?,
                cached_until = ?, prune_at = ?
            WHERE id = ? AND status IN ('scheduled', 'queued', 'running', 'retrying')
            """;

    /** It is not called any more. */
    public static final String FORGET_BODY =
            "UPDATE job SET body = NULL, body_content = NULL, body_bytes = NULL WHERE id = ?";

    public static final String LOSE_INTEREST =
            "UPDATE job SET interest = interest - 1 WHERE id = ? AND interest > 0";

    // Calls

    static final String ATTEMPTS =
            """
            SELECT t.retry, a.number, a.started_ms, a.waited_us, a.waited_for, a.outcome, a.status,
                a.latency_us
            FROM (SELECT retry, job FROM tried WHERE client = ? AND request = ?
                UNION ALL SELECT retries, job FROM request WHERE client = ? AND id = ?) t
            JOIN attempt a ON a.job = t.job ORDER BY t.retry, a.number, a.taken LIMIT ?
            """;
    private static final String CALL_COLUMNS =
            """
            SELECT a.id, j.request, a.number, a.taken, a.settled, a.outcome, a.status
            FROM attempt a JOIN job j ON j.id = a.job
            WHERE a.ledger = (SELECT ledger FROM upstream WHERE name = ?)
            """;
    static final String CALLS_IN_FLIGHT =
            CALL_COLUMNS + " AND a.settled IS NULL ORDER BY a.id DESC LIMIT ?";
    static final String CALLS_SETTLED =
            CALL_COLUMNS
                    + " AND a.settled IS NOT NULL AND a.settled > ?"
                    + " ORDER BY a.settled DESC LIMIT ?";

    // What waits or runs; each by its partial index

    static final String UPSTREAM_NAMES = "SELECT id, name FROM upstream ORDER BY id";
    static final List<String> UNFINISHED =
            List.of(
                    """
                    SELECT route, count(*) FROM (
                        SELECT route FROM job WHERE upstream = ? AND status = 'scheduled'
                        LIMIT ?) AS few
                    GROUP BY route
                    """,
                    """
                    SELECT route, count(*) FROM (
                        SELECT route FROM job WHERE upstream = ? AND status = 'queued'
                        LIMIT ?) AS few
                    GROUP BY route
                    """,
                    """
                    SELECT route, count(*) FROM (
                        SELECT route FROM job
                        WHERE upstream = ? AND status = 'retrying' AND ready = 0
                        LIMIT ?) AS few
                    GROUP BY route
                    """,
                    """
                    SELECT route, count(*) FROM (
                        SELECT route FROM job
                        WHERE upstream = ? AND status = 'retrying' AND ready = 1
                        LIMIT ?) AS few
                    GROUP BY route
                    """,
                    """
                    SELECT route, count(*) FROM (
                        SELECT j.route FROM upstream u
                        JOIN attempt a ON a.ledger = u.ledger AND a.upstream = u.id
                        JOIN job j ON j.id = a.job
                        WHERE u.id = ? AND a.settled IS NULL
                        LIMIT ?) AS few
                    GROUP BY route
                    """);

    // Requests

    public static final String REQUEST_COLUMNS =
            RequestColumn.SELECT
                    + """
                    FROM request r JOIN job j ON j.id = r.job JOIN upstream u ON u.id = j.upstream
                    """;
    public static final String REQUEST = REQUEST_COLUMNS + "WHERE r.client = ? AND r.id = ?";

    /** What a list looks at first; each one's row is read after it is known which are wanted. */
    static final String REQUEST_IDS = "SELECT client, id, job, own_status FROM request WHERE 1 = 1";

    /** What {@link #REQUEST_IDS} began, with each one's status, route and reason. */
    static String withStates(String requestIds) {
        return withStates(requestIds, "TRUE");
    }

    /** The same, with whether its parameters are like a pattern, the first value. */
    static String withStatesAndText(String requestIds) {
        return withStates(requestIds, "lower(j.params) LIKE lower(?) ESCAPE '!'");
    }

    private static String withStates(String requestIds, String like) {
        return """
        SELECT r.client, r.id, r.job, r.own_status, coalesce(r.own_status, j.status), j.route,
            j.failure_reason, %s
        FROM (%s) r JOIN job j ON j.id = r.job ORDER BY r.id DESC
        """
                .formatted(like, requestIds);
    }

    /** As a list shows it: a large result stays where it is. */
    static final String LISTED_REQUEST = withResultsUpTo(Reads.MAX_LISTED_RESULT_BYTES, REQUEST);

    /** As a write tells it: hundreds are in one transaction. */
    public static final String WRITTEN_REQUEST =
            withResultsUpTo(Store.MAX_TOLD_RESULT_BYTES, REQUEST);

    /** An answer as it came that is larger is left out with all that would be told of it. */
    static String withResultsUpTo(int bytes, String statement) {
        String small =
                "CASE WHEN coalesce(octet_length(j.answer), 0) <= "
                        + bytes
                        + " AND coalesce(octet_length(j.result_body), 0) <= "
                        + bytes
                        + " THEN ";
        return statement
                .replace("j.result_body,", small + "j.result_body END,")
                .replace("j.answer_head,", small + "j.answer_head END,")
                .replace("j.answer,", small + "j.answer END,");
    }

    /** A request whose client is not known. */
    static final String REQUEST_OF_ANY = REQUEST_COLUMNS + "WHERE r.id = ?";

    static final String WRITTEN_REQUEST_OF_ANY =
            withResultsUpTo(Store.MAX_TOLD_RESULT_BYTES, REQUEST_OF_ANY);

    public static final String LIVE_REQUESTS =
            """
            SELECT client, id, webhook_url, expires, batch FROM request
            WHERE job = ? AND own_status IS NULL ORDER BY id
            """;
    public static final String STOP_EXPIRIES =
            """
            UPDATE request SET expires = NULL
            WHERE job = ? AND own_status IS NULL AND expires IS NOT NULL
            """;
    public static final String NEXT_EXPIRY =
            "SELECT min(expires) FROM request WHERE expires IS NOT NULL";
    public static final String END_REQUEST =
            """
            UPDATE request SET own_status = ?, own_finished_ms = ?, expires = NULL, prune_at = ?
            WHERE client = ? AND id = ? AND own_status IS NULL
            RETURNING coalesce(batch, 0)
            """;
    public static final String MOVE_REQUEST =
            """
            UPDATE request SET job = ?, retries = retries + 1, expires = NULL, expires_ms = NULL,
                prune_at = NULL
            WHERE client = ? AND id = ? AND own_status IS NULL
            RETURNING coalesce(batch, 0)
            """;

    /** The job that failed a request which is now retried: its attempts are the request's still. */
    public static final String KEEP_TRIED =
            """
            INSERT INTO tried (client, request, retry, job)
            SELECT client, id, retries, job FROM request WHERE client = ? AND id = ?
            """;

    public static final String FORGET_TRIED =
            """
            DELETE FROM tried WHERE client = ? AND request = ? AND retry <=
                (SELECT retries FROM request WHERE client = ? AND id = ?) - ?
            """;
    public static final String TRIED_OF_JOB = "SELECT count(*) FROM tried WHERE job = ?";

    // Deliveries

    public static final String COUNT_DELIVERIES =
            "SELECT count(*) FROM delivery WHERE due IS NOT NULL";
    public static final String NEXT_DELIVERY =
            "SELECT min(due) FROM delivery WHERE due IS NOT NULL";
    public static final String ADD_TRY =
            """
            INSERT INTO delivery_try (delivery, number, at_ms, status, error, latency_us)
            SELECT id, attempts, ?, ?, ?, ? FROM delivery WHERE id = ?
            """;
    static final String DELIVERY_OWNER = "SELECT client, state FROM delivery WHERE id = ?";
    static final String DELIVERY =
            """
            SELECT d.id, d.request, d.client, d.status, coalesce(r.webhook_url, b.webhook_url), d.state, d.attempts,
                d.created_ms, d.next_ms, d.last_status, d.last_error
            FROM delivery d LEFT JOIN request r ON r.client = d.client AND r.id = d.request
            LEFT JOIN batch b ON b.id = d.request
            WHERE d.id = ? AND (r.id IS NOT NULL OR b.id IS NOT NULL)
            """;

    /** What a list looks at first. */
    static final String DELIVERY_IDS = "SELECT id, state FROM delivery WHERE 1 = 1";

    static final String TRIES =
            """
            SELECT number, at_ms, status, error, latency_us FROM delivery_try
            WHERE delivery = ? ORDER BY number
            """;

    // Large bodies

    /** Or its next piece's; a job that refers to it leaves it as it is. */
    public static final String ADD_CONTENT =
            """
            INSERT INTO content (id, client, bytes, drop_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes, drop_at = excluded.drop_at
            WHERE content.holders = 0 AND content.drop_at > 0
            """;

    /** One that is there already was written before its answer was lost. */
    public static final String ADD_PIECE =
            """
            INSERT INTO piece (content, number, bytes) VALUES (?, ?, ?)
            ON CONFLICT (content, number) DO NOTHING
            """;

    public static final String PIECE = "SELECT bytes FROM piece WHERE content = ? AND number = ?";

    /** Changes no row if it is not all there. */
    public static final String HOLD_CONTENT =
            """
            UPDATE content SET holders = holders + 1, drop_at = NULL, client = ?
            WHERE id = ? AND bytes = ? AND (drop_at IS NULL OR drop_at > 0)
            """;

    /** The job is given twice. */
    public static final String RELEASE_CONTENTS =
            """
            UPDATE content SET holders = holders - 1, drop_at = CASE WHEN holders = 1 THEN CAST(? AS BIGINT) END
            WHERE holders > 0 AND id IN (
                SELECT body_content FROM job WHERE id = ? AND body_content IS NOT NULL
                UNION
                SELECT answer_content FROM job WHERE id = ? AND answer_content IS NOT NULL)
            """;

    public static final String KEPT_BYTES =
            "SELECT client, sum(bytes) FROM content GROUP BY client";

    public static final String RELEASE_CONTENT =
            """
            UPDATE content SET holders = holders - 1, drop_at = CASE WHEN holders = 1 THEN CAST(? AS BIGINT) END
            WHERE holders > 0 AND id = ?
            """;

    public static final String DROP_CONTENT =
            "UPDATE content SET drop_at = ? WHERE id = ? AND holders = 0 AND drop_at > 0";
    public static final String DROPPED_CONTENTS =
            "SELECT id FROM content WHERE drop_at IS NOT NULL AND drop_at <= ? LIMIT ?";
    public static final String SWEEP_CONTENT =
            "UPDATE content SET drop_at = 0 WHERE id = ? AND drop_at <= ?";

    /** Some of its pieces, the first ones first; the content is given twice. */
    public static final String DELETE_PIECES =
            """
            DELETE FROM piece WHERE content = ?
                AND number < (SELECT min(number) FROM piece WHERE content = ?) + ?
            """;

    public static final String DELETE_CONTENT = "DELETE FROM content WHERE id = ? AND drop_at = 0";

    // Retention

    /** A request that serves from the cache, or whose deliveries take longer. */
    public static final String PRUNE_REQUEST_AT =
            "UPDATE request SET prune_at = ? WHERE client = ? AND id = ?";

    /** Of those that ended with their job. */
    public static final String REQUESTS_OF_JOB =
            "SELECT client, id FROM request WHERE job = ? AND prune_at IS NULL LIMIT ?";

    /** When the last of them is looked at again; 0 if there is none. */
    public static final String LAST_REQUEST_OF_JOB =
            "SELECT coalesce(max(prune_at), 0) FROM request WHERE job = ?";

    public static final String FINISHED = "SELECT finished_ms FROM job WHERE id = ?";

    /**
     * A row if it is old: how many deliveries of it are still to be made, and until when its
     * Idempotency-Key leads to it.
     */
    public static final String OLD_REQUEST =
            """
            SELECT (SELECT count(*) FROM delivery d
                WHERE d.client = r.client AND d.request = r.id AND d.state = 'pending'),
                (SELECT max(i.expires) FROM idempotency i
                WHERE i.client = r.client AND i.request = r.id)
            FROM request r
            WHERE r.client = ? AND r.id = ? AND (r.prune_at IS NULL OR r.prune_at <= ?)
            """;

    public static final String DELETE_TRIES =
            """
            DELETE FROM delivery_try WHERE delivery IN (
                SELECT id FROM delivery WHERE client = ? AND request = ?)
            """;
    public static final String DELETE_DELIVERIES =
            "DELETE FROM delivery WHERE client = ? AND request = ?";
    public static final String DELETE_TRIED = "DELETE FROM tried WHERE client = ? AND request = ?";
    public static final String DELETE_REQUEST = "DELETE FROM request WHERE client = ? AND id = ?";
    public static final String PRUNE_LATER = "UPDATE job SET prune_at = ? WHERE id = ?";
    public static final String DELETE_ATTEMPTS = "DELETE FROM attempt WHERE job = ?";
    public static final String DELETE_JOB = "DELETE FROM job WHERE id = ?";
    public static final String DELETE_IDEMPOTENCY =
            """
            DELETE FROM idempotency WHERE (client, key) IN (
                SELECT client, key FROM idempotency WHERE expires <= ? LIMIT ?)
            """;

    // What operators did

    static final String ADD_ACT = "INSERT INTO act (at_ms, who, what, target) VALUES (?, ?, ?, ?)";
    static final String FORGET_ACTS =
            "DELETE FROM act WHERE number <= (SELECT max(number) FROM act) - ?";
    static final String ACTS =
            """
            SELECT number, at_ms, who, what, target FROM act WHERE number < ?
            ORDER BY number DESC LIMIT ?
            """;

    // Clients

    private static final String ALL_CLIENTS =
            """
            SELECT c.id, c.name, c.admin, c.max_pending, c.weight, c.created_ms,
                k.hash, k.created_ms, k.expires_ms
            FROM client c LEFT JOIN client_key k
                ON k.client = c.id AND (k.expires_ms IS NULL OR k.expires_ms > ?)
            """;
    static final String CLIENTS =
            ALL_CLIENTS + "WHERE c.revoked = ? ORDER BY c.id, k.created_ms, k.hash";
    static final String CLIENT = ALL_CLIENTS + "WHERE c.name = ? ORDER BY k.created_ms, k.hash";
    public static final String CLIENT_BOUNDS =
            "SELECT max_pending, weight FROM client WHERE id = ?";
    static final String CLIENT_NAMES = "SELECT id, name FROM client";
    static final String PUT_CLIENT =
            """
            INSERT INTO client (name, admin, max_pending, weight, created_ms, revoked)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET admin = excluded.admin,
                max_pending = excluded.max_pending, weight = excluded.weight, revoked = excluded.revoked
            """;
    static final String REVOKE_CLIENT =
            "UPDATE client SET revoked = ? WHERE name = ? AND revoked = ?";
    static final String ADD_KEY =
            """
            INSERT INTO client_key (hash, client, created_ms, expires_ms)
            SELECT ?, id, ?, ? FROM client WHERE name = ? AND revoked = ?
            """;
    static final String END_KEY = "DELETE FROM client_key WHERE hash = ?";
    static final String END_KEYS =
            "DELETE FROM client_key WHERE client IN (SELECT id FROM client WHERE name = ?)";
    static final String SECRETS =
            """
            SELECT secret FROM webhook_secret
            WHERE client = ? AND (expires_ms IS NULL OR expires_ms > ?) ORDER BY id DESC LIMIT ?
            """;
    static final String ADD_SECRET = "INSERT INTO webhook_secret (client, secret) VALUES (?, ?)";
    static final String RETIRE_SECRETS =
            "UPDATE webhook_secret SET expires_ms = ? WHERE client = ? AND expires_ms IS NULL";
    static final String FORGET_SECRETS =
            """
            DELETE FROM webhook_secret WHERE client = ? AND (expires_ms <= ? OR id NOT IN (
                SELECT id FROM webhook_secret WHERE client = ? ORDER BY id DESC LIMIT ?))
            """;
    static final String SECRET = "SELECT value FROM secret WHERE name = ?";
    static final String KEEP_SECRET =
            "INSERT INTO secret (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING";
}
