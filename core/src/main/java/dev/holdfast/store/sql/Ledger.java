package dev.holdfast.store.sql;

import dev.holdfast.quota.Missing;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/** Reads the attempt log as a quota's ledger. */
public final class Ledger {
    private Ledger() {}

    /** What an upstream counts as whose callers do not say what it calls. */
    public static String identity(String upstream) {
        return "name " + upstream;
    }

    /**
     * The slots of whatever calls to it count in this ledger.
     *
     * @param now steady microseconds
     */
    public static Occupancy read(Session sql, int ledger, Quota quota, long now)
            throws SQLException {
        int inFlight = (int) sql.number(CommonSql.IN_FLIGHT, ledger);
        if (quota.windows().isEmpty()) {
            return new Occupancy(inFlight, List.of());
        }
        long horizon = now - Micros.of(quota.memory());
        List<Instant> settled =
                new ArrayList<>(
                        sql.list(
                                CommonSql.SETTLED,
                                row -> Micros.instant(row.getLong(1)),
                                ledger,
                                horizon,
                                quota.largestLimit()));
        addForgotten(settled, sql, ledger, quota, horizon);
        return new Occupancy(inFlight, settled, missing(sql, ledger, quota, settled));
    }

    /**
     * Calls that were forgotten before the quota's window was made longer: they count as settled
     * when the last one of their day did.
     */
    private static void addForgotten(
            List<Instant> settled, Session sql, int ledger, Quota quota, long horizon)
            throws SQLException {
        record Day(long until, int calls) {}
        List<Day> days =
                sql.list(
                        CommonSql.FORGOTTEN,
                        row -> new Day(row.getLong(1), row.getInt(2)),
                        ledger,
                        horizon);
        for (Day day : days) {
            int room = quota.largestLimit() - settled.size();
            Instant until = Micros.instant(day.until());
            settled.addAll(
                    Collections.nCopies(Math.clamp(day.calls(), 0, Math.max(0, room)), until));
        }
        if (!days.isEmpty()) {
            settled.sort(Comparator.reverseOrder());
        }
    }

    private static Missing missing(Session sql, int ledger, Quota quota, List<Instant> settled)
            throws SQLException {
        record Count(int calls, int probes, long last) {}
        Count count =
                sql.first(
                        CommonSql.COUNT_MISSING,
                        row -> new Count(row.getInt(1), row.getInt(2), row.getLong(3)),
                        ledger);
        if (count == null || count.calls() == 0) {
            return Missing.NONE;
        }
        List<Instant> all = new ArrayList<>(settled);
        all.addAll(
                sql.list(
                        CommonSql.MISSING,
                        row -> Micros.instant(row.getLong(1)),
                        ledger,
                        quota.largestLimit()));
        all.sort(Comparator.reverseOrder());
        return new Missing(count.calls(), count.probes(), Micros.instant(count.last()), all);
    }
}
