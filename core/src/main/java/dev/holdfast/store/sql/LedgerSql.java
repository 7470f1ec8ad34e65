package dev.holdfast.store.sql;

import java.util.List;
import java.util.stream.IntStream;

/** Of {@link CommonSql} what is about ledgers: calls in flight, what was used, what is missing. */
public final class LedgerSql {
    private LedgerSql() {}

    /** What a look into a ledger finds, by its first column: what is held by calls under way. */
    static final int HELD = 0;

    /** Calls that are missing, probes among them, and when the last one was given up. */
    static final int MISSED = 1;

    /** One of the last steps. */
    static final int LAST = 2;

    /** Calls under way of an upstream, or of whatever left with this one of several credentials. */
    private static final String IN_FLIGHT =
            """
            SELECT (SELECT count(*) FROM attempt WHERE ledger = ? AND settled IS NULL)
                + (SELECT count(*) FROM attempt
                    WHERE credential = ? AND credential IS NOT NULL AND settled IS NULL)
            """;

    private static final String RESERVED =
            """
            SELECT CAST(coalesce(sum(reserved), 0) AS BIGINT)
            FROM charge WHERE ledger = ? AND actual IS NULL
            """;

    private static final String STEPS =
            """
            UNION ALL
            SELECT 1, m.calls - l.found_calls, m.probes - l.found_probes, m.given_up
            FROM (SELECT ledger, calls, probes, given_up FROM missing WHERE ledger = ?
                ORDER BY given_up DESC LIMIT 1) AS m
            JOIN ledger l ON l.id = m.ledger WHERE m.calls > l.found_calls
            UNION ALL
            SELECT 2, settled, total, CAST(0 AS BIGINT) FROM (
                SELECT settled, total FROM used WHERE ledger = ?
                ORDER BY settled DESC LIMIT ?) AS last
            """;

    private static final String BY =
            """
            UNION ALL
            SELECT 3, settled, total, CAST(0 AS BIGINT) FROM (
                SELECT settled, total FROM used WHERE ledger = ? AND settled <= ?
                ORDER BY settled DESC LIMIT 1) AS begins
            """;

    /** What calls under way hold of a ledger. */
    enum Held {
        /** Slots. */
        CALLS(IN_FLIGHT),
        /** What they reserved of a unit. */
        RESERVED(LedgerSql.RESERVED);

        /** Windows that most quotas have at most. */
        private static final int USUAL = 4;

        private final String alone;

        @SuppressWarnings("ImmutableEnumChecker") // A stream's list cannot be changed.
        private final List<String> usual;

        @SuppressWarnings("ImmutableEnumChecker")
        private final List<String> usualOfSeveral;

        Held(String alone) {
            this.alone = alone;
            usual = IntStream.rangeClosed(0, USUAL).mapToObj(this::text).toList();
            usualOfSeveral = usual.stream().map(Held::ofSeveral).toList();
        }

        String alone() {
            return alone;
        }

        /**
         * The same with what is missing and with the last steps; and with those by which so many
         * windows begin.
         */
        String withSteps(int windows) {
            return windows < usual.size() ? usual.get(windows) : text(windows);
        }

        /** The same of several ledgers; the first column is which one a row is of. */
        String ofSeveral(int windows) {
            return windows < usualOfSeveral.size()
                    ? usualOfSeveral.get(windows)
                    : ofSeveral(text(windows));
        }

        private static String ofSeveral(String one) {
            return "SELECT k.ledger, f.* FROM unnest(?) AS k (ledger) CROSS JOIN LATERAL (\n"
                    + one.replace("ledger = ?", "ledger = k.ledger")
                            .replace("credential = ?", "credential = k.ledger")
                    + ") AS f (what, one, two, three)";
        }

        private String text(int windows) {
            return "SELECT "
                    + HELD
                    + ", ("
                    + alone
                    + "), CAST(0 AS BIGINT), CAST(0 AS BIGINT)\n"
                    + STEPS
                    + BY.repeat(windows);
        }
    }

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

    /** What an upstream or a partition counts as. */
    public static final String ADD_LEDGER =
            "INSERT INTO ledger (identity) VALUES (?) ON CONFLICT (identity) DO NOTHING";

    public static final String LEDGER = "SELECT id FROM ledger WHERE identity = ?";

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

    /** When a call in flight was claimed, and in which credential's ledger it is. */
    public static final String UNMADE =
            "SELECT taken, credential FROM attempt WHERE id = ? AND settled IS NULL";

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
}
