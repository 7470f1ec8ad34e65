package dev.holdfast.store.sql;

/** Of {@link CommonSql} what is about large bodies and their pieces. */
public final class ContentSql {
    private ContentSql() {}

    /** Its first piece's; a job that refers to it leaves it as it is. */
    public static final String ADD_CONTENT =
            """
            INSERT INTO content (id, client, bytes, drop_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes, drop_at = excluded.drop_at
            WHERE content.holders = 0 AND content.drop_at > 0
            """;

    /**
     * Changes no row if pieces before this one are not there: a server may lose those it never
     * promised.
     */
    public static final String NEXT_OF_CONTENT =
            """
            UPDATE content SET bytes = ?, drop_at = ?
            WHERE id = ? AND holders = 0 AND drop_at > 0 AND bytes >= ?
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
}
