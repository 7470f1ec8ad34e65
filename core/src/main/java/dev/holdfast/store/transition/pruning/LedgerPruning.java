package dev.holdfast.store.transition.pruning;

import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.transition.Transaction;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Thins what ledgers know of calls that no window counts any more: of each day the last step stays,
 * for a quota whose window is made longer, until no window can reach it. One ledger a step.
 */
public final class LedgerPruning {
    /** Steps looked at at once. */
    public static final int STEPS_AT_ONCE = 256;

    /** How long the number of a day's calls is known: longer than any window of a quota. */
    private static final Duration LONGEST_KNOWN = Duration.ofDays(400);

    private volatile Duration remembered;
    private int ledger;
    private long from = Long.MIN_VALUE;

    public LedgerPruning(StoreOptions options) {
        remembered = options.ledger();
    }

    /** Another longest window from now on. */
    public void remember(Duration ledger) {
        remembered = ledger;
    }

    private record Few(long last, int steps) {}

    /**
     * Thins some of the next ledger.
     *
     * @param now steady microseconds
     * @return whether there may be more to do of it at once
     */
    public boolean step(Transaction tx, long now) throws SQLException {
        if (from == Long.MIN_VALUE) {
            ledger = (int) tx.sql.number(LedgerSql.NEXT_LEDGER, ledger);
        }
        if (ledger != 0) {
            tx.lockLedger(ledger); // what is found at this moment is not forgotten as not found
        }
        long time = now - tx.heldOver();
        long old = time - Micros.of(remembered);
        Few few =
                tx.sql.first(
                        LedgerSql.LAST_OF_OLD,
                        row -> new Few(row.getLong(1), row.getInt(2)),
                        ledger,
                        from,
                        old,
                        STEPS_AT_ONCE);
        if (few == null) {
            return false; // a count always has its row
        }
        boolean more = few.steps() == STEPS_AT_ONCE;
        if (few.steps() > 1) {
            tx.sql.update(LedgerSql.THIN_USED, ledger, ledger, from, few.last());
            long unknown = time - Micros.of(LONGEST_KNOWN);
            tx.sql.update(LedgerSql.FORGET_USED, ledger, few.last(), ledger, unknown);
        }
        from = more ? few.last() : Long.MIN_VALUE;
        int found = tx.sql.update(LedgerSql.FORGET_FOUND, ledger, ledger, STEPS_AT_ONCE);
        return more || found == STEPS_AT_ONCE;
    }
}
