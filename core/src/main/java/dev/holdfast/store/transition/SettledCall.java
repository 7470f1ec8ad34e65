package dev.holdfast.store.transition;

import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * A call that settled.
 *
 * @param ledger where it counts
 * @param taken when its slot was taken, in steady microseconds
 * @param settled when it settled
 * @param probes 1 if it left as a probe, else 0
 * @param upstream whose it is
 * @param credential the ledger of the one of several that it left with; 0 if there is but one
 */
public record SettledCall(
        int ledger, long taken, long settled, int probes, int upstream, int credential) {
    /** As the statements that settle a call return it. */
    public static SettledCall read(ResultSet row) throws SQLException {
        return new SettledCall(
                row.getInt(1),
                row.getLong(2),
                row.getLong(3),
                row.getInt(4),
                row.getInt(5),
                row.getInt(6));
    }
}
