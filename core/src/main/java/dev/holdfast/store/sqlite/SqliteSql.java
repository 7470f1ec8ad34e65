package dev.holdfast.store.sqlite;

import dev.holdfast.store.sql.AskedRow;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.Insert;
import dev.holdfast.store.sql.JobColumn;
import dev.holdfast.store.sql.KeyRow;
import dev.holdfast.store.sql.RankColumns;
import dev.holdfast.store.sql.RequestColumn;
import java.util.List;

/**
 * The statements of SQLite. Each WHERE guards its transition: a stale one changes no row. States of
 * partial indexes are literals, since SQLite uses such an index only where it can see them.
 */
public final class SqliteSql {
    private SqliteSql() {}

    /** What a process before this one wrote and nobody refers to: there is no other one. */
    static final String ORPHANED_CONTENTS =
            "UPDATE content SET drop_at = 1 WHERE drop_at IS NOT NULL AND drop_at > 1";

    static final String BEGIN = "BEGIN IMMEDIATE";
    static final String COMMIT = "COMMIT";
    static final String ROLLBACK = "ROLLBACK";

    static final String READ_CLOCK = "SELECT boot, nanos, wall_ms, steady, held_over FROM clock";
    static final String WRITE_CLOCK =
            """
            INSERT INTO clock (id, boot, nanos, wall_ms, steady, held_over) VALUES (1, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
                boot = excluded.boot, nanos = excluded.nanos, wall_ms = excluded.wall_ms,
                steady = excluded.steady, held_over = excluded.held_over
            """;

    // Upstreams

    private static final RankColumns RANKS = RankColumns.of("credit", "turn", "retry_turn");

    /**
     * A partition of which there is nothing to say but its place and the turn of its usual class.
     */
    private static final String PLAIN =
            """
            paused = 0 AND closed_until = 0 AND unauthorized_since = 0 AND absent_since = 0
                AND absent_until = 0 AND scheduled = 0 AND normal_credit = 0
                AND normal_retry_turn = 0 AND high_credit = 0 AND high_turn = 0
                AND high_retry_turn = 0 AND low_credit = 0 AND low_turn = 0 AND low_retry_turn = 0
            """;

    /** Upstreams, and after them those of their partitions that are not plain. */
    static final String UPSTREAMS =
            """
            SELECT id, name, ledger, beat, paused, closed_until, unauthorized_since,
                unauthorized_until, absent_since, absent_until, scheduled, parent, partition, turn,
                line, wake, fifo, busy, %s
            FROM upstream WHERE parent IS NULL OR NOT (%s) ORDER BY parent IS NOT NULL
            """
                    .formatted(RANKS.list(), PLAIN);

    /** The next plain partitions after a number, packed, and the last one's number. */
    static final String PARTITIONS =
            """
            SELECT max(id), group_concat(id || ' ' || parent || ' ' || turn || ' '
                || coalesce(line, -1) || ' ' || coalesce(wake, -1) || ' ' || fifo || ' ' || busy || ' '
                || beat || ' ' || normal_turn || ' ' || octet_length(partition) || ' ' || partition, ' ')
            FROM (SELECT id, parent, turn, line, wake, fifo, busy, beat, normal_turn, partition
                FROM upstream WHERE parent IS NOT NULL AND id > ? AND %s ORDER BY id LIMIT ?)
            """
                    .formatted(PLAIN);

    static final String ADD_UPSTREAM = "INSERT INTO upstream (id, name, ledger) VALUES (?, ?, ?)";
    static final String SET_LEDGER = "UPDATE upstream SET ledger = ? WHERE id = ?";
    static final String WRITE_UPSTREAM =
            """
            UPDATE upstream SET beat = ?, paused = ?, closed_until = ?, unauthorized_since = ?,
                unauthorized_until = ?, absent_since = ?, absent_until = ?, scheduled = ?, %s
            WHERE id = ?
            """
                    .formatted(RANKS.set());

    // What is mirrored in memory

    static final String LANES =
            """
            SELECT l.upstream, l.priority, l.retry, l.client, l.last_turn, l.jobs, l.weight
            FROM upstream u CROSS JOIN lane l ON l.upstream = u.id
            WHERE u.parent IS NULL AND l.jobs > 0
            """;

    /** Those from one queue's number to another's, packed. */
    static final String PARTITION_LANES =
            """
            SELECT group_concat(upstream || ' ' || priority || ' ' || retry || ' ' || client || ' '
                || last_turn || ' ' || jobs || ' ' || weight, ' ')
            FROM lane WHERE upstream BETWEEN ? AND ? AND jobs > 0
            """;

    static final String WRITE_LANE =
            """
            INSERT INTO lane (upstream, retry, priority, client, last_turn, jobs, weight)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (upstream, retry, priority, client) DO UPDATE SET
                last_turn = excluded.last_turn, jobs = excluded.jobs, weight = excluded.weight
            """;
    static final String DELETE_LANES = "DELETE FROM lane";
    static final String COUNT_LANES =
            """
            INSERT INTO lane (upstream, retry, priority, client, last_turn, jobs, weight)
            SELECT upstream, status = 'retrying', priority, client, max(turn), count(*), max(weight)
            FROM job WHERE status IN ('queued', 'retrying') GROUP BY 1, 2, 3, 4
            """;
    static final String COUNT_SCHEDULED =
            """
            UPDATE upstream SET scheduled = (
                SELECT count(*) FROM job j
                WHERE j.upstream = upstream.id AND j.status = 'scheduled')
            """;
    static final String COUNT_BUSY =
            """
            UPDATE upstream SET busy = (
                SELECT coalesce(sum(jobs), 0) FROM lane l WHERE l.upstream = upstream.id)
            WHERE parent IS NOT NULL
            """;
    static final String WAIT_FOR_DISK = "PRAGMA synchronous = FULL";

    /** Nor for what is written to the log; a checkpoint waits in any case. */
    static final String WAIT_FOR_NOTHING = "PRAGMA synchronous = NORMAL";

    static final String COUNT_JOBS =
            """
            SELECT coalesce((SELECT sum(jobs) FROM lane), 0)
                + coalesce((SELECT sum(scheduled) FROM upstream), 0)
            """;

    /**
     * Unfinished requests by client, each kind of unfinished job by its index; and those who were
     * not told yet that their job has ended.
     */
    private static final String UNFINISHED_REQUESTS =
            """
            SELECT client, count(*) AS requests FROM (
                SELECT r.client FROM (
                    SELECT id FROM job WHERE status = 'scheduled'
                    UNION ALL SELECT id FROM job WHERE status = 'queued'
                    UNION ALL SELECT id FROM job WHERE status = 'retrying'
                    UNION ALL SELECT job FROM attempt WHERE settled IS NULL) j
                JOIN request r ON r.job = j.id WHERE r.own_status IS NULL
                UNION ALL SELECT r.client FROM job j JOIN request r ON r.job = j.id
                    AND r.prune_at IS NULL AND r.id > j.told
                WHERE j.told IS NOT NULL) GROUP BY client
            """;

    /** Whether a job has ended of which not all were told. */
    static final String ANY_UNTOLD = "SELECT 1 FROM job WHERE told IS NOT NULL LIMIT 1";

    static final String DELETE_PENDING = "DELETE FROM pending";
    static final String COUNT_PENDING =
            "INSERT INTO pending (client, requests) " + UNFINISHED_REQUESTS;

    /** Whether a count that is kept differs from the rows. */
    static final String MISCOUNTED =
            """
            SELECT EXISTS (
                SELECT 1 FROM (
                    SELECT upstream, retry, priority, client, jobs FROM lane
                    UNION ALL
                    SELECT upstream, status = 'retrying', priority, client, -count(*) FROM job
                    WHERE status IN ('queued', 'retrying') GROUP BY 1, 2, 3, 4)
                GROUP BY upstream, retry, priority, client HAVING sum(jobs) <> 0)
            OR EXISTS (
                SELECT 1 FROM upstream u WHERE scheduled <> (
                    SELECT count(*) FROM job j WHERE j.upstream = u.id AND j.status = 'scheduled'))
            OR EXISTS (
                SELECT 1 FROM (
                    SELECT client, requests FROM pending
                    UNION ALL SELECT client, -requests FROM (
            """
                    + UNFINISHED_REQUESTS
                    + """
                            ))
                        GROUP BY client HAVING sum(requests) <> 0)
                    """;

    // Key and number in one column, as JobIndex wants them: a start reads a million of these.
    static final List<String> KEYS =
            List.of(
                    "SELECT key_high << 40 | id FROM job WHERE status = 'scheduled'",
                    "SELECT key_high << 40 | id FROM job WHERE status = 'queued'",
                    "SELECT key_high << 40 | id FROM job WHERE status = 'retrying' AND ready = 0",
                    "SELECT key_high << 40 | id FROM job WHERE status = 'retrying' AND ready = 1",
                    """
                    SELECT j.key_high << 40 | j.id FROM attempt a JOIN job j ON j.id = a.job
                    WHERE a.settled IS NULL
                    """,
                    "SELECT key_high << 40 | id FROM job WHERE cached_until IS NOT NULL");
    static final String RUNNING = "SELECT upstream FROM attempt WHERE settled IS NULL";
    static final String CACHED =
            "SELECT route, count(*) FROM job WHERE cached_until IS NOT NULL GROUP BY route";
    static final String PENDING = "SELECT client, requests FROM pending WHERE requests > 0";
    static final String LAST_JOB = "SELECT max(id) FROM job";
    static final String LAST_ATTEMPT = "SELECT max(id) FROM attempt";
    static final String WRITE_PENDING =
            """
            INSERT INTO pending (client, requests) VALUES (?, ?)
            ON CONFLICT (client) DO UPDATE SET requests = excluded.requests
            """;

    // Accepting

    static final String IDEMPOTENCY =
            KeyRow.SELECT + "WHERE i.client = ? AND i.key = ? AND i.expires > ?";
    static final String ADD_IDEMPOTENCY = KeyRow.INSERT.one();
    static final String ADD_JOB = JobColumn.INSERT.one();
    static final Insert<AskedRow> REQUEST_ROW = AskedRow.INSERT;
    static final String ADD_REQUEST = REQUEST_ROW.one();

    // Jobs

    static final String FIRST_TRIES =
            """
            SELECT id, created, turn, client, cost FROM job
            WHERE upstream = ? AND priority = ? AND status = 'queued'
            ORDER BY turn, client LIMIT ?
            """;

    /** Those of them that cost something of exactly these units. */
    static final String FIRST_TRIES_OF =
            """
            SELECT id, created, turn, client, cost FROM job
            WHERE upstream = ? AND priority = ? AND units IS NOT NULL AND status = 'queued'
                AND units = ?
            ORDER BY turn, client LIMIT ?
            """;

    static final String FALL_DUE =
            """
            UPDATE job SET ready = 1 WHERE id IN (
                SELECT id FROM job
                WHERE upstream = ? AND status = 'retrying' AND ready = 0 AND due <= ?
                ORDER BY due LIMIT ?)
            """;
    static final String DUE_RETRIES =
            """
            SELECT id, due, turn, client, cost FROM job
            WHERE upstream = ? AND priority = ? AND status = 'retrying' AND ready = 1
            ORDER BY turn, client LIMIT ?
            """;
    static final String DUE_RETRIES_OF =
            """
            SELECT id, due, turn, client, cost FROM job
            WHERE upstream = ? AND priority = ? AND units IS NOT NULL AND status = 'retrying'
                AND ready = 1 AND units = ?
            ORDER BY turn, client LIMIT ?
            """;
    static final String RUN_JOB =
            """
            UPDATE job SET status = 'running', due = NULL, ready = 0, attempts = attempts + 1
            WHERE id = ? AND status IN ('queued', 'retrying')
            """;

    // Attempts

    static final String ADD_ATTEMPT =
            """
            INSERT INTO attempt
                (id, job, upstream, ledger, number, taken, started_ms, waited_us, waited_for, probe,
                credential)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """;
    static final String ADD_CHARGE =
            "INSERT INTO charge (attempt, ledger, reserved) VALUES (?, ?, ?)";
    static final String SETTLE_ATTEMPT =
            """
            UPDATE attempt SET settled = max(?, taken + ?), outcome = ?, status = ?, latency_us = ?
            WHERE id = ? AND job = ? AND settled IS NULL
            RETURNING ledger, taken, settled, probe, upstream, credential
            """;
    static final String UNDO_RUN_JOB =
            """
            UPDATE job SET status = iif(attempts = 1, 'queued', 'retrying'),
                due = iif(attempts = 1, NULL, ?), attempts = attempts - 1,
                charged = min(charged, attempts - 1)
            WHERE id = (SELECT job FROM attempt WHERE id = ?) AND status = 'running'
            """;
    static final String NEVER_HANDED_OUT =
            "SELECT id FROM attempt WHERE settled IS NULL AND id > ?";
    static final String DELETE_ATTEMPT = "DELETE FROM attempt WHERE id = ?";

    /** When the last one settled, the first was made, and the last that failed; each by its end. */
    static final String CALLS_BEFORE =
            """
            SELECT (SELECT settled FROM attempt WHERE job = ? ORDER BY id DESC LIMIT 1),
                (SELECT taken FROM attempt WHERE job = ? ORDER BY id LIMIT 1),
                (SELECT taken FROM attempt WHERE job = ? AND %s ORDER BY id DESC LIMIT 1)
            """
                    .formatted(CommonSql.FAILED_CALL);

    static final String ORPHANS =
            """
            SELECT a.id, a.job, a.number, %s FROM attempt a JOIN upstream u ON u.id = a.upstream
            WHERE a.settled IS NULL AND a.id <= ? ORDER BY a.id
            """
                    .formatted(CommonSql.ROOT_NAME);

    // Requests

    static final String EXPIRING =
            "SELECT client, id, job, 0 FROM request WHERE expires <= ? ORDER BY expires LIMIT ?";

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

    /** With what each tells of: one statement, however many there are. */
    static final String DUE_DELIVERIES =
            RequestColumn.SELECT
                    + """
                    , d.id, d.request, d.attempts
                    FROM delivery d LEFT JOIN request r ON r.client = d.client AND r.id = d.request
                    LEFT JOIN job j ON j.id = r.job LEFT JOIN upstream u ON u.id = j.upstream
                    WHERE d.due <= ? ORDER BY d.due, d.id LIMIT ?
                    """;

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
    static final String REDELIVER =
            "UPDATE delivery SET state = 'pending', due = ?, next_ms = ? WHERE id = ?";

    // Retention

    static final String OLD_REQUESTS =
            "SELECT client, id, prune_at FROM request WHERE prune_at <= ? ORDER BY prune_at LIMIT"
                    + " ?";
    static final String PRUNABLE =
            "SELECT id, prune_at FROM job WHERE prune_at <= ? ORDER BY prune_at LIMIT ?";
    static final String OLDEST_RESULTS =
            """
            SELECT id, key_high FROM job WHERE route = ? AND cached_until IS NOT NULL
            ORDER BY cached_until LIMIT ?
            """;
    static final String EVICT_RESULT =
            """
            UPDATE job SET cached_until = NULL,
                prune_at = CASE WHEN finished_ms > ? THEN prune_at ELSE min(prune_at, ?) END
            WHERE id = ?
            """;

    // The file's size

    static final String PAGE_BYTES = "PRAGMA page_size";
    static final String PAGES = "PRAGMA page_count";
    static final String FREE_PAGES = "PRAGMA freelist_count";

    // Copies

    /** Also of a copy of a copy: what it stands for begins anew. */
    static final String MARK_COPIED =
            """
            INSERT INTO copied (id, made_ms) VALUES (1, ?)
            ON CONFLICT (id) DO UPDATE SET made_ms = excluded.made_ms, since = NULL, since_ms = NULL
            """;

    /** Of a copy that has not taken over, when it was made. */
    static final String COPIED = "SELECT made_ms FROM copied WHERE since IS NULL";

    static final String TAKE_OVER = "UPDATE copied SET since = ?, since_ms = ? WHERE since IS NULL";
    static final String LEDGERS = "SELECT id FROM ledger";

    /** Jobs of which nobody knows whether they were called, and which must not be called twice. */
    static final String DOUBTFUL =
            """
            SELECT id FROM job
            WHERE id > ? AND repeatable = 0 AND status IN ('scheduled', 'queued', 'retrying')
            ORDER BY id LIMIT ?
            """;

    // Checkpoints

    /** Answers whether it was kept from finishing, the log's pages, and how many of them it did. */
    static final String CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)";
}
