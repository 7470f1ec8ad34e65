package dev.holdfast.store.transition.partition;

import dev.holdfast.store.queue.Partition;
import dev.holdfast.store.sql.Session;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Where a partition stands in its upstream's line, as both dialects keep it. */
public final class PlaceRow {
    private PlaceRow() {}

    /**
     * Reads one.
     *
     * @param from the number of its first column, which is the key; its turn, its place in line,
     *     when it wakes, whether it is first come, first served, and how busy it is follow
     */
    public static Partition read(ResultSet row, int from) throws SQLException {
        return new Partition(
                Session.text(row, from),
                row.getLong(from + 1),
                Session.longOrNull(row, from + 2),
                Session.longOrNull(row, from + 3),
                row.getBoolean(from + 4),
                row.getLong(from + 5));
    }
}
