package dev.holdfast.store.transition;

import dev.holdfast.store.Settlement;
import dev.holdfast.store.credential.CredentialSql;
import dev.holdfast.store.sql.LedgerSql;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes what calls use into their ledger: when they settle, or, where they may still arrive, when
 * the upstream gives its next sign of life. Each is one row, however many calls it stands for.
 */
public final class LedgerWrites {
    private LedgerWrites() {}

    private record Found(long newly, long calls, long probes, int ledger) {}

    /** Of another unit, or of a partition's calls: then there is none. */
    private record Charge(int ledger, @Nullable String unit, long reserved) {
        long actual(Map<String, Long> used) {
            return unit == null ? reserved : used.getOrDefault(unit, reserved);
        }
    }

    static void settled(Transaction tx, SettledCall call, Settlement.Arrival arrival)
            throws SQLException {
        if (arrival == Settlement.Arrival.ANSWERED) {
            found(tx, call);
        }
        took(tx, call.ledger(), call, arrival);
        if (call.credential() != 0) {
            took(tx, call.credential(), call, arrival);
        }
    }

    private static void took(
            Transaction tx, int ledger, SettledCall call, Settlement.Arrival arrival)
            throws SQLException {
        if (arrival == Settlement.Arrival.OPEN) {
            missed(tx, ledger, call.settled(), 1, call.probes());
        } else {
            tx.use(ledger, call.settled(), 1);
        }
    }

    /**
     * Writes what a call took of other units than calls, and what counts in its partition, in the
     * ledger of each.
     *
     * @param used as the answer said it, by unit; else it was what was reserved
     */
    static void charged(
            Transaction tx,
            SettledCall call,
            long attempt,
            Settlement.Arrival arrival,
            Map<String, Long> used)
            throws SQLException {
        List<Charge> charges =
                tx.sql.list(
                        LedgerSql.CHARGES,
                        row -> new Charge(row.getInt(1), row.getString(2), row.getLong(3)),
                        attempt);
        for (Charge charge : charges) {
            long actual = charge.actual(used);
            if (charge.unit() == null && arrival == Settlement.Arrival.ANSWERED) {
                found(tx, charge.ledger(), call);
            }
            tx.sql.update(LedgerSql.SETTLE_CHARGE, actual, attempt, charge.ledger());
            if (arrival == Settlement.Arrival.OPEN) {
                missed(tx, charge.ledger(), call.settled(), actual, call.probes());
            } else {
                tx.use(charge.ledger(), call.settled(), actual);
            }
        }
    }

    /**
     * As much as any window has may have been called that nobody here knows of, and may be on its
     * way still.
     */
    public static void unknown(Transaction tx, int ledger) throws SQLException {
        missed(tx, ledger, tx.now(), Settlement.MOST_USED, 0);
    }

    private static void missed(Transaction tx, int ledger, long at, long amount, int probes)
            throws SQLException {
        long givenUp = at - tx.heldOver();
        tx.lockLedger(ledger);
        tx.sql.update(LedgerSql.MISS_BEFORE, amount, probes, ledger, givenUp);
        tx.sql.update(LedgerSql.MISS, ledger, givenUp, amount, probes);
    }

    /** Those that were given up before it left may have arrived until now, and no later. */
    private static void found(Transaction tx, SettledCall alive) throws SQLException {
        found(tx, alive.ledger(), alive);
        if (alive.credential() != 0 || alive.alone()) {
            long left = alive.taken() - tx.heldOver();
            int upstream = tx.queue(alive.upstream()).root().id;
            found(tx, alive, CredentialSql.FOUND, left, upstream, upstream);
        }
    }

    /** The same in one ledger, and in those of other units that belong to it. */
    private static void found(Transaction tx, int ledger, SettledCall alive) throws SQLException {
        long left = alive.taken() - tx.heldOver();
        if (tx.usesWithOthers(ledger)
                && tx.sql.list(LedgerSql.FOUND, row -> true, left, ledger, ledger).isEmpty()) {
            return; // as almost always
        }
        tx.lockLedger(ledger);
        found(tx, alive, LedgerSql.FOUND, left, ledger, ledger);
    }

    private static void found(Transaction tx, SettledCall alive, String which, Object... in)
            throws SQLException {
        List<Found> all =
                tx.sql.list(
                        which,
                        row ->
                                new Found(
                                        row.getLong(1),
                                        row.getLong(2),
                                        row.getLong(3),
                                        row.getInt(4)),
                        in);
        for (Found found : all) {
            tx.sql.update(LedgerSql.FIND, found.calls(), found.probes(), found.ledger());
            tx.use(found.ledger(), alive.settled(), found.newly());
        }
    }
}
