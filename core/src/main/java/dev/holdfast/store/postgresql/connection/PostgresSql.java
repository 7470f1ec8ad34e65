package dev.holdfast.store.postgresql.connection;

import dev.holdfast.store.sql.AskedRow;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.JobColumn;
import dev.holdfast.store.sql.KeyRow;
import dev.holdfast.store.sql.RankColumns;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The statements of PostgreSQL. Each WHERE guards its transition: a stale one changes no row.
 * Arrays carry many rows in one statement. States of partial indexes are literals, as in the
 * schema.
 */
public final class PostgresSql {
    private PostgresSql() {}

    /**
     * What this session wants of the server, as far as the server knows it. Rows are looked up by
     * their indexes, also while tables are empty: where the planner takes some for more frequent
     * than they are, it would read all that is stored, on all cores.
     */
    public static final String SETTINGS =
            """
            SELECT set_config(s.name, v.value, FALSE)
            FROM (VALUES
                ('plan_cache_mode', 'force_custom_plan'),
                ('enable_seqscan', 'off'),
                ('max_parallel_workers_per_gather', '0'),
                ('lock_timeout', '900ms'),
                ('statement_timeout', '1500ms'),
                ('idle_in_transaction_session_timeout', '2000ms')) AS v (name, value)
            JOIN pg_settings s ON s.name = v.name
            """;

    /**
     * For the statements between these two one plan is made and kept: there is only one way to do
     * them, whatever the tables hold. Planning them anew took a quarter of the server's time.
     */
    public static final String PLANNED_ONCE = "SET LOCAL plan_cache_mode = force_generic_plan";

    public static final String PLANNED_ANEW = "SET LOCAL plan_cache_mode = force_custom_plan";

    /** A lock that another holds keeps a writer from all else, so it waits only this long. */
    public static final String SHORT_LOCKS =
            """
            SELECT set_config(name, '100ms', FALSE) FROM pg_settings WHERE name = 'lock_timeout'
            """;

    /** A receipt is a promise: a commit waits for the disk, whatever the server's default is. */
    public static final String DURABLE =
            """
            SELECT set_config('synchronous_commit', 'on', TRUE)
            WHERE current_setting('synchronous_commit') = 'off'
            """;

    /**
     * For what may be lost: leases, notices, and pieces until a job refers to them, which flushes
     * them with itself. Like the one above for one transaction alone: behind a pooler a session is
     * somebody else's next.
     */
    public static final String NOT_DURABLE = "SELECT set_config('synchronous_commit', 'off', TRUE)";

    /** Which of the server's processes answers. */
    public static final String SERVER_PROCESS = "SELECT pg_backend_pid()";

    public static final String CLOCK =
            "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

    public static final String HAS_HISTORY = "SELECT count(to_regclass('flyway_schema_history'))";
    public static final String HAS_SCRIPT =
            "SELECT count(*) FROM flyway_schema_history WHERE version = ? AND success";

    public static final String CORRECTION = "SELECT correction, version FROM clock";
    public static final String CORRECT =
            """
            UPDATE clock SET correction = correction + ?, version = version + 1 WHERE version = ?
            """;

    // Replicas

    private static final String MILLIS = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

    public static final String RENEW =
            "INSERT INTO replica (id, name, beat, seen_ms) VALUES (?, ?, 1, "
                    + MILLIS
                    + """
                    ) ON CONFLICT (id) DO UPDATE SET beat = replica.beat + 1, seen_ms = excluded.seen_ms
                    """;
    public static final String LEAVE = "DELETE FROM replica WHERE id = ?";
    public static final String REPLICAS = "SELECT id, beat FROM replica";
    public static final String FORGET_REPLICAS =
            "DELETE FROM replica r WHERE seen_ms < "
                    + MILLIS
                    + """
                     - ?
                        AND NOT EXISTS (SELECT 1 FROM attempt a
                            WHERE a.settled IS NULL AND a.owner = r.id)
                        AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.owner = r.id)
                    """;

    /**
     * A replica that was not seen dead: its row is there, and has not the beat that went on for too
     * long.
     */
    private static final String ALIVE =
            """
            (SELECT 1 FROM replica r WHERE r.id = %s.owner AND NOT EXISTS (
                SELECT 1 FROM unnest(CAST(? AS uuid[]), CAST(? AS bigint[])) AS dead (id, beat)
                WHERE dead.id = r.id AND dead.beat = r.beat))
            """;

    public static final String ANY_ORPHANS =
            "SELECT count(*) FROM attempt a WHERE a.settled IS NULL AND a.owner <> ? AND NOT EXISTS"
                    + " "
                    + ALIVE.formatted("a");
    public static final String FREE_DELIVERIES =
            "UPDATE delivery d SET owner = NULL, due = ?, next_ms = ?"
                    + " WHERE d.owner IS NOT NULL AND d.owner <> ? AND NOT EXISTS "
                    + ALIVE.formatted("d")
                    + " RETURNING d.id";
    public static final String OVERDUE =
            "SELECT count(*) FROM (SELECT 1 FROM delivery WHERE due <= ? LIMIT 1) d";
    public static final String NOTIFY = "SELECT pg_notify(?, ?)";

    // Upstreams

    private static final RankColumns RANKS =
            RankColumns.of(
                    "credit",
                    "turn",
                    "retry_turn",
                    "queued",
                    "retrying",
                    "inner_queued",
                    "inner_retrying");

    private static final String UPSTREAM_COLUMNS =
            """
            SELECT id, name, ledger, beat, paused, closed_until, unauthorized_since,
                unauthorized_until, absent_since, absent_until, running, scheduled, parent,
                partition, turn, line, wake, fifo, busy, partitions, busy_partitions, inner_running, pool, %s, apart
            FROM upstream
            """
                    .formatted(RANKS.list());

    public static final String LOCK_UPSTREAMS =
            UPSTREAM_COLUMNS + "WHERE name = ANY (?) AND parent IS NULL ORDER BY id FOR UPDATE";
    public static final String UPSTREAM = UPSTREAM_COLUMNS + "WHERE name = ? AND parent IS NULL";

    /** Of advisory locks on upstreams whose partitions are apart; the number is this program's. */
    private static final int APART = 72_057_595;

    private static final String EACH_APART =
            """
             FROM (SELECT id FROM upstream WHERE name = ANY (?) AND parent IS NULL
                ORDER BY id OFFSET 0) AS u
            """;

    /** Keeps off whoever wants these as a whole. */
    public static final String SHARE_UPSTREAMS =
            "SELECT pg_advisory_xact_lock_shared(" + APART + ", u.id)" + EACH_APART;

    /** Waits for all who share these, and keeps others off; after their rows are locked. */
    public static final String LOCK_APART =
            "SELECT pg_advisory_xact_lock(" + APART + ", u.id)" + EACH_APART;

    /** Shared ones: nobody writes their rows. */
    public static final String SHARED_UPSTREAMS =
            UPSTREAM_COLUMNS + "WHERE name = ANY (?) AND parent IS NULL AND apart ORDER BY id";

    public static final String SET_APART = "UPDATE upstream SET apart = ? WHERE id = ?";

    /** Partitions of upstreams that are shared, in the order in which all lock them. */
    public static final String LOCK_PARTITIONS =
            UPSTREAM_COLUMNS + "WHERE name = ANY (?) AND parent IS NOT NULL ORDER BY id FOR UPDATE";

    /** The same, of those that nobody else has locked. */
    public static final String LOCK_FREE_NAMED = LOCK_PARTITIONS + " SKIP LOCKED";

    /** The same by their numbers. */
    public static final String LOCK_FREE_PARTITIONS =
            UPSTREAM_COLUMNS
                    + "WHERE id = ANY (?) AND parent = ANY (?) ORDER BY id FOR UPDATE SKIP LOCKED";

    /** Those of them, for a look that is taken back at once. */
    public static final String FREE_PARTITIONS =
            """
            SELECT name FROM upstream WHERE name = ANY (?) AND parent IS NOT NULL
            FOR UPDATE SKIP LOCKED
            """;

    public static final String PARENT = "SELECT parent FROM upstream WHERE id = ?";

    private static final List<String> INNER_COUNTS =
            List.of(
                    "partitions",
                    "busy_partitions",
                    "inner_running",
                    "high_inner_queued",
                    "high_inner_retrying",
                    "normal_inner_queued",
                    "normal_inner_retrying",
                    "low_inner_queued",
                    "low_inner_retrying");

    private static String innerCounts(String pattern) {
        return INNER_COUNTS.stream()
                .map(column -> pattern.replace("#", column))
                .collect(Collectors.joining(", "));
    }

    /** What replicas have added to the inner counts of upstreams. */
    public static final String TALLIES =
            "SELECT t.upstream, "
                    + innerCounts("CAST(sum(t.#) AS BIGINT)")
                    + """
                     FROM tally t JOIN upstream u ON u.id = t.upstream
                    WHERE u.name = ANY (?) GROUP BY t.upstream
                    """;

    public static final String ADD_TALLY =
            "INSERT INTO tally (upstream, owner, "
                    + innerCounts("#")
                    + ") VALUES (?, ?, "
                    + innerCounts("?")
                    + ") ON CONFLICT (upstream, owner) DO UPDATE SET "
                    + innerCounts("# = tally.# + excluded.#");

    /** Moves them into these upstreams' rows, which nobody shares. */
    public static final String ADD_TALLIES_UP =
            "WITH gone AS (DELETE FROM tally t USING upstream u"
                    + " WHERE u.id = t.upstream AND u.name = ANY (?) RETURNING t.*)"
                    + " UPDATE upstream u SET "
                    + innerCounts("# = greatest(0, u.# + s.#)")
                    + " FROM (SELECT upstream, "
                    + innerCounts("sum(#) AS #")
                    + " FROM gone GROUP BY upstream) AS s WHERE u.id = s.upstream";

    /** Partitions, under the lock of their upstream. */
    public static final String PARTITIONS =
            UPSTREAM_COLUMNS + "WHERE id = ANY (?) AND parent = ANY (?) ORDER BY id";

    public static final String PARTITIONS_NAMED =
            UPSTREAM_COLUMNS + "WHERE name = ANY (?) AND parent = ANY (?) ORDER BY id";

    public static final String ADD_PARTITIONS =
            """
            INSERT INTO upstream (name, ledger, parent, partition)
            SELECT n.name, u.ledger, u.id, n.partition
            FROM unnest(?, ?, ?) AS n (name, parent, partition) JOIN upstream u ON u.id = n.parent
            ORDER BY n.name ON CONFLICT DO NOTHING RETURNING parent
            """;
    public static final String ADD_LEDGERS =
            """
            INSERT INTO ledger (identity) SELECT identity FROM unnest(?) AS n (identity)
            ORDER BY identity ON CONFLICT (identity) DO NOTHING
            """;
    public static final String ADD_UPSTREAMS =
            """
            INSERT INTO upstream (name, ledger)
            SELECT n.name, l.id FROM unnest(?, ?) AS n (name, identity)
            JOIN ledger l ON l.identity = n.identity ORDER BY n.name
            ON CONFLICT (name) DO NOTHING
            """;
    public static final String SET_LEDGERS =
            """
            UPDATE upstream u SET ledger = l.id
            FROM unnest(?, ?) AS n (name, identity) JOIN ledger l ON l.identity = n.identity
            WHERE u.name = n.name AND u.ledger <> l.id
            """;

    /** Two upstreams may be the same by other names. */
    public static final String LOCK_LEDGERS =
            """
            SELECT id FROM ledger WHERE id = ANY (?) OR main = ANY (?) ORDER BY id FOR UPDATE
            """;

    /** One by what it counts, unless another has locked it. */
    public static final String LOCK_FREE_LEDGERS =
            """
            SELECT identity, id FROM ledger WHERE identity = ANY (?)
            ORDER BY id FOR UPDATE SKIP LOCKED
            """;

    /** Those that are not there, of which nobody else sees before the transaction's end. */
    public static final String ADD_MISSING_LEDGERS =
            """
            INSERT INTO ledger (identity) SELECT k.identity FROM unnest(?) AS k (identity)
            ORDER BY k.identity ON CONFLICT (identity) DO NOTHING RETURNING identity, id
            """;

    /** Its credentials' ledgers are locked with its own from now on. */
    public static final String SET_POOL =
            """
            UPDATE upstream SET pool = ARRAY(
                SELECT c.ledger FROM credential c WHERE c.upstream = upstream.id ORDER BY 1)
            WHERE id = ? RETURNING pool
            """;

    public static final String SET_LEDGER = "UPDATE upstream SET ledger = ? WHERE id = ?";

    public static final String UPSTREAM_NAMES =
            "SELECT u.id, " + CommonSql.ROOT_NAME + " FROM upstream u WHERE u.id = ANY (?)";
    private static final List<String> COUNTED =
            Stream.concat(
                            Stream.of(
                                    "beat",
                                    "paused",
                                    "closed_until",
                                    "unauthorized_since",
                                    "unauthorized_until",
                                    "absent_since",
                                    "absent_until",
                                    "running",
                                    "scheduled",
                                    "partitions",
                                    "busy_partitions",
                                    "inner_running"),
                            RANKS.names().stream())
                    .toList();
    private static final List<String> PLACE = List.of("turn", "line", "wake", "fifo", "busy");

    public static final String WRITE_UPSTREAM =
            "UPDATE upstream SET "
                    + COUNTED.stream().map(name -> name + " = ?").collect(Collectors.joining(", "))
                    + " WHERE id = ?";

    /** Where partitions stand in their upstreams' lines. */
    public static final String WRITE_PLACES = writeMany(PLACE);

    /** The same with all that is counted in them, which comes first. */
    public static final String WRITE_PARTITIONS =
            writeMany(Stream.concat(COUNTED.stream(), PLACE.stream()).toList());

    /**
     * Writes these columns of many rows; last come the rows' numbers, twice: a plan that was made
     * while there were few rows looks for no others.
     */
    private static String writeMany(List<String> columns) {
        return "UPDATE upstream u SET "
                + columns.stream()
                        .map(name -> name + " = n." + name)
                        .collect(Collectors.joining(", "))
                + " FROM unnest("
                + "?, ".repeat(columns.size())
                + "?) AS n ("
                + String.join(", ", columns)
                + ", id) WHERE u.id = n.id AND u.id = ANY (?)";
    }

    /** Lanes that are looked at of each queue; if there is one at this place, there may be more. */
    public static final int MAX_LANES = 512;

    public static final String LANES =
            """
            SELECT l.* FROM upstream u CROSS JOIN (VALUES (FALSE), (TRUE)) q (retry)
            CROSS JOIN LATERAL (
                SELECT few.*, row_number() OVER () AS place FROM (
                    SELECT upstream, retry, priority, client, last_turn, jobs, weight FROM lane
                    WHERE upstream = u.id AND retry = q.retry LIMIT %1$d) few) l
            WHERE u.name = ANY (?) AND (l.jobs > 0 OR l.place = %1$d)
            """
                    .formatted(MAX_LANES);

    /** The same by the queues' numbers. */
    public static final String LANES_IN = LANES.replace("u.name = ANY", "u.id = ANY");

    /** Of clients, where not all lanes are known. */
    public static final String LANES_OF =
            """
            SELECT l.* FROM unnest(?) AS k (client) CROSS JOIN LATERAL (
                SELECT client, last_turn, jobs, weight FROM lane
                WHERE upstream = ? AND retry = ? AND priority = ? AND client = k.client OFFSET 0) l
            """;

    public static final String WRITE_LANES =
            """
            INSERT INTO lane (upstream, retry, priority, client, last_turn, jobs, weight)
            SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (upstream, retry, priority, client) DO UPDATE SET
                last_turn = excluded.last_turn, jobs = excluded.jobs, weight = excluded.weight
            """;
    public static final String PENDING =
            "SELECT client, requests FROM pending WHERE client = ANY (?)";
    public static final String ADD_PENDING =
            """
            INSERT INTO pending (client, requests)
            SELECT client, 0 FROM unnest(?) AS c (client) ORDER BY client
            ON CONFLICT (client) DO NOTHING
            """;
    public static final String LOCK_PENDING =
            "SELECT client FROM pending WHERE client = ANY (?) ORDER BY client FOR UPDATE";
    public static final String WRITE_PENDING =
            """
            UPDATE pending p SET requests = p.requests + c.change
            FROM unnest(?, ?) AS c (client, change) WHERE p.client = c.client
            """;

    // Counts

    /** Few rows of a large table are looked up each by its index, not joined with all of it. */
    public static final String ROW_BY_ROW =
            "SELECT set_config(name, 'off', FALSE) FROM pg_settings WHERE name IN "
                    + "('enable_hashjoin', 'enable_mergejoin')";

    /** For a comparison of counts with rows, on a connection that does nothing else. */
    public static final String PATIENT = "SELECT set_config('statement_timeout', '60s', FALSE)";

    /** What an upstream has in its partitions {@code p}. */
    private static final String INNER =
            Stream.of(
                            "running",
                            "high_queued",
                            "high_retrying",
                            "normal_queued",
                            "normal_retrying",
                            "low_queued",
                            "low_retrying")
                    .map(column -> "coalesce(sum(p." + column + "), 0)")
                    .collect(
                            Collectors.joining(
                                    ", ",
                                    """
                                    count(*) FILTER (WHERE p.high_queued + p.high_retrying
                                        + p.normal_queued + p.normal_retrying + p.low_queued
                                        + p.low_retrying > 0),
                                    """,
                                    ""));

    public static final String COUNT_INNER =
            """
            UPDATE upstream u SET (partitions, busy_partitions, inner_running, high_inner_queued,
                high_inner_retrying, normal_inner_queued, normal_inner_retrying,
                low_inner_queued, low_inner_retrying) =
                (SELECT count(*), %s FROM upstream p WHERE p.parent = u.id)
            WHERE u.name = ANY (?)
            """
                    .formatted(INNER);

    /** Upstreams of these names, and their partitions. */
    private static final String ALL_OF =
            """
            (SELECT a.id FROM upstream a LEFT JOIN upstream r ON r.id = a.parent
            WHERE coalesce(r.name, a.name) = ANY (?))
            """;

    public static final String MISCOUNTED_UPSTREAMS =
            """
            SELECT DISTINCT %s FROM upstream u WHERE u.id IN (
                SELECT upstream FROM (
                    SELECT upstream, retry, priority, client, jobs FROM lane
                    UNION ALL
                    SELECT upstream, status = 'retrying', priority, client, -count(*) FROM job
                    WHERE status IN ('queued', 'retrying') GROUP BY 1, 2, 3, 4) AS l
                GROUP BY upstream, retry, priority, client HAVING sum(jobs) <> 0
                UNION ALL
                SELECT id FROM (
                    SELECT id, running FROM upstream
                    UNION ALL
                    SELECT upstream, -count(*) FROM attempt WHERE settled IS NULL
                    GROUP BY upstream) AS r
                GROUP BY id HAVING sum(running) <> 0
                UNION ALL
                SELECT u.id FROM upstream u WHERE scheduled <> (SELECT count(*) FROM job j
                    WHERE j.upstream = u.id AND j.status = 'scheduled')
                UNION ALL
                SELECT id FROM (
                    SELECT u.id, k.priority, k.retry, k.jobs FROM upstream u CROSS JOIN LATERAL (VALUES
                        (0, FALSE, u.high_queued), (0, TRUE, u.high_retrying),
                        (1, FALSE, u.normal_queued), (1, TRUE, u.normal_retrying),
                        (2, FALSE, u.low_queued), (2, TRUE, u.low_retrying))
                        AS k (priority, retry, jobs)
                    UNION ALL
                    SELECT upstream, priority, retry, -sum(jobs) FROM lane GROUP BY 1, 2, 3) AS q
                GROUP BY id, priority, retry HAVING sum(jobs) <> 0
                UNION ALL
                SELECT u.id FROM upstream u LEFT JOIN (
                    SELECT upstream, %s FROM tally GROUP BY upstream) t ON t.upstream = u.id
                WHERE parent IS NULL AND (%s) <> (
                    SELECT count(*), %s FROM upstream p WHERE p.parent = u.id))
            """
                    .formatted(
                            CommonSql.ROOT_NAME,
                            innerCounts("sum(#) AS #"),
                            innerCounts("u.# + coalesce(t.#, 0)"),
                            INNER);

    /** Requests of jobs that wait or run, or have ended and not told all of it yet. */
    private static final String UNFINISHED_REQUESTS =
            """
            SELECT client, count(*) AS requests FROM (
                SELECT r.client FROM (
                    SELECT id FROM job WHERE status = 'scheduled'
                    UNION ALL SELECT id FROM job WHERE status IN ('queued', 'retrying')
                    UNION ALL SELECT job FROM attempt WHERE settled IS NULL) j
                JOIN request r ON r.job = j.id WHERE r.own_status IS NULL
                UNION ALL SELECT r.client FROM job j JOIN request r ON r.job = j.id
                    AND r.prune_at IS NULL AND r.id > j.told
                WHERE j.told IS NOT NULL) AS w
            GROUP BY client
            """;

    public static final String MISCOUNTED_CLIENTS =
            """
            SELECT client FROM (
                SELECT client, requests FROM pending
                UNION ALL SELECT client, -requests FROM (
            """
                    + UNFINISHED_REQUESTS
                    + """
                        ) AS u) AS p
                    GROUP BY client HAVING sum(requests) <> 0
                    """;
    public static final String COUNT_RUNNING =
            """
            UPDATE upstream u SET running =
                (SELECT count(*) FROM attempt a WHERE a.settled IS NULL AND a.upstream = u.id),
                scheduled =
                (SELECT count(*) FROM job j WHERE j.upstream = u.id AND j.status = 'scheduled')
            WHERE u.id IN
            """
                    + ALL_OF;
    public static final String COUNT_WAITING =
            """
            UPDATE upstream u SET
                high_queued = w.high_queued, high_retrying = w.high_retrying,
                normal_queued = w.normal_queued, normal_retrying = w.normal_retrying,
                low_queued = w.low_queued, low_retrying = w.low_retrying,
                busy = CASE WHEN u.parent IS NULL THEN 0 ELSE w.high_queued + w.high_retrying
                    + w.normal_queued + w.normal_retrying + w.low_queued + w.low_retrying END
            FROM (SELECT n.id,
                coalesce(sum(jobs) FILTER (WHERE priority = 0 AND NOT retry), 0) AS high_queued,
                coalesce(sum(jobs) FILTER (WHERE priority = 0 AND retry), 0) AS high_retrying,
                coalesce(sum(jobs) FILTER (WHERE priority = 1 AND NOT retry), 0) AS normal_queued,
                coalesce(sum(jobs) FILTER (WHERE priority = 1 AND retry), 0) AS normal_retrying,
                coalesce(sum(jobs) FILTER (WHERE priority = 2 AND NOT retry), 0) AS low_queued,
                coalesce(sum(jobs) FILTER (WHERE priority = 2 AND retry), 0) AS low_retrying
                FROM upstream n LEFT JOIN lane l ON l.upstream = n.id
                WHERE n.id IN %s GROUP BY n.id) w
            WHERE w.id = u.id
            """
                    .formatted(ALL_OF);
    public static final String EMPTY_LANES =
            """
            UPDATE lane SET jobs = 0
            WHERE jobs > 0 AND upstream IN
            """
                    + ALL_OF;
    public static final String COUNT_LANES =
            """
            INSERT INTO lane (upstream, retry, priority, client, last_turn, jobs, weight)
            SELECT j.upstream, j.status = 'retrying', j.priority, j.client, max(j.turn), count(*),
                max(j.weight)
            FROM job j
            WHERE j.upstream IN %s
                AND j.status IN ('queued', 'retrying') GROUP BY 1, 2, 3, 4
            ON CONFLICT (upstream, retry, priority, client) DO UPDATE SET jobs = excluded.jobs,
                last_turn = greatest(lane.last_turn, excluded.last_turn)
            """
                    .formatted(ALL_OF);

    /** With the clients' counts locked: whoever adds a request adds to its count after that. */
    public static final String COUNT_PENDING =
            """
            UPDATE pending p SET requests = coalesce((SELECT u.requests FROM (
            """
                    + UNFINISHED_REQUESTS
                    + """
                        ) AS u WHERE u.client = p.client), 0)
                    WHERE p.client = ANY (?)
                    """;

    // Accepting

    public static final String JOB_NUMBERS = "SELECT nextval('job_number')";
    public static final String ATTEMPT_NUMBERS = "SELECT nextval('attempt_number')";
    public static final String IDEMPOTENCY =
            "SELECT i.* FROM unnest(?, ?) AS k (client, key) CROSS JOIN LATERAL (\n"
                    + KeyRow.SELECT
                    + "WHERE i.client = k.client AND i.key = k.key OFFSET 0) i";
    public static final String ADD_KEYS = KeyRow.INSERT.many();
    public static final String FIND_JOBS =
            "SELECT f.* FROM unnest(?, ?) AS k (high, low) CROSS JOIN LATERAL (\n"
                    + CommonSql.JOB_COLUMNS
                    + """
                        WHERE j.key_high = k.high AND j.key_low = k.low
                            AND (j.status IN ('scheduled', 'queued', 'running', 'retrying')
                                OR j.cached_until IS NOT NULL)
                        OFFSET 0) f
                    """;
    public static final String ADD_JOBS = JobColumn.INSERT.many();
    public static final String ADD_REQUESTS = AskedRow.INSERT.many();
    public static final String END_CACHE =
            "UPDATE job SET cached_until = NULL WHERE id = ? AND cached_until IS NOT NULL";

    // Jobs

    public static final String FIRST_TRIES =
            CommonSql.JOB_COLUMNS
                    + """
                    WHERE j.upstream = ? AND j.priority = ? AND j.status = 'queued'
                    ORDER BY j.turn, j.client LIMIT ? FOR UPDATE SKIP LOCKED
                    """;

    /** The first few of many queues, each so many. */
    public static final String FIRST_TRIES_IN =
            "SELECT f.* FROM unnest(?, ?) AS q (id, most) CROSS JOIN LATERAL ("
                    + CommonSql.JOB_COLUMNS
                    + """
                    WHERE j.upstream = q.id AND j.priority = ? AND j.status = 'queued'
                    ORDER BY j.turn, j.client LIMIT q.most FOR UPDATE SKIP LOCKED) f
                    """;

    public static final String DUE_RETRIES =
            CommonSql.JOB_COLUMNS
                    + """
                    WHERE j.upstream = ? AND j.priority = ? AND j.status = 'retrying'
                        AND j.ready = 1
                    ORDER BY j.turn, j.client LIMIT ? FOR UPDATE SKIP LOCKED
                    """;

    /** Those of them that cost something of exactly these units. */
    public static final String FIRST_TRIES_OF =
            CommonSql.JOB_COLUMNS
                    + """
                    WHERE j.upstream = ? AND j.priority = ? AND j.units IS NOT NULL
                        AND j.status = 'queued' AND j.units = ?
                    ORDER BY j.turn, j.client LIMIT ? FOR UPDATE SKIP LOCKED
                    """;

    public static final String DUE_RETRIES_OF =
            CommonSql.JOB_COLUMNS
                    + """
                    WHERE j.upstream = ? AND j.priority = ? AND j.units IS NOT NULL
                        AND j.status = 'retrying' AND j.ready = 1 AND j.units = ?
                    ORDER BY j.turn, j.client LIMIT ? FOR UPDATE SKIP LOCKED
                    """;
    public static final String FALL_DUE =
            """
            UPDATE job SET ready = 1 WHERE id IN (
                SELECT id FROM job
                WHERE upstream = ? AND status = 'retrying' AND ready = 0 AND due <= ?
                ORDER BY due LIMIT ? FOR UPDATE SKIP LOCKED)
            """;
    public static final String RUN_JOBS =
            """
            UPDATE job SET status = 'running', due = NULL, ready = 0, attempts = attempts + 1
            WHERE id = ANY (?) AND status IN ('queued', 'retrying') RETURNING id
            """;

    // Attempts

    public static final String ADD_ATTEMPTS =
            """
            INSERT INTO attempt
                (id, job, number, waited_us, waited_for, credential, upstream, ledger, probe,
                owner, taken, started_ms)
            SELECT n.*, ?, ?, ? FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?) AS n
            """;
    public static final String ADD_CHARGES =
            "INSERT INTO charge (attempt, ledger, reserved) SELECT * FROM unnest(?, ?, ?)";
    public static final String SETTLE_ATTEMPT =
            """
            UPDATE attempt SET settled = greatest(?, taken + ?), outcome = ?, status = ?,
                latency_us = ?
            WHERE id = ? AND job = ? AND settled IS NULL
            RETURNING ledger, taken, settled, probe, upstream, credential
            """;

    /** Of each job when the last one settled, the first was made, and the last that failed. */
    public static final String CALLS_BEFORE =
            """
            SELECT job, max(settled), min(taken), max(taken) FILTER (WHERE %s)
            FROM attempt WHERE job = ANY (?) GROUP BY job
            """
                    .formatted(CommonSql.FAILED_CALL);

    public static final String ORPHANS =
            """
            SELECT a.id, a.job, a.number, %s
            FROM attempt a JOIN upstream u ON u.id = a.upstream
            WHERE a.settled IS NULL AND a.owner <> ? AND NOT EXISTS
            """
                            .formatted(CommonSql.ROOT_NAME)
                    + ALIVE.formatted("a")
                    + "ORDER BY a.id LIMIT ?";
    public static final String OWN_IN_FLIGHT =
            """
            SELECT a.id, a.job, %s, a.upstream, a.taken, a.credential
            FROM attempt a JOIN upstream u ON u.id = a.upstream
            WHERE a.settled IS NULL AND a.owner = ?
            """
                    .formatted(CommonSql.ROOT_NAME);
    public static final String UNDO_RUN_JOB =
            """
            UPDATE job SET status = CASE WHEN attempts = 1 THEN 'queued' ELSE 'retrying' END,
                due = CASE WHEN attempts = 1 THEN NULL ELSE ? END, attempts = attempts - 1,
                charged = least(charged, attempts - 1)
            WHERE id = ? AND status = 'running'
            """;
    public static final String DELETE_ATTEMPT =
            "DELETE FROM attempt WHERE id = ? AND settled IS NULL";

    // Requests

    public static final String EXPIRING_UPSTREAMS =
            """
            SELECT DISTINCT u.name FROM (
                SELECT job FROM request WHERE expires <= ? ORDER BY expires LIMIT ?) r
            JOIN job j ON j.id = r.job JOIN upstream q ON q.id = j.upstream
            JOIN upstream u ON u.id = coalesce(q.parent, q.id)
            """;

    /** The first of any upstream, each with its upstream's number. */
    public static final String EXPIRING =
            """
            SELECT r.client, r.id, r.job, coalesce(q.parent, q.id) FROM (
                SELECT client, id, job, expires FROM request
                WHERE expires <= ? ORDER BY expires LIMIT ?) r
            JOIN job j ON j.id = r.job JOIN upstream q ON q.id = j.upstream
            """;

    // Deliveries

    public static final String ADD_DELIVERY =
            """
            INSERT INTO delivery
                (id, client, request, status, state, owner, due, created_ms, next_ms)
            VALUES (?, ?, ?, ?, 'pending', ?, ?, ?, ?)
            """;
    public static final String ADD_DELIVERIES =
            """
            INSERT INTO delivery (state, due, created_ms, next_ms, id, client, request, status)
            SELECT 'pending', ?, ?, ?, n.* FROM unnest(?, ?, ?, ?) AS n
            """;
    public static final String END_DELIVERIES =
            """
            UPDATE delivery SET state = 'ended', owner = NULL, due = NULL, next_ms = NULL
            WHERE client = ? AND request = ? AND state = 'pending'
            """;
    public static final String LEASE_DELIVERIES =
            """
            UPDATE delivery d SET owner = ?, due = ? FROM (
                SELECT id, due FROM delivery WHERE due <= ?
                ORDER BY due, id LIMIT ? FOR UPDATE SKIP LOCKED) AS f
            WHERE d.id = f.id
            RETURNING d.id, d.client, d.request, d.attempts, f.due
            """;
    public static final String REQUESTS =
            CommonSql.REQUEST_COLUMNS
                    + """
                    JOIN unnest(?, ?) AS k (client, id) ON k.client = r.client AND k.id = r.id
                    """;
    public static final String REQUEST_BYTES =
            """
            SELECT r.id, octet_length(j.params) + coalesce(octet_length(j.result_body), 0)
                + coalesce(octet_length(j.failure_body), 0)
            FROM request r JOIN job j ON j.id = r.job
            JOIN unnest(?, ?) AS k (client, id) ON k.client = r.client AND k.id = r.id
            """;
    public static final String POSTPONE_DELIVERIES =
            """
            UPDATE delivery SET owner = NULL, due = ?, next_ms = ?
            WHERE id = ANY (?) AND state = 'pending' AND owner = ?
            """;
    public static final String SETTLE_DELIVERY =
            """
            UPDATE delivery SET state = ?, owner = NULL, due = ?, next_ms = ?,
                attempts = attempts + 1, last_status = ?, last_error = ?
            WHERE id = ? AND state = 'pending' AND owner = ?
            """;
    public static final String REDELIVER =
            """
            UPDATE delivery SET state = 'pending', owner = NULL, due = ?, next_ms = ?
            WHERE id = ?
            """;

    // Retention

    /** One replica at a time prunes; the number is this program's own. */
    public static final String MAY_PRUNE =
            "SELECT pg_try_advisory_xact_lock(7205759403792793601)::int";

    public static final String OLD_REQUESTS =
            """
            SELECT r.client, r.id, u.name, r.prune_at FROM (
                SELECT client, id, job, prune_at FROM request
                WHERE prune_at <= ? ORDER BY prune_at LIMIT ?) r
            JOIN job j ON j.id = r.job JOIN upstream q ON q.id = j.upstream
            JOIN upstream u ON u.id = coalesce(q.parent, q.id) ORDER BY r.prune_at
            """;
    public static final String PRUNABLE =
            """
            SELECT j.id, %s, j.prune_at FROM job j JOIN upstream u ON u.id = j.upstream
            WHERE j.prune_at <= ? ORDER BY j.prune_at LIMIT ?
            """
                    .formatted(CommonSql.ROOT_NAME);
    public static final String CACHED = "SELECT results FROM cached WHERE route = ?";
    public static final String WRITE_CACHED =
            """
            INSERT INTO cached (route, results) SELECT * FROM unnest(?, ?)
            ON CONFLICT (route) DO UPDATE SET results = cached.results + excluded.results
            """;
    public static final String MISCOUNTED_ROUTES =
            """
            SELECT route FROM (
                SELECT route, results FROM cached
                UNION ALL
                SELECT route, -count(*) FROM job WHERE cached_until IS NOT NULL GROUP BY route) AS c
            GROUP BY route HAVING sum(results) <> 0
            """;

    /** Whoever adds a result adds to the count after that. */
    public static final String LOCK_CACHED =
            "SELECT route FROM cached WHERE route = ANY (?) ORDER BY route FOR UPDATE";

    public static final String COUNT_CACHED =
            """
            UPDATE cached c SET results = (
                SELECT count(*) FROM job j WHERE j.route = c.route AND j.cached_until IS NOT NULL)
            WHERE c.route = ANY (?)
            """;

    public static final String EVICT_RESULTS =
            """
            UPDATE job SET cached_until = NULL,
                prune_at = CASE WHEN finished_ms > ? THEN prune_at ELSE least(prune_at, ?) END
            WHERE id IN (
                SELECT id FROM job WHERE route = ? AND cached_until IS NOT NULL
                ORDER BY cached_until LIMIT ? FOR UPDATE SKIP LOCKED)
            """;

    // Clients

    /** Two replicas must not both make a client's first secret. */
    public static final String LOCK_CLIENT = "SELECT pg_advisory_xact_lock(72057594, ?)";
}
