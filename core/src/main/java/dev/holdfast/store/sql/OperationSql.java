package dev.holdfast.store.sql;

/** The statements of operations, the same in SQLite and in PostgreSQL. */
public final class OperationSql {
    private OperationSql() {}

    private static final String COLUMNS =
            """
            SELECT id, client, everyone, act, filter, dry_run, per_second, state, last_seen, matched,
                done, skipped, created_ms, ended_ms
            FROM operation
            """;

    public static final String RUNNING_OF_CLIENT =
            "SELECT count(*) FROM operation WHERE state = 'running' AND client = ?";

    public static final String ADD_OPERATION =
            """
            INSERT INTO operation
                (id, client, everyone, act, filter, dry_run, per_second, created_ms, due)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """;

    public static final String OPERATION = COLUMNS + "WHERE id = ?";

    static final String ALL_OPERATIONS = COLUMNS + "WHERE 1 = 1";

    public static final String STOP_OPERATION =
            """
            UPDATE operation SET state = 'stopped', owner = NULL, ended_ms = ?, due = ?
            WHERE id = ? AND state = 'running'
            """;

    public static final String NEXT_OPERATION =
            COLUMNS + "WHERE state = 'running' AND (owner = ? OR due <= ?) ORDER BY due LIMIT 1";

    public static final String TAKE_OPERATION =
            """
            UPDATE operation SET owner = ?, due = ?
            WHERE id = ? AND state = 'running' AND (owner = ? OR due <= ?)
            """;

    public static final String ADVANCE_OPERATION =
            """
            UPDATE operation SET last_seen = coalesce(?, last_seen), matched = matched + ?,
                done = done + ?, skipped = skipped + ?, state = ?, ended_ms = ?, due = ?,
                owner = CASE WHEN ? > 0 THEN NULL ELSE owner END
            WHERE id = ? AND state = 'running' AND owner = ?
            """;

    /** What is looked at, in the order of the ids; each one's job is read after that. */
    static final String CHOOSE_REQUESTS =
            """
            SELECT r.id, coalesce(r.own_status, j.status), j.failure_reason, j.failure_status,
                j.route, u.name, r.webhook_url, j.partition
            FROM (SELECT id, job, own_status, webhook_url FROM request WHERE %s
                ORDER BY id LIMIT ?) r
            JOIN job j ON j.id = r.job JOIN upstream u ON u.id = j.upstream ORDER BY r.id
            """
                    .replace("u.name", CommonSql.ROOT_NAME);

    /** What tells of a batch has neither a job nor an upstream. */
    static final String CHOOSE_DELIVERIES =
            """
            SELECT d.id, d.status, j.failure_reason, j.failure_status, j.route, u.name,
                coalesce(r.webhook_url, b.webhook_url), j.partition, d.state
            FROM (SELECT id, client, request, status, state FROM delivery WHERE %s
                ORDER BY id LIMIT ?) d
            LEFT JOIN request r ON r.client = d.client AND r.id = d.request
            LEFT JOIN job j ON j.id = r.job LEFT JOIN upstream u ON u.id = j.upstream
            LEFT JOIN batch b ON b.id = d.request ORDER BY d.id
            """
                    .replace("u.name", CommonSql.ROOT_NAME);

    public static final String DELETE_OPERATIONS =
            "DELETE FROM operation WHERE state <> 'running' AND due <= ?";
}
