package dev.holdfast.store.transition;

import dev.holdfast.quota.OwnHeaders;
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
 * @param alone whether it left with its partition's own: there may be several others
 */
public record SettledCall(
        int ledger,
        long taken,
        long settled,
        int probes,
        int upstream,
        int credential,
        boolean alone) {
    /** As the statements that settle a call return it. */
    public static SettledCall read(ResultSet row) throws SQLException {
        return new SettledCall(
                row.getInt(1),
                row.getLong(2),
                row.getLong(3),
                row.getInt(4),
                row.getInt(5),
                row.getInt(6),
                false);
    }

    /** The same, which left with these headers. */
    SettledCall with(OwnHeaders own) {
        boolean itself = credential == 0 && !own.isEmpty();
        return new SettledCall(ledger, taken, settled, probes, upstream, credential, itself);
    }
}
