package dev.holdfast.store;

import dev.holdfast.request.Status;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Adds webhook deliveries, and reads those to make. */
final class DeliveryLog {
    private final StoreOptions options;
    private final RandomGenerator random;

    DeliveryLog(StoreOptions options, RandomGenerator random) {
        this.options = options;
        this.random = random;
    }

    /**
     * Adds the delivery that tells of a request's end.
     *
     * @param lease whether it is handed to the caller; otherwise it is due at once
     * @return the delivery if it is leased, else null
     */
    @Nullable Delivery add(Transaction tx, int client, UUID request, Status end, boolean lease)
            throws SQLException {
        UUID id = UuidBytes.make(tx.wall(), random);
        long due = tx.now() + (lease ? Micros.of(options.deliveryLease()) : 0);
        tx.addDelivery(id, client, request, end, lease, due);
        tx.deliveries(1);
        if (!lease) {
            tx.deliveriesFellDue();
            return null;
        }
        return read(tx.sql, id, client, request, 0);
    }

    /** A delivery with its request; null if that is gone. */
    static @Nullable Delivery read(Session sql, UUID id, int client, UUID request, int attempts)
            throws SQLException {
        return sql.first(CommonSql.REQUEST, row -> delivery(id, attempts, row), client, request);
    }

    /** A delivery of the request in this row. */
    static Delivery delivery(UUID id, int attempts, ResultSet row) throws SQLException {
        RequestRecord request = RequestRows.request(row);
        return new Delivery(
                id,
                request,
                request.client(),
                Session.text(row, 15),
                Session.text(row, 24),
                attempts);
    }
}
