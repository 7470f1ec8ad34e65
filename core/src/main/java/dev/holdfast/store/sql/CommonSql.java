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

    /** The name of an upstream {@code u}, also of one that is a partition of it. */
    public static final String ROOT_NAME =
            "CASE WHEN u.partition IS NULL THEN u.name ELSE"
                    + " substr(u.name, 1, length(u.name) - length(u.partition) - 1) END";

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

    /** How many retries are known to be due: none or at least one. */
    public static final String ANY_READY =
            """
            SELECT count(*) FROM (
                SELECT 1 FROM job WHERE upstream = ? AND status = 'retrying' AND ready = 1
                LIMIT 1) AS one
            """;

    /** What says who calls for a partition, if it has that of its own. */
    public static final String OWN_HEADERS =
            "SELECT headers FROM partition_own WHERE upstream = ? AND partition = ?";

    /** When the next of the others falls due. */
    public static final String NEXT_RETRY =
            "SELECT min(due) FROM job WHERE upstream = ? AND status = 'retrying' AND ready = 0";

    public static final String JOB_COLUMNS = JobColumn.SELECT;
    public static final String JOB = JOB_COLUMNS + "WHERE j.id = ?";

    /** Its time to live is given twice. */
    public static final String JOIN_JOB =
            """
            UPDATE job SET interest = interest + 1, high = high + ?, low = low + ?, timed = timed + ?,
                turn = ?, client = ?, priority = ?, weight = ?,
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
            UPDATE job SET status = 'queued', starts = NULL, upstream = ?, turn = ?, client = ?, priority = ?,
                weight = ?, created = ?
            WHERE id = ? AND status = 'scheduled'
            """;

    /** Its time is another, or it has one again. */
    public static final String SCHEDULE_JOB =
            """
            UPDATE job SET status = 'scheduled', starts = ?, upstream = ?
            WHERE id = ? AND status IN ('scheduled', 'queued')
            """;

    /** Jobs whose time has come, in the order in which it came. */
    public static final String STARTING =
            """
            SELECT id, client, weight, priority, partition FROM job
            WHERE upstream = ? AND status = 'scheduled' AND starts <= ? ORDER BY starts, id LIMIT ?
            """;

    /** When the time of the next one comes, in wall milliseconds. */
    public static final String NEXT_START =
            "SELECT min(starts) FROM job WHERE upstream = ? AND status = 'scheduled'";

    static final String NEXT_START_OF =
            """
            SELECT starts FROM job
            WHERE upstream = (SELECT id FROM upstream WHERE name = ?) AND status = 'scheduled'
            ORDER BY starts LIMIT 1
            """;

    /** Of a route's jobs that wait, the one that could go first: since when, or from when on. */
    public static final String WAITING_SINCE =
            """
            SELECT coalesce(due, created), upstream FROM job
            WHERE route = ? AND status IN ('queued', 'retrying')
            ORDER BY coalesce(due, created) LIMIT 1
            """;

    /** Whether a queue is that of a partition that an operator paused. */
    public static final String IN_PAUSED =
            """
            SELECT 1 FROM upstream q
            JOIN partition_own o ON o.upstream = q.parent AND o.partition = q.partition
            WHERE q.id = ? AND o.paused = 1
            """;

    /** The same of the oldest few, whose partition nobody paused. */
    public static final String FLOWING_SINCE =
            """
            SELECT few.since FROM (
                SELECT coalesce(due, created) AS since, upstream FROM job
                WHERE route = ? AND status IN ('queued', 'retrying')
                ORDER BY coalesce(due, created) LIMIT ?) AS few
            WHERE NOT EXISTS (
                SELECT 1 FROM upstream q
                JOIN partition_own o ON o.upstream = q.parent AND o.partition = q.partition
                WHERE q.id = few.upstream AND o.paused = 1)
            ORDER BY few.since LIMIT 1
            """;

    public static final String CHANGE_REQUEST =
            """
            UPDATE request SET priority = ?, not_before_ms = ?
            WHERE client = ? AND id = ? AND own_status IS NULL
            """;

    /** What one that still wants a job wants instead. */
    public static final String CHANGE_WISHES =
            "UPDATE job SET high = high + ?, low = low + ?, timed = timed + ? WHERE id = ?";

    /** The earliest time that any of those gives that still want a job. */
    public static final String EARLIEST =
            """
            SELECT min(not_before_ms) FROM request
            WHERE job = ? AND not_before_ms IS NOT NULL AND own_status IS NULL
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
                cached_until = ?, prune_at = ?, upstream = ?
            WHERE id = ? AND status IN ('scheduled', 'queued', 'running', 'retrying')
            """;

    /** It is not called any more. */
    public static final String FORGET_BODY =
            "UPDATE job SET body = NULL, body_content = NULL, body_bytes = NULL WHERE id = ?";

    public static final String LOSE_INTEREST =
            """
            UPDATE job SET interest = interest - 1, high = high - ?, low = low - ?, timed = timed - ?
            WHERE id = ? AND interest > 0
            """;

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

    /** Of what each client's calls took; what is taken of a call, and where that stands, go in. */
    private static final String USAGE =
            """
            SELECT j.client, %s, count(a.settled), min(a.settled)
            FROM (
                SELECT id, job, settled FROM (
                    SELECT id, job, settled FROM attempt
                    WHERE ledger = (SELECT ledger FROM upstream WHERE name = ?) AND settled IS NULL
                    LIMIT ?) AS under_way
                UNION ALL
                SELECT id, job, settled FROM (
                    SELECT id, job, settled FROM attempt
                    WHERE ledger = (SELECT ledger FROM upstream WHERE name = ?)
                        AND settled IS NOT NULL AND settled > ?
                    ORDER BY settled DESC LIMIT ?) AS newest) AS a
            JOIN job j ON j.id = a.job %s
            GROUP BY j.client ORDER BY 2 DESC, j.client
            """;

    public static final String CALLS_USED = USAGE.formatted("count(*)", "");
    static final String UNITS_USED =
            USAGE.formatted(
                    "sum(coalesce(c.actual, c.reserved, 0))",
                    """
                    LEFT JOIN charge c ON c.attempt = a.id AND c.ledger = (
                        SELECT l.id FROM ledger l JOIN upstream u ON u.ledger = l.main
                        WHERE u.name = ? AND l.unit = ?)
                    """);

    // What waits or runs; each by its partial index

    static final String UPSTREAM_NAMES =
            "SELECT id, name FROM upstream WHERE parent IS NULL ORDER BY id";
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

    /** The same of what is in an upstream's partitions. */
    static final List<String> UNFINISHED_INSIDE =
            UNFINISHED.stream()
                    .map(
                            own ->
                                    own.replace(
                                                    "WHERE upstream = ?",
                                                    "WHERE upstream IN ("
                                                            + "SELECT id FROM upstream"
                                                            + " WHERE parent = ?)")
                                            .replace("WHERE u.id = ?", "WHERE u.parent = ?"))
                    .toList();

    // Requests

    public static final String REQUEST_COLUMNS =
            RequestColumn.SELECT
                    + """
                    FROM request r JOIN job j ON j.id = r.job JOIN upstream u ON u.id = j.upstream
                    """;
    public static final String REQUEST = REQUEST_COLUMNS + "WHERE r.client = ? AND r.id = ?";

    /** What a list looks at first; each one's row is read after it is known which are wanted. */
    static final String REQUEST_IDS = "SELECT client, id, job, own_status FROM request WHERE 1 = 1";

    /** What {@link #REQUEST_IDS} began, with each one's status, route, reason and partition. */
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
            j.failure_reason, %s, j.partition
        FROM (%s) r JOIN job j ON j.id = r.job ORDER BY r.id DESC
        """
                .formatted(like, requestIds);
    }

    /** Requests that a list reads at once, at most. */
    static final int LISTED_AT_ONCE = 50;

    private static final String LISTED =
            "WHERE (r.client, r.id) IN (VALUES (?, ?)"
                    + ", (?, ?)".repeat(LISTED_AT_ONCE - 1)
                    + ")";

    /** What each of so many takes of a list, in bytes; in any order. */
    static final String LISTED_SIZES =
            """
            SELECT r.client, r.id, octet_length(j.params) + coalesce(octet_length(j.failure_body), 0)
                + CASE WHEN octet_length(j.result_body) <= %1$d THEN octet_length(j.result_body) ELSE 0 END
                + CASE WHEN octet_length(j.answer) <= %1$d THEN octet_length(j.answer) ELSE 0 END
            FROM request r JOIN job j ON j.id = r.job
            """
                            .formatted(Reads.MAX_LISTED_RESULT_BYTES)
                    + LISTED;

    /** As a list shows them, in any order: a large result stays where it is. */
    static final String LISTED_REQUESTS =
            withResultsUpTo(Reads.MAX_LISTED_RESULT_BYTES, REQUEST_COLUMNS + LISTED);

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

    /** Those who waited for a job that has ended, of whom each is after the last that was told. */
    public static final String UNTOLD_REQUESTS =
            """
            SELECT client, id, webhook_url, expires, batch FROM request
            WHERE job = ? AND prune_at IS NULL AND id > ? ORDER BY prune_at, id LIMIT ?
            """;

    /** A job that ended before all who waited for it were told, the next one by its number. */
    public static final String UNTOLD_JOB =
            """
            SELECT j.id, u.name, j.status, j.route, j.failure_reason, j.told
            FROM job j JOIN upstream u ON u.id = j.upstream
            WHERE j.told IS NOT NULL AND j.id > ? ORDER BY j.id LIMIT 1
            """;

    /** The same of one that a request is of. */
    public static final String UNTOLD_JOB_OF =
            """
            SELECT j.id, u.name, j.status, j.route, j.failure_reason, j.told
            FROM job j JOIN upstream u ON u.id = j.upstream
            WHERE j.told IS NOT NULL AND j.id = ? AND j.told < ?
            """;

    /** The number of the batch that a request is a line of, or null. */
    public static final String BATCH_OF = "SELECT batch FROM request WHERE client = ? AND id = ?";

    /** Up to whom they were; null for all. */
    public static final String TOLD =
            "UPDATE job SET told = ? WHERE id = ? AND finished_ms IS NOT NULL";

    public static final String STOP_EXPIRIES =
            """
            UPDATE request SET expires = NULL
            WHERE job = ? AND prune_at IS NULL AND id > ? AND id <= ? AND expires IS NOT NULL
            """;

    /** It has its job's end. */
    public static final String STOP_EXPIRY =
            "UPDATE request SET expires = NULL WHERE client = ? AND id = ?";

    public static final String NEXT_EXPIRY =
            "SELECT min(expires) FROM request WHERE expires IS NOT NULL";

    /** Whether anybody who waits for this job still wants it then. */
    public static final String ANY_IN_TIME =
            """
            SELECT 1 FROM request
            WHERE job = ? AND prune_at IS NULL AND (expires IS NULL OR expires > ?) LIMIT 1
            """;

    /** Who waits for a job, where nobody does in time. */
    public static final String LATE_OF =
            """
            SELECT client, id FROM request WHERE job = ? AND prune_at IS NULL ORDER BY id LIMIT ?
            """;

    public static final String END_REQUEST =
            """
            UPDATE request SET own_status = ?, own_finished_ms = ?, expires = NULL, prune_at = ?
            WHERE client = ? AND id = ? AND own_status IS NULL
                AND (SELECT finished_ms FROM job WHERE job.id = request.job) IS NULL
            RETURNING coalesce(batch, 0), priority, not_before_ms
            """;

    /** Into another job, which it wants at once. */
    public static final String MOVE_REQUEST =
            """
            UPDATE request SET job = ?, retries = retries + 1, expires = NULL, expires_ms = NULL,
                prune_at = NULL, not_before_ms = NULL
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
}
