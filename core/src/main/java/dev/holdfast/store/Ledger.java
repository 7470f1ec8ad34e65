package dev.holdfast.store;

import dev.holdfast.quota.Missing;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Reads the attempt log as a quota's ledger. */
final class Ledger {
    private Ledger() {}

    /** What an upstream counts as whose callers do not say what it calls. */
    static String identity(String upstream) {
        return "name " + upstream;
    }

    /**
     * The slots of whatever calls to it count in this ledger.
     *
     * @param now steady microseconds
     */
    static Occupancy read(Session sql, int ledger, Quota quota, long now) throws SQLException {
        int inFlight = (int) sql.number(CommonSql.IN_FLIGHT, ledger);
        if (quota.windows().isEmpty()) {
            return new Occupancy(inFlight, List.of());
        }
        List<Instant> settled =
                sql.list(
                        CommonSql.SETTLED,
                        row -> Micros.instant(row.getLong(1)),
                        ledger,
                        now - Micros.of(quota.memory()),
                        quota.largestLimit());
        return new Occupancy(inFlight, settled, missing(sql, ledger, quota, settled));
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
