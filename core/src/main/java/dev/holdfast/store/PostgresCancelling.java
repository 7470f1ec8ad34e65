package dev.holdfast.store;

import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Writes {@link Store#cancel} and {@link Store#retry}. */
final class PostgresCancelling {
    private final PostgresEnds ends;
    private final PostgresDeliveryLog deliveries;
    private final PostgresNumbers jobNumbers;

    PostgresCancelling(
            PostgresEnds ends, PostgresDeliveryLog deliveries, PostgresNumbers jobNumbers) {
        this.ends = ends;
        this.deliveries = deliveries;
        this.jobNumbers = jobNumbers;
    }

    Ending cancel(PostgresTransaction tx, Viewer viewer, UUID id) throws SQLException {
        RequestRecord request = find(tx, viewer, id);
        if (request == null) {
            return new Ending(Ending.What.UNKNOWN, null, List.of());
        }
        if (request.status().isFinal()) {
            return new Ending(Ending.What.CONFLICT, request, List.of());
        }
        Delivery delivery = ends.endRequest(tx, Ends.key(request), Status.CANCELLED, true);
        return done(tx, request, delivery);
    }

    Ending retry(PostgresTransaction tx, Viewer viewer, UUID id) throws SQLException {
        RequestRecord request = find(tx, viewer, id);
        if (request == null) {
            return new Ending(Ending.What.UNKNOWN, null, List.of());
        }
        if (request.status() != Status.FAILED) {
            return new Ending(Ending.What.CONFLICT, request, List.of());
        }
        Ends.Key key = Ends.key(request);
        Job failed = PostgresEnds.job(tx, request.job());
        ends.endDeliveries(tx, key);
        JobKey call = new JobKey(failed.keyHigh(), failed.keyLow());
        Job other = PostgresAccepting.jobs(tx, List.of(call)).get(call);
        if (other == null) {
            tx.sql.update(PostgresSql.MOVE_REQUEST, anew(tx, failed, key), key.client(), key.id());
        } else {
            tx.sql.update(PostgresSql.MOVE_REQUEST, other.id(), key.client(), key.id());
        }
        if (other != null && other.status() == Status.SUCCEEDED) {
            boolean webhook = request.webhookUrl() != null;
            return done(
                    tx,
                    request,
                    webhook
                            ? deliveries.add(tx, key.client(), key.id(), Status.SUCCEEDED, true)
                            : null);
        }
        if (other != null) {
            tx.sql.update(PostgresSql.JOIN_JOB, other.turn(), other.client(), 0, other.id());
        }
        tx.sql.update(PostgresSql.ADD_PENDING, PostgresDatabase.ints(List.of(key.client())));
        tx.pending(key.client(), 1);
        tx.changed(failed.upstream(), failed.id());
        return done(tx, request, null);
    }

    private long anew(PostgresTransaction tx, Job failed, Ends.Key request) throws SQLException {
        PostgresQueue queue = tx.queue(failed.upstream());
        long id = jobNumbers.next(tx.sql);
        long turn = queue.first.next(request.client());
        PostgresNewRows fresh = new PostgresNewRows();
        fresh.job(id, turn, failed, request);
        fresh.write(tx);
        queue.first.add(request.client(), turn, tx.undo);
        return id;
    }

    /** Locks the request's upstream, and reads the request again as it is then. */
    private static @Nullable RequestRecord find(PostgresTransaction tx, Viewer viewer, UUID id)
            throws SQLException {
        RequestRecord before = PostgresReads.find(tx.sql, viewer, id);
        if (before == null) {
            return null;
        }
        tx.lock(List.of(before.upstream()));
        return tx.sql.first(PostgresSql.REQUEST, RequestRows::request, before.client(), id);
    }

    private static Ending done(
            PostgresTransaction tx, RequestRecord before, @Nullable Delivery delivery)
            throws SQLException {
        RequestRecord request =
                tx.sql.first(
                        PostgresSql.REQUEST, RequestRows::request, before.client(), before.id());
        return new Ending(
                Ending.What.DONE, request, delivery == null ? List.of() : List.of(delivery));
    }
}
