package dev.holdfast.store.transition;

import dev.holdfast.store.Settlement;
import dev.holdfast.store.sql.CommonSql;
import java.sql.SQLException;

/**
 * Writes what calls use into their ledger: when they settle, or, where they may still arrive, when
 * the upstream gives its next sign of life. Each is one row, however many calls it stands for.
 */
public final class LedgerWrites {
    private LedgerWrites() {}

    private record Found(long newly, long calls, long probes) {}

    static void settled(Transaction tx, SettledCall call, Settlement.Arrival arrival)
            throws SQLException {
        if (arrival == Settlement.Arrival.OPEN) {
            missed(tx, call);
            return;
        }
        if (arrival == Settlement.Arrival.ANSWERED) {
            found(tx, call);
        }
        tx.use(call.ledger(), call.settled(), 1);
    }

    private static void missed(Transaction tx, SettledCall call) throws SQLException {
        long givenUp = call.settled() - tx.heldOver();
        tx.lockLedger(call.ledger());
        tx.sql.update(CommonSql.MISS_BEFORE, call.probes(), call.ledger(), givenUp);
        tx.sql.update(CommonSql.MISS, call.ledger(), givenUp, call.probes());
    }

    /** Those that were given up before it left may have arrived until now, and no later. */
    private static void found(Transaction tx, SettledCall alive) throws SQLException {
        tx.lockLedger(alive.ledger());
        Found found =
                tx.sql.first(
                        CommonSql.FOUND,
                        row -> new Found(row.getLong(1), row.getLong(2), row.getLong(3)),
                        alive.taken() - tx.heldOver(),
                        alive.ledger());
        if (found != null) {
            tx.sql.update(CommonSql.FIND, found.calls(), found.probes(), alive.ledger());
            tx.use(alive.ledger(), alive.settled(), found.newly());
        }
    }
}
