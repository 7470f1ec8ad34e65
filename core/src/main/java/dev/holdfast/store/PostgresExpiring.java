package dev.holdfast.store;

import dev.holdfast.request.Status;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Writes {@link Store#expire}. */
final class PostgresExpiring {
    /** Requests ended in one transaction; the others follow in the next. */
    private static final int MAX_AT_ONCE = 512;

    private final PostgresEnds ends;

    PostgresExpiring(PostgresEnds ends) {
        this.ends = ends;
    }

    /** Ends requests of any upstream whose expiry has come; locks what it needs. */
    Expired expire(PostgresTransaction tx, long now) throws SQLException {
        List<String> upstreams =
                tx.sql.list(
                        PostgresSql.EXPIRING_UPSTREAMS, row -> row.getString(1), now, MAX_AT_ONCE);
        tx.lock(upstreams);
        return expireLocked(tx, tx.queues(), true);
    }

    /**
     * Ends requests of these upstreams whose expiry has come.
     *
     * @param lease whether deliveries are leased to the caller; otherwise they are due
     */
    Expired expireLocked(PostgresTransaction tx, Collection<PostgresQueue> queues, boolean lease)
            throws SQLException {
        List<Ends.Key> due =
                queues.isEmpty()
                        ? List.of()
                        : tx.sql.list(
                                PostgresSql.EXPIRING,
                                row ->
                                        new Ends.Key(
                                                row.getInt(1),
                                                Session.uuid(row, 2),
                                                row.getLong(3)),
                                tx.now(),
                                PostgresDatabase.ints(queues.stream().map(q -> q.id).toList()),
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
                            PostgresSql.REQUEST,
                            RequestRows::request,
                            request.client(),
                            request.id());
            if (record != null) {
                ended.add(record);
            }
        }
        Long next = tx.sql.first(PostgresSql.NEXT_EXPIRY, row -> Session.longOrNull(row, 1));
        return new Expired(ended, deliveries, Micros.instantOrNull(next));
    }
}
