package dev.holdfast.store.transition.partition;

import dev.holdfast.quota.PartitionRules;
import dev.holdfast.store.queue.Partition;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.Transaction;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * By which rules the partitions of an upstream that are out of line wait: a time that was reckoned
 * by smaller limits is too late where there are larger ones. So it is kept by which rules they do;
 * where others are in force, each is put in line once, and the claim whose turn it comes to reckons
 * anew.
 */
final class Allowed {
    /** Partitions looked at by one transaction. */
    static final int AT_ONCE = 100;

    /** Before all keys. */
    private static final String FIRST = "";

    /**
     * What is known of an upstream's partitions before a claim looks at them.
     *
     * @param own whether any has something of its own
     * @param rules by which they wait; null if by several
     */
    record Known(boolean own, @Nullable String rules) {}

    /** A partition out of the list of all. */
    private record Listed(int id, String key, boolean inLine) {}

    private Allowed() {}

    static Known known(Session sql, int upstream) throws SQLException {
        return Objects.requireNonNull(
                sql.first(
                        PartitionSql.ALLOWED,
                        row -> new Known(row.getInt(1) == 1, row.getString(2)),
                        upstream));
    }

    /** A claim by these rules may let partitions wait. */
    static void claimed(Transaction tx, Queue root, Known known, PartitionRules by)
            throws SQLException {
        if (known.rules() != null && !known.rules().equals(text(by))) {
            tx.wholly(root);
            tx.sql.update(PartitionSql.ALLOW, null, root.id);
        }
    }

    /**
     * Puts the first of those that wait by other rules in line.
     *
     * @return the key after which those are that are not yet, for {@link #after}; null if there are
     *     none
     */
    static @Nullable String begin(Transaction tx, Queue root, PartitionRules each)
            throws SQLException {
        return text(each).equals(known(tx.sql, root.id).rules())
                ? null
                : after(tx, root, each, FIRST);
    }

    /** The next ones after that key; answers as {@link #begin}. */
    static @Nullable String after(Transaction tx, Queue root, PartitionRules each, String last)
            throws SQLException {
        List<Listed> few =
                root.inner().partitions() == 0
                        ? List.of()
                        : tx.sql.list(
                                PartitionSql.ALL,
                                row ->
                                        new Listed(
                                                row.getInt(1),
                                                Session.text(row, 2),
                                                row.getInt(3) == 1),
                                root.id,
                                last,
                                AT_ONCE);
        List<Integer> out = few.stream().filter(one -> !one.inLine()).map(Listed::id).toList();
        if (!out.isEmpty()) {
            for (Queue queue : tx.partitions(root, out)) {
                Partition place = Objects.requireNonNull(queue.partition());
                if (queue.ownWaiting() > 0) {
                    place.stir();
                }
            }
        }
        if (few.size() < AT_ONCE) {
            tx.sql.update(PartitionSql.ALLOW, text(each), root.id);
            return null;
        }
        return few.getLast().key();
    }

    private static String text(PartitionRules rules) {
        return OwnRows.text(rules.quota(), rules.units())
                + "\n"
                + rules.concurrency()
                + (rules.fifo() ? " fifo" : " turns");
    }
}
