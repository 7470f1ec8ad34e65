package dev.holdfast.store;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/** Reads the attempt log as a quota's ledger. */
final class Ledger {
    private Ledger() {}

    /**
     * The slots of an upstream.
     *
     * @param now steady microseconds
     */
    static Occupancy read(Session sql, int upstream, Quota quota, long now) throws SQLException {
        int inFlight = (int) sql.number(CommonSql.IN_FLIGHT, upstream);
        if (quota.windows().isEmpty()) {
            return new Occupancy(inFlight, List.of());
        }
        List<Instant> settled =
                sql.list(
                        CommonSql.SETTLED,
                        row -> Micros.instant(row.getLong(1)),
                        upstream,
                        now - Micros.of(quota.memory()),
                        quota.largestLimit());
        return new Occupancy(inFlight, settled);
    }
}
