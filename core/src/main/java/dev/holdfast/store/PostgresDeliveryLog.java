package dev.holdfast.store;

import dev.holdfast.request.Status;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Adds webhook deliveries. */
final class PostgresDeliveryLog {
    private final StoreOptions options;
    private final RandomGenerator random;

    PostgresDeliveryLog(StoreOptions options, RandomGenerator random) {
        this.options = options;
        this.random = random;
    }

    /**
     * Adds the delivery that tells of a request's end.
     *
     * @param lease whether it is handed to the caller; otherwise it is due at once
     * @return the delivery if it is leased, else null
     */
    @Nullable Delivery add(
            PostgresTransaction tx, int client, UUID request, Status end, boolean lease)
            throws SQLException {
        long wall = tx.wall();
        UUID id = UuidBytes.make(wall, random);
        long due = tx.now() + (lease ? Micros.of(options.deliveryLease()) : 0);
        UUID owner = lease ? tx.owner : null;
        tx.sql.update(
                PostgresSql.ADD_DELIVERY, id, client, request, end.wire(), owner, due, wall, wall);
        tx.deliveries(1);
        if (!lease) {
            tx.deliveriesFellDue();
            return null;
        }
        return tx.sql.first(PostgresSql.REQUEST, row -> delivery(id, 0, row), client, request);
    }

    /** A delivery of the request in this row. */
    static Delivery delivery(UUID id, int attempts, ResultSet row) throws SQLException {
        RequestRecord request = RequestRows.request(row);
        return new Delivery(
                id, request, request.client(), row.getString(15), row.getString(24), attempts);
    }
}
