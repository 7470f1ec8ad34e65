package dev.holdfast.store;

import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Writes {@link Store#cancel} and {@link Store#retry}. */
final class Cancelling {
    private final Ends ends;
    private final DeliveryLog deliveries;

    Cancelling(Ends ends, DeliveryLog deliveries) {
        this.ends = ends;
        this.deliveries = deliveries;
    }

    Ending cancel(Transaction tx, Viewer viewer, UUID id) throws SQLException {
        RequestRecord request = SqliteReads.find(tx.sql, viewer, id);
        if (request == null) {
            return new Ending(Ending.What.UNKNOWN, null, List.of());
        }
        if (request.status().isFinal()) {
            return new Ending(Ending.What.CONFLICT, request, List.of());
        }
        Delivery delivery = ends.endRequest(tx, Ends.key(request), Status.CANCELLED, true);
        return done(tx, request, delivery);
    }

    Ending retry(Transaction tx, Viewer viewer, UUID id) throws SQLException {
        RequestRecord request = SqliteReads.find(tx.sql, viewer, id);
        if (request == null) {
            return new Ending(Ending.What.UNKNOWN, null, List.of());
        }
        if (request.status() != Status.FAILED) {
            return new Ending(Ending.What.CONFLICT, request, List.of());
        }
        Ends.Key key = Ends.key(request);
        Job failed = Ends.job(tx, request.job());
        ends.endDeliveries(tx, key);
        Job other = Accepting.find(tx, new JobKey(failed.keyHigh(), failed.keyLow()));
        if (other == null) {
            tx.sql.update(SqliteSql.MOVE_REQUEST, anew(tx, failed, key), key.client(), key.id());
        } else {
            tx.sql.update(SqliteSql.MOVE_REQUEST, other.id(), key.client(), key.id());
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
            tx.sql.update(SqliteSql.JOIN_JOB, other.turn(), other.client(), 0, other.id());
        }
        tx.backlog.pending(key.client(), 1, tx.undo);
        return done(tx, request, null);
    }

    private static long anew(Transaction tx, Job failed, Ends.Key request) throws SQLException {
        Backlog.Queue queue = tx.backlog.queue(failed.upstream());
        long id = tx.backlog.nextJob();
        long turn = queue.first.next(request.client());
        tx.sql.update(
                SqliteSql.ADD_JOB,
                id,
                queue.id,
                failed.route(),
                request.client(),
                request.id(),
                failed.keyHigh(),
                failed.keyLow(),
                failed.params(),
                turn,
                failed.repeatable() ? 1 : 0,
                tx.now(),
                failed.cacheTtl());
        queue.first.add(request.client(), turn, tx.undo);
        tx.backlog.addJob(failed.keyHigh(), id, tx.undo);
        return id;
    }

    private static Ending done(Transaction tx, RequestRecord before, @Nullable Delivery delivery)
            throws SQLException {
        RequestRecord request =
                tx.sql.first(SqliteSql.REQUEST, RequestRows::request, before.client(), before.id());
        return new Ending(
                Ending.What.DONE, request, delivery == null ? List.of() : List.of(delivery));
    }
}
