package dev.holdfast.store;

import dev.holdfast.request.Status;
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
        long wall = tx.wall();
        UUID id = UuidBytes.make(wall, random);
        long due = tx.now() + (lease ? Micros.of(options.deliveryLease()) : 0);
        tx.sql.update(SqliteSql.ADD_DELIVERY, id, client, request, end.wire(), due, wall, wall);
        tx.backlog.deliveries(1, tx.undo);
        if (!lease) {
            tx.deliveriesFellDue();
            return null;
        }
        return read(tx.sql, id, client, request, 0);
    }

    /** A delivery with its request; null if that is gone. */
    static @Nullable Delivery read(Session sql, UUID id, int client, UUID request, int attempts)
            throws SQLException {
        return sql.first(
                SqliteSql.REQUEST,
                row ->
                        new Delivery(
                                id,
                                RequestRows.request(row),
                                client,
                                row.getString(15),
                                row.getString(24),
                                attempts),
                client,
                request);
    }
}
