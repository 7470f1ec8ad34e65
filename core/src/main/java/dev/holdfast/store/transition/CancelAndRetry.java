package dev.holdfast.store.transition;

import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.Ending;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.sql.ClientSql;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.RequestColumn;
import dev.holdfast.store.sql.RetentionSql;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Writes {@link Store#cancel} and {@link Store#retry}. */
public final class CancelAndRetry {
    /** Retries of a request whose attempts are kept; those of earlier ones are forgotten. */
    public static final int MAX_RETRIES_KEPT = 100;

    private final Ends ends;
    private final DeliveryWrites deliveries;
    private final Telling telling;

    public CancelAndRetry(Ends ends, DeliveryWrites deliveries, Telling telling) {
        this.ends = ends;
        this.deliveries = deliveries;
        this.telling = telling;
    }

    /**
     * @param request as it is in this transaction; null if the viewer has none like it
     */
    public Ending cancel(Transaction tx, @Nullable RequestRecord request) throws SQLException {
        if (request == null) {
            return new Ending(Ending.What.UNKNOWN, null, List.of());
        }
        if (request.status().isFinal()) {
            return new Ending(Ending.What.CONFLICT, request, List.of());
        }
        Ends.OwnEnd end = ends.endRequest(tx, RequestKey.of(request), Status.CANCELLED, true);
        return done(tx, request, end == null ? null : end.delivery());
    }

    /**
     * @param request as it is in this transaction; null if the viewer has none like it
     * @param called whether somebody would call it
     */
    public Ending retry(
            Transaction tx, @Nullable RequestRecord request, Predicate<RequestRecord> called)
            throws SQLException {
        if (request == null) {
            return new Ending(Ending.What.UNKNOWN, null, List.of());
        }
        if (request.status() != Status.FAILED) {
            return new Ending(Ending.What.CONFLICT, request, List.of());
        }
        if (!called.test(request)) {
            return new Ending(Ending.What.ROUTE_GONE, request, List.of());
        }
        RequestKey key = RequestKey.of(request);
        Bounds client =
                tx.sql.first(
                        ClientSql.CLIENT_BOUNDS,
                        row -> new Bounds(row.getInt(1), row.getInt(2)),
                        request.client());
        Integer most = client == null ? null : client.maxPending();
        NewRequest.Place place =
                new NewRequest.Place(request.priority(), client == null ? 1 : client.weight());
        boolean counted = Telling.isUntold(tx, key); // among the unfinished ones
        if (most != null && tx.pending(request.client()) - (counted ? 1 : 0) >= most) {
            return new Ending(Ending.What.TOO_MANY_PENDING, request, List.of());
        }
        Job failed = Ends.job(tx, request.job());
        telling.leaves(tx, key);
        ends.endDeliveries(tx, key);
        Job other = tx.find(new JobKey(failed.keyHigh(), failed.keyLow()));
        long job = other == null ? tx.queueAnew(failed, key, place) : other.id();
        tx.sql.update(CommonSql.KEEP_TRIED, key.client(), key.id());
        Integer batch =
                tx.sql.change(
                        CommonSql.MOVE_REQUEST, row -> row.getInt(1), job, key.client(), key.id());
        boolean known = other != null && other.status() == Status.SUCCEEDED;
        tx.batches.moved(
                batch == null ? 0 : batch, Status.FAILED, known ? Status.SUCCEEDED : Status.QUEUED);
        tx.sql.update(
                CommonSql.FORGET_TRIED,
                key.client(),
                key.id(),
                key.client(),
                key.id(),
                MAX_RETRIES_KEPT);
        if (other != null && other.status() == Status.SUCCEEDED) {
            tx.sql.update(
                    RetentionSql.PRUNE_REQUEST_AT,
                    ends.keptUntil(tx, Status.SUCCEEDED),
                    key.client(),
                    key.id());
            boolean webhook = request.webhookUrl() != null;
            return done(
                    tx,
                    request,
                    webhook
                            ? deliveries.add(tx, key.client(), key.id(), Status.SUCCEEDED, true)
                            : null);
        }
        if (other != null) {
            AskWrites.join(tx, other, key.client(), place, 0);
        }
        tx.pending(key.client(), 1);
        tx.changed(failed);
        return done(tx, request, null);
    }

    private record Bounds(int maxPending, int weight) {}

    private static Ending done(Transaction tx, RequestRecord before, @Nullable Delivery delivery)
            throws SQLException {
        RequestRecord request =
                tx.sql.first(
                        CommonSql.WRITTEN_REQUEST,
                        RequestColumn::read,
                        before.client(),
                        before.id());
        return new Ending(
                Ending.What.DONE, request, delivery == null ? List.of() : List.of(delivery));
    }
}
