package dev.holdfast.store.transition;

import dev.holdfast.request.Status;
import dev.holdfast.store.Batches.BatchRecord;
import dev.holdfast.store.Deliveries;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sql.BatchRows;
import dev.holdfast.store.sql.BatchSql;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.RequestColumn;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.UuidBytes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Adds webhook deliveries, and reads those to make. */
public final class DeliveryWrites {
    /** What the delivery of a batch tells. */
    private static final String COMPLETED = "completed";

    private final StoreOptions options;
    private final RandomGenerator random;

    public DeliveryWrites(StoreOptions options, RandomGenerator random) {
        this.options = options;
        this.random = random;
    }

    /**
     * Adds the delivery that tells of a request's end.
     *
     * @param lease whether it is handed to the caller; otherwise it is due at once
     * @return the delivery if it is leased, else null
     */
    public @Nullable Delivery add(
            Transaction tx, int client, UUID request, Status end, boolean lease)
            throws SQLException {
        UUID id = UuidBytes.make(tx.wall(), random);
        long due = tx.now() + (lease ? Micros.of(options.deliveryLease()) : 0);
        tx.addDelivery(id, client, request, end.wire(), lease, due);
        tx.deliveries(1);
        if (!lease) {
            tx.deliveriesFellDue();
            return null;
        }
        return read(tx.sql, id, client, request, 0);
    }

    /** Adds the delivery that tells that a batch is complete; it is due at once. */
    void addCompleted(Transaction tx, int client, UUID batch) throws SQLException {
        UUID id = UuidBytes.make(tx.wall(), random);
        tx.addDelivery(id, client, batch, COMPLETED, false, tx.now());
        tx.deliveries(1);
        tx.deliveriesFellDue();
    }

    /** A delivery with what it tells of; null if that is gone. */
    public static @Nullable Delivery read(
            Session sql, UUID id, int client, UUID request, int attempts) throws SQLException {
        Delivery delivery =
                sql.first(CommonSql.REQUEST, row -> delivery(id, attempts, row), client, request);
        return delivery == null ? ofBatch(sql, id, request, attempts) : delivery;
    }

    /** A delivery that tells of a batch; null if there is none of that id. */
    public static @Nullable Delivery ofBatch(Session sql, UUID id, UUID batch, int attempts)
            throws SQLException {
        BatchRecord found = sql.first(BatchSql.BATCH, BatchRows::read, batch);
        String url = found == null ? null : found.webhook();
        return found == null || url == null
                ? null
                : new Delivery(id, null, found, found.client(), url, "{}", attempts);
    }

    /** A delivery of the request in this row. */
    public static Delivery delivery(UUID id, int attempts, ResultSet row) throws SQLException {
        RequestRecord request = RequestColumn.read(row);
        return new Delivery(
                id,
                request,
                null,
                request.client(),
                RequestColumn.WEBHOOK_URL.text(row),
                RequestColumn.WEBHOOK_HEADERS.text(row),
                attempts);
    }

    /** Writes the try that settled a delivery. */
    public static void tried(Transaction tx, Deliveries.DeliveryTry tried) throws SQLException {
        tx.sql.update(
                CommonSql.ADD_TRY,
                tx.wall(),
                tried.status(),
                tried.error(),
                Micros.of(tried.latency()),
                tried.delivery());
        if (tried.state() != Deliveries.State.PENDING) {
            tx.deliveries(-1);
        }
    }
}
