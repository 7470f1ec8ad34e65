package dev.holdfast.store.credential;

import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.queue.Probes;
import dev.holdfast.store.sql.Session;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is kept of an upstream's credentials: their ledgers, found by what each is (a keyed hash of
 * whom it calls and as whom), and which are left alone. The upstream's row is locked.
 */
public final class CredentialRows {
    private CredentialRows() {}

    /**
     * A credential's row.
     *
     * @param ledger 0 if it has none
     * @param closedUntil before when an answer asked to leave it alone, in steady microseconds
     * @param unauthorizedSince since when it is refused, in steady microseconds; 0 if it is not
     * @param unauthorizedUntil before when nobody looks whether it still is
     */
    record Row(int ledger, long closedUntil, long unauthorizedSince, long unauthorizedUntil) {
        static final Row NEW = new Row(0, 0, 0, 0);
    }

    static Map<String, Row> rows(Session sql, int upstream) throws SQLException {
        Map<String, Row> rows = new HashMap<>();
        sql.list(
                CredentialSql.LIST,
                row ->
                        rows.put(
                                Session.text(row, 1),
                                new Row(
                                        row.getInt(2),
                                        row.getLong(3),
                                        row.getLong(4),
                                        row.getLong(5))),
                upstream);
        return rows;
    }

    /**
     * Gives each a row that has none.
     *
     * @return whether there was one
     */
    public static boolean add(Session sql, int upstream, List<ClaimAsk.Credential> asked)
            throws SQLException {
        if (asked.isEmpty()) {
            return false;
        }
        Set<String> known = rows(sql, upstream).keySet();
        boolean added = false;
        for (ClaimAsk.Credential each : asked) {
            if (!known.contains(each.identity())) {
                sql.update(CredentialSql.ADD_LEDGER, each.identity());
                sql.update(CredentialSql.ADD, upstream, each.identity());
                added = true;
            }
        }
        return added;
    }

    /** Forgets those that are not configured any more and with which no call is in flight. */
    public static void forgetOthers(Session sql, int upstream, List<ClaimAsk.Credential> configured)
            throws SQLException {
        Set<String> kept = new HashSet<>();
        configured.forEach(each -> kept.add(each.identity()));
        for (Map.Entry<String, Row> each : rows(sql, upstream).entrySet()) {
            if (!kept.contains(each.getKey())) {
                sql.update(CredentialSql.FORGET, upstream, each.getValue().ledger());
            }
        }
    }

    private record Known(int ledger, boolean own) {}

    /**
     * The ledger that an upstream with these credentials has counted in so far, whatever it was
     * called and whichever of its keys were renewed; 0 if none of them is known.
     */
    public static int upstreamsLedger(
            Session sql, int upstream, List<ClaimAsk.Credential> credentials) throws SQLException {
        int other = 0;
        for (ClaimAsk.Credential each : credentials) {
            Known known =
                    sql.first(
                            CredentialSql.KNOWN_BY,
                            row -> new Known(row.getInt(1), row.getInt(2) == upstream),
                            each.identity(),
                            upstream);
            if (known != null && known.own()) {
                return known.ledger();
            }
            other = known == null || other != 0 ? other : known.ledger();
        }
        return other;
    }

    /** A call was refused with a credential that was not before. */
    public static void refuse(Session sql, int upstream, int ledger, long now, long probe)
            throws SQLException {
        sql.update(CredentialSql.REFUSE, now, probe, upstream, ledger);
    }

    /** One is to be left alone until then. */
    public static void close(Session sql, int upstream, int ledger, long until)
            throws SQLException {
        sql.update(CredentialSql.CLOSE, until, upstream, ledger, until);
    }

    /** The upstream took a credential, with a call that left at {@code left}. */
    public static void authorized(Session sql, int upstream, int ledger, long left)
            throws SQLException {
        sql.update(CredentialSql.AUTHORIZED, upstream, ledger, left);
    }

    /**
     * A call that was claimed with one at {@code taken} was not made: if it was to find out whether
     * that is still refused, another may do so at once.
     */
    public static void unmade(Session sql, int upstream, int ledger, long taken)
            throws SQLException {
        long since = sql.number(CredentialSql.REFUSED_SINCE, upstream, ledger);
        if (since > 0) {
            long next = Probes.next(since, taken);
            sql.update(CredentialSql.NOT_PROBED, upstream, ledger, next);
        }
    }

    /** Those that are refused are tried at once. */
    public static void probeNow(Session sql, int upstream) throws SQLException {
        sql.update(CredentialSql.PROBE_NOW, upstream);
    }

    /** None is left alone any longer. */
    public static void open(Session sql, int upstream) throws SQLException {
        sql.update(CredentialSql.OPEN, upstream);
    }
}
