package dev.holdfast.store;

import dev.holdfast.request.Status;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Writes {@link Store#expire}. */
final class Expiring {
    /** Requests ended in one transaction; the others follow in the next. */
    private static final int MAX_AT_ONCE = 512;

    private final Ends ends;

    Expiring(Ends ends) {
        this.ends = ends;
    }

    /**
     * Ends requests whose expiry has come.
     *
     * @param lease whether deliveries are leased to the caller; otherwise they are due
     */
    Expired expireNow(Transaction tx, boolean lease) throws SQLException {
        List<Ends.Key> due =
                tx.sql.list(
                        SqliteSql.EXPIRING,
                        row -> new Ends.Key(row.getInt(1), Session.uuid(row, 2), row.getLong(3)),
                        tx.now(),
                        MAX_AT_ONCE);
        List<RequestRecord> ended = new ArrayList<>();
        List<Delivery> deliveries = new ArrayList<>();
        for (Ends.Key request : due) {
            Delivery delivery = ends.endRequest(tx, request, Status.EXPIRED, lease);
            if (delivery != null) {
                deliveries.add(delivery);
            }
            RequestRecord record =
                    tx.sql.first(
                            SqliteSql.REQUEST,
                            RequestRows::request,
                            request.client(),
                            request.id());
            if (record != null) {
                ended.add(record);
            }
        }
        Long next = tx.sql.first(SqliteSql.NEXT_EXPIRY, row -> Session.longOrNull(row, 1));
        return new Expired(ended, deliveries, Micros.instantOrNull(next));
    }
}
