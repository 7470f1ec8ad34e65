package dev.holdfast.store.sql;

/** Of {@link CommonSql} what forgets requests whose time is over. */
public final class RetentionSql {
    private RetentionSql() {}

    /** A request that serves from the cache, or whose deliveries take longer. */
    public static final String PRUNE_REQUEST_AT =
            "UPDATE request SET prune_at = ? WHERE client = ? AND id = ?";

    /** Of those that ended with their job. */
    public static final String REQUESTS_OF_JOB =
            "SELECT client, id FROM request WHERE job = ? AND prune_at IS NULL LIMIT ?";

    /** When the last of them is looked at again; 0 if there is none. */
    public static final String LAST_REQUEST_OF_JOB =
            "SELECT coalesce(max(prune_at), 0) FROM request WHERE job = ?";

    /** When a job ended, and whether not all were told of it yet. */
    public static final String FINISHED =
            "SELECT finished_ms, told IS NOT NULL FROM job WHERE id = ?";

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
}
