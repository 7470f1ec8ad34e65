package dev.holdfast.store.transition.partition;

import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.Transaction;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * Forgets the ledgers of partitions in which nothing was called for longer than any window of the
 * configuration reaches back, a bounded number a step; those that have something of their own,
 * whose windows may be longer, keep theirs. So what is kept is as much as is used.
 */
public final class IdleLedgers {
    /** Ledgers looked at in one step. */
    static final int LOOKED_AT = 64;

    /** Rows of one ledger that go in one step at most. */
    static final int ROWS_AT_ONCE = 256;

    private volatile Duration remembered;
    private int last;

    public IdleLedgers(StoreOptions options) {
        remembered = options.ledger();
    }

    /** Another longest window from now on. */
    public void remember(Duration ledger) {
        remembered = ledger;
    }

    /** A ledger, named as {@link PartitionTurns#identity} does. */
    private record Look(int id, String identity, boolean idle) {
        int root() {
            return Integer.parseInt(identity.split(" ", 3)[1]);
        }

        String key() {
            return identity.split(" ", 3)[2];
        }
    }

    /**
     * Looks at the next few, and forgets those of them that are idle, of one upstream. Locks its
     * ledger if there are any, and theirs: whoever has a call of a partition counted does one of
     * the two.
     *
     * @param now steady microseconds
     * @return whether any were
     */
    public boolean step(Transaction tx, long now) throws SQLException {
        long old = now - tx.heldOver() - Micros.of(remembered);
        List<Look> few = look(tx.sql, old, last, LOOKED_AT);
        last = few.size() < LOOKED_AT ? 0 : few.getLast().id();
        int root = 0;
        for (Look each : few) {
            if (each.idle()
                    && (root == 0 || root == each.root())
                    && tx.sql.number(PartitionSql.COUNT_OWN_OF, each.key()) == 0) {
                root = each.root();
                tx.lockLedger(root);
                List<String> its = List.of(each.identity());
                if (tx.partitionsLedgers(its).getFirst() == each.id()) {
                    forget(tx.sql, old, each.id());
                }
            }
        }
        return root != 0;
    }

    private static List<Look> look(Session sql, long old, int after, int most) throws SQLException {
        return sql.list(
                PartitionSql.IDLE_LEDGERS,
                row -> new Look(row.getInt(1), Session.text(row, 2), row.getInt(3) == 1),
                old,
                after,
                most);
    }

    /** What is left of it goes in a later step. */
    private static void forget(Session sql, long old, int ledger) throws SQLException {
        if (look(sql, old, ledger - 1, 1).stream().noneMatch(each -> each.idle())) {
            return; // a call was counted before it was locked
        }
        int rows = 0;
        for (int each : sql.list(PartitionSql.LEDGERS, row -> row.getInt(1), ledger, ledger)) {
            rows +=
                    sql.update(PartitionSql.FORGET_USED, each, each, ROWS_AT_ONCE)
                            + sql.update(PartitionSql.FORGET_FOUND, each, each, ROWS_AT_ONCE);
        }
        if (rows < ROWS_AT_ONCE) {
            sql.update(PartitionSql.FORGET_LEDGERS, ledger, ledger);
        }
    }
}
