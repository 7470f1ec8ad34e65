package dev.holdfast.store.transition.partition;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The statements of partitions, the same in every dialect; each looks into an index. */
public final class PartitionSql {
    private PartitionSql() {}

    public static final String ADD_PARTITION =
            "INSERT INTO upstream (id, name, ledger, parent, partition) VALUES (?, ?, ?, ?, ?)";
    public static final String DELETE_PARTITION =
            "DELETE FROM upstream WHERE id = ? AND parent IS NOT NULL";
    public static final String DELETE_LANES = "DELETE FROM lane WHERE upstream = ?";
    public static final String WRITE_PLACE =
            "UPDATE upstream SET turn = ?, line = ?, wake = ?, fifo = ?, busy = ? WHERE id = ?";

    /** The turn that is next, of those in line. */
    static final String FIRST_TURN =
            "SELECT min(line) FROM upstream WHERE parent = ? AND line IS NOT NULL";

    /** The last one that any had. */
    static final String LAST_TURN =
            "SELECT max(turn) FROM upstream WHERE parent = ? AND parent IS NOT NULL";

    static final String IN_LINE =
            """
            SELECT id FROM upstream WHERE parent = ? AND line IS NOT NULL
            ORDER BY line, id LIMIT ?
            """;

    /** Those in line that have headers of their own. */
    static final String IN_LINE_ALONE =
            """
            SELECT u.id, o.headers FROM partition_own o
            JOIN upstream u ON u.parent = o.upstream AND u.partition = o.partition
            WHERE o.upstream = ? AND o.headers IS NOT NULL AND u.line IS NOT NULL
            ORDER BY u.line, u.id LIMIT ?
            """;

    /** When the first of those that have headers of their own is to be looked at again. */
    static final String NEXT_WAKE_ALONE =
            """
            SELECT min(u.wake) FROM partition_own o
            JOIN upstream u ON u.parent = o.upstream AND u.partition = o.partition
            WHERE o.upstream = ? AND o.headers IS NOT NULL AND u.wake IS NOT NULL
            """;

    /** How many are in line, as far as that. */
    static final String COUNT_IN_LINE =
            """
            SELECT count(*) FROM (
                SELECT 1 FROM upstream WHERE parent = ? AND line IS NOT NULL LIMIT ?) AS few
            """;

    static final String WOKEN =
            """
            SELECT id FROM upstream WHERE parent = ? AND wake IS NOT NULL AND wake <= ?
            ORDER BY wake LIMIT ?
            """;

    /** Those after one that have a queue and jobs that wait, those in which most do first. */
    public static final String BUSIEST =
            """
            SELECT partition, busy FROM (
                SELECT partition, busy FROM (
                    SELECT partition, busy FROM upstream
                    WHERE parent = ? AND busy = ? AND partition > ?
                    ORDER BY partition LIMIT ?) AS same
                UNION ALL
                SELECT partition, busy FROM (
                    SELECT partition, busy FROM upstream
                    WHERE parent = ? AND busy < ? AND busy > 0
                    ORDER BY busy DESC, partition LIMIT ?) AS less) AS busiest
            ORDER BY busy DESC, partition LIMIT ?
            """;

    /**
     * Those after a key in which nothing waits, and that have a queue or something of their own.
     */
    public static final String REST =
            """
            SELECT partition FROM (
                SELECT partition FROM (
                    SELECT partition FROM upstream WHERE parent = ? AND busy = 0 AND partition > ?
                    ORDER BY partition LIMIT ?) AS there
                UNION
                SELECT partition FROM (
                    SELECT o.partition FROM partition_own o
                    WHERE o.upstream = ? AND o.partition > ? AND NOT EXISTS (
                        SELECT 1 FROM upstream u
                        WHERE u.parent = o.upstream AND u.partition = o.partition AND u.busy > 0)
                    ORDER BY o.partition LIMIT ?) AS own) AS known
            ORDER BY partition LIMIT ?
            """;

    /** Those after one that are left alone or refused, in the order of their numbers. */
    static final String SHUT =
            """
            SELECT id FROM upstream
            WHERE parent = ? AND (closed_until > 0 OR unauthorized_since > 0) AND id > ?
            ORDER BY id LIMIT ?
            """;

    /** Those after one that are refused. */
    static final String REFUSED =
            """
            SELECT id FROM upstream WHERE parent = ? AND unauthorized_since > 0 AND id > ?
            ORDER BY id LIMIT ?
            """;

    /** How many are paused, left alone and refused, of so many of each that are looked at. */
    static final String SHUT_COUNTS =
            """
            SELECT (SELECT count(*) FROM (
                    SELECT 1 FROM partition_own WHERE upstream = ? AND paused = 1 LIMIT ?)
                    AS stopped),
                (SELECT count(*) FROM (
                    SELECT closed_until, unauthorized_since FROM upstream
                    WHERE parent = ? AND (closed_until > 0 OR unauthorized_since > 0) LIMIT ?)
                    AS shut WHERE unauthorized_since = 0 AND closed_until > ?),
                (SELECT count(*) FROM (
                    SELECT 1 FROM upstream WHERE parent = ? AND unauthorized_since > 0 LIMIT ?)
                    AS refused)
            """;

    static final String PARTITION = "SELECT id FROM upstream WHERE parent = ? AND partition = ?";

    /** Those after a key that have a queue, or something of their own. */
    static final String KEYS =
            """
            SELECT partition FROM (
                SELECT partition FROM (
                    SELECT partition FROM upstream WHERE parent = ? AND partition > ?
                    ORDER BY partition LIMIT ?) AS there
                UNION
                SELECT partition FROM (
                    SELECT partition FROM partition_own WHERE upstream = ? AND partition > ?
                    ORDER BY partition LIMIT ?) AS own) AS known
            ORDER BY partition LIMIT ?
            """;

    /** Those after a key that have a queue, and of each whether it is in line. */
    static final String ALL =
            """
            SELECT id, partition, CASE WHEN line IS NULL THEN 0 ELSE 1 END FROM upstream
            WHERE parent = ? AND partition > ? ORDER BY partition LIMIT ?
            """;

    /** Whether any partition has something of its own, and by which rules they wait. */
    static final String ALLOWED =
            """
            SELECT CASE WHEN EXISTS (SELECT 1 FROM partition_own o WHERE o.upstream = u.id)
                THEN 1 ELSE 0 END, u.allowed
            FROM upstream u WHERE u.id = ?
            """;

    static final String ALLOW = "UPDATE upstream SET allowed = ? WHERE id = ?";

    static final String OWN =
            """
            SELECT quota, concurrency, paused, headers FROM partition_own
            WHERE upstream = ? AND partition = ?
            """;

    /** Keys that are looked for at once. */
    static final int KEYS_AT_ONCE = 20;

    private static final String ANY_KEY = "(?" + ", ?".repeat(KEYS_AT_ONCE - 1) + ")";

    /**
     * Keys as those statements take them which look for so many: the last one again.
     *
     * @param before what comes before them
     */
    static List<Object[]> few(List<String> keys, Object... before) {
        List<Object[]> all = new ArrayList<>();
        for (int from = 0; from < keys.size(); from += KEYS_AT_ONCE) {
            Object[] few = Arrays.copyOf(before, before.length + KEYS_AT_ONCE);
            for (int i = 0; i < KEYS_AT_ONCE; i++) {
                few[before.length + i] = keys.get(Math.min(from + i, keys.size() - 1));
            }
            all.add(few);
        }
        return all;
    }

    /** Of some, by their keys. */
    static final String OWN_OF =
            """
            SELECT quota, concurrency, paused, headers, partition FROM partition_own
            WHERE upstream = ? AND partition IN
            """
                    + ANY_KEY;

    /** What some partitions' calls count as, by that. */
    static final String LEDGERS_OF = "SELECT id, identity FROM ledger WHERE identity IN " + ANY_KEY;

    static final String ALL_OWN =
            """
            SELECT quota, concurrency, paused, NULL, partition FROM partition_own
            WHERE upstream = ? LIMIT ?
            """;

    static final String OWN_VERSION = "SELECT own_version FROM upstream WHERE id = ?";
    static final String OWN_CHANGED =
            "UPDATE upstream SET own_version = own_version + 1 WHERE id = ?";

    /** How many have something of their own, as far as that. */
    static final String COUNT_OWN =
            """
            SELECT count(*) FROM (
                SELECT 1 FROM partition_own WHERE upstream = ? LIMIT ?) AS few
            """;

    static final String WRITE_OWN =
            """
            INSERT INTO partition_own (upstream, partition, quota, concurrency, paused, headers)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (upstream, partition) DO UPDATE SET quota = excluded.quota,
                concurrency = excluded.concurrency, paused = excluded.paused,
                headers = excluded.headers
            """;
    static final String COUNT_OWN_OF = "SELECT count(*) FROM partition_own WHERE partition = ?";

    /** The next few ledgers, and of each whether it is a partition's that nothing is counted in. */
    static final String IDLE_LEDGERS =
            """
            SELECT few.id, few.identity, CASE WHEN few.identity LIKE 'partition %'
                    AND NOT EXISTS (SELECT 1 FROM used u WHERE u.ledger = few.id AND u.settled >= ?)
                    AND NOT EXISTS (SELECT 1 FROM missing m WHERE m.ledger = few.id
                        AND m.calls > few.found_calls)
                    AND NOT EXISTS (SELECT 1 FROM charge c WHERE c.ledger = few.id
                        AND c.actual IS NULL) THEN 1 ELSE 0 END
            FROM (SELECT id, identity, found_calls FROM ledger WHERE id > ? ORDER BY id LIMIT ?)
                AS few
            ORDER BY few.id
            """;

    /** A ledger, and those of other units that belong to it. */
    static final String LEDGERS = "SELECT id FROM ledger WHERE id = ? OR main = ?";

    static final String FORGET_USED =
            """
            DELETE FROM used WHERE ledger = ? AND settled IN (
                SELECT settled FROM used WHERE ledger = ? ORDER BY settled LIMIT ?)
            """;
    static final String FORGET_FOUND =
            """
            DELETE FROM missing WHERE ledger = ? AND given_up IN (
                SELECT given_up FROM missing WHERE ledger = ? ORDER BY given_up LIMIT ?)
            """;
    static final String FORGET_LEDGERS = "DELETE FROM ledger WHERE id = ? OR main = ?";
    static final String DELETE_OWN =
            "DELETE FROM partition_own WHERE upstream = ? AND partition = ?";
    static final String NEXT_WAKE =
            "SELECT min(wake) FROM upstream WHERE parent = ? AND wake IS NOT NULL";
}
