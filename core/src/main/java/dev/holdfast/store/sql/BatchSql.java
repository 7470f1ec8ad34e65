package dev.holdfast.store.sql;

import dev.holdfast.store.Reads;

/** The statements of batches, the same in SQLite and in PostgreSQL. */
public final class BatchSql {
    private BatchSql() {}

    private static final String COLUMNS =
            """
            SELECT number, id, client, lines, accepted, refused, unfinished, succeeded, failed,
                expired, cancelled, digest, sealed, stopped, webhook_url, created_ms, completed_ms
            FROM batch
            """;

    /** A key counts for a day. */
    public static final String FORGET_KEY =
            "UPDATE batch SET key = NULL WHERE client = ? AND key = ? AND key_until <= ?";

    public static final String BY_KEY = COLUMNS + "WHERE client = ? AND key = ?";

    public static final String ADD =
            """
            INSERT INTO batch (id, client, key, key_until, webhook_url, created_ms, prune_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (client, key) WHERE key IS NOT NULL DO NOTHING
            """;

    public static final String BATCH = COLUMNS + "WHERE id = ?";

    /** Changes no row if other lines are next, or none. */
    public static final String ADVANCE =
            """
            UPDATE batch SET lines = ?, digest = ?, sealed = ?
            WHERE number = ? AND lines = ? AND sealed = 0 AND stopped = 0
            """;

    public static final String REFUSE =
            "INSERT INTO batch_refusal (batch, line, problem) VALUES (?, ?, ?)";

    public static final String STOP = "UPDATE batch SET stopped = 1 WHERE id = ?";

    public static final String DECIDED =
            "UPDATE batch SET accepted = accepted + ?, refused = refused + ? WHERE number = ?";

    public static final String COUNT =
            """
            UPDATE batch SET unfinished = unfinished + ?, succeeded = succeeded + ?,
                failed = failed + ?, expired = expired + ?, cancelled = cancelled + ?
            WHERE number = ?
            """;

    /** Once: what is retried later does not complete it again. */
    public static final String COMPLETE =
            """
            UPDATE batch SET completed_ms = ?,
                prune_at = CASE WHEN prune_at < ? THEN CAST(? AS BIGINT) ELSE prune_at END
            WHERE number = ? AND unfinished = 0 AND (sealed = 1 OR stopped = 1)
                AND completed_ms IS NULL
            """;

    static final String ALL = COLUMNS + "WHERE 1 = 1";

    static final String REFUSALS =
            "SELECT line, problem FROM batch_refusal WHERE batch = ? AND line > ? ORDER BY line LIMIT ?";

    private static final String RANGE = "WHERE r.client = ? AND r.id > ? AND r.id <= ?";

    static final String LINES =
            CommonSql.withResultsUpTo(
                    Reads.MAX_LISTED_RESULT_BYTES,
                    CommonSql.REQUEST_COLUMNS + RANGE + " ORDER BY r.id LIMIT ?");

    static final String LAST_UNFINISHED =
            CommonSql.REQUEST_COLUMNS
                    + RANGE
                    + """
                     AND r.own_status IS NULL AND j.finished_ms IS NULL
                    ORDER BY r.id DESC LIMIT 1
                    """;

    public static final String NUMBERED = COLUMNS + "WHERE number = ?";

    public static final String OLD_BATCHES =
            COLUMNS + "WHERE prune_at <= ? ORDER BY prune_at LIMIT ?";

    public static final String DELETE_REFUSALS =
            """
            DELETE FROM batch_refusal WHERE batch = ? AND line IN (
                SELECT line FROM batch_refusal WHERE batch = ? ORDER BY line LIMIT ?)
            """;

    /** Changes no row if something of it goes on, or is still to be told. */
    public static final String DELETE =
            """
            DELETE FROM batch WHERE number = ? AND unfinished = 0 AND NOT EXISTS (
                SELECT 1 FROM delivery WHERE request = ? AND state = 'pending')
            """;

    public static final String PRUNE_LATER = "UPDATE batch SET prune_at = ? WHERE number = ?";
}
