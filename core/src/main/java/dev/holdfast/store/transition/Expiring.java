package dev.holdfast.store.transition;

import dev.holdfast.request.Status;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.Expired;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.RequestColumn;
import dev.holdfast.store.sql.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Writes {@link Store#expire}. */
public final class Expiring {
    /** Requests ended in one transaction; the others follow in the next. */
    public static final int MAX_AT_ONCE = 512;

    private final Ends ends;

    public Expiring(Ends ends) {
        this.ends = ends;
    }

    /** A request whose expiry has come. */
    public static RequestKey due(ResultSet row) throws SQLException {
        return new RequestKey(row.getInt(1), Session.uuid(row, 2), row.getLong(3));
    }

    /**
     * Ends requests whose expiry has come.
     *
     * @param due of upstreams that are locked, where there are locks
     * @param lease whether deliveries are leased to the caller; otherwise they are due
     */
    public Expired end(Transaction tx, List<RequestKey> due, boolean lease) throws SQLException {
        List<RequestRecord> ended = new ArrayList<>();
        List<Delivery> deliveries = new ArrayList<>();
        for (RequestKey request : due) {
            Delivery delivery = ends.endRequest(tx, request, Status.EXPIRED, lease);
            if (delivery != null) {
                deliveries.add(delivery);
            }
            RequestRecord record =
                    tx.sql.first(
                            CommonSql.REQUEST, RequestColumn::read, request.client(), request.id());
            if (record != null && record.status() == Status.EXPIRED) {
                ended.add(record);
            }
        }
        Long next = tx.sql.first(CommonSql.NEXT_EXPIRY, row -> Session.longOrNull(row, 1));
        return new Expired(ended, deliveries, Micros.instantOrNull(next));
    }
}
