package dev.holdfast.store.sqlite;

import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.AskedRow;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.KeyRow;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.RequestColumn;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.DeliveryWrites;
import dev.holdfast.store.transition.Ends;
import dev.holdfast.store.transition.RecentHits;

import org.jspecify.annotations.Nullable;

import java.sql.SQLException;
import java.util.UUID;

/** Writes {@link Store#accept}. */
final class SqliteAccepting {
    private final DeliveryWrites deliveries;
    private final Ends ends;
    private final RecentHits hits = new RecentHits();

    SqliteAccepting(DeliveryWrites deliveries, Ends ends) {
        this.deliveries = deliveries;
        this.ends = ends;
    }

    Accepted accept(SqliteTransaction tx, NewRequest ask) throws SQLException {
        Accepted repeated = repeated(tx, ask);
        if (repeated != null) {
            return repeated;
        }
        Queue queue = tx.queue(ask.upstream());
        Job job = tx.find(ask.key());
        if (job != null && job.status() == Status.SUCCEEDED) {
            return hits.count(ask, tx.now())
                    ? cached(tx, ask, job)
                    : new Accepted.Refused(Accepted.Why.TOO_MANY_PENDING);
        }
        if (tx.backlog.pending(ask.client()) >= ask.maxPending()) {
            return new Accepted.Refused(Accepted.Why.TOO_MANY_PENDING);
        }
        if (job != null) {
            return collapsed(tx, ask, job);
        }
        if (queue.unfinished() >= ask.maxQueue()) {
            return new Accepted.Refused(Accepted.Why.QUEUE_FULL);
        }
        return fresh(tx, ask, queue);
    }

    private static @Nullable Accepted repeated(SqliteTransaction tx, NewRequest ask)
            throws SQLException {
        NewRequest.Idempotency sent = ask.idempotency();
        if (sent == null) {
            return null;
        }
        record Kept(UUID request, JobKey fingerprint) {}
        Kept kept =
                tx.sql.first(
                        SqliteSql.IDEMPOTENCY,
                        row ->
                                new Kept(
                                        Session.uuid(row, 1),
                                        new JobKey(row.getLong(2), row.getLong(3))),
                        ask.client(),
                        sent.key(),
                        tx.now());
        if (kept == null) {
            return null;
        }
        if (!kept.fingerprint().equals(sent.fingerprint())) {
            return new Accepted.Refused(Accepted.Why.KEY_REUSED);
        }
        RequestRecord request =
                tx.sql.first(
                        CommonSql.WRITTEN_REQUEST,
                        RequestColumn::read,
                        ask.client(),
                        kept.request());
        return request == null ? null : held(tx, request, Accepted.How.REPEATED);
    }

    private Accepted cached(SqliteTransaction tx, NewRequest ask, Job job) throws SQLException {
        addRequest(tx, ask, job, true);
        tx.sql.update(CommonSql.PRUNE_REQUEST_AT, ends.keptUntil(tx), ask.client(), ask.id());
        if (ask.webhook() != null) {
            deliveries.add(tx, ask.client(), ask.id(), Status.SUCCEEDED, false);
        }
        return held(tx, stored(tx, ask), Accepted.How.CACHED);
    }

    private static Accepted collapsed(SqliteTransaction tx, NewRequest ask, Job job)
            throws SQLException {
        Queue.Turn turn = tx.queue(job.upstream()).join(job, ask.client(), tx.undo);
        long ttl = Micros.of(ask.cacheTtl());
        tx.sql.update(CommonSql.JOIN_JOB, turn.turn(), turn.client(), ttl, ttl, job.id());
        addRequest(tx, ask, job, false);
        return held(tx, stored(tx, ask), Accepted.How.COLLAPSED);
    }

    private static Accepted fresh(SqliteTransaction tx, NewRequest ask, Queue queue)
            throws SQLException {
        long turn = queue.first.next(ask.client());
        long ttl = Micros.of(ask.cacheTtl());
        Job job = Job.asked(ask, tx.nextJob(), queue.id, turn, tx.now(), ttl);
        queue.first.add(ask.client(), turn, tx.undo);
        tx.add(job);
        AskedRow row = addRequest(tx, ask, job, false);
        return new Accepted.Held(row.fresh(turn), Accepted.How.NEW, queue.first.upTo(turn));
    }

    /** Adds the request's own row. */
    private static AskedRow addRequest(SqliteTransaction tx, NewRequest ask, Job job, boolean done)
            throws SQLException {
        AskedRow row = tx.asked(ask, job, done);
        tx.sql.update(SqliteSql.ADD_REQUEST, SqliteSql.REQUEST_ROW.values(row));
        if (!done) {
            tx.backlog.pending(ask.client(), 1, tx.undo);
        }
        NewRequest.Idempotency sent = ask.idempotency();
        if (sent != null) {
            tx.sql.update(
                    SqliteSql.ADD_IDEMPOTENCY,
                    KeyRow.INSERT.values(KeyRow.of(ask, sent, tx.now())));
        }
        return row;
    }

    private static RequestRecord stored(SqliteTransaction tx, NewRequest ask) throws SQLException {
        RequestRecord request =
                tx.sql.first(
                        CommonSql.WRITTEN_REQUEST, RequestColumn::read, ask.client(), ask.id());
        if (request == null) {
            throw new SQLException("request " + ask.id() + " is missing");
        }
        return request;
    }

    private static Accepted held(SqliteTransaction tx, RequestRecord request, Accepted.How how)
            throws SQLException {
        long position =
                request.status() == Status.QUEUED
                        ? tx.queue(request.upstream()).first.upTo(request.turn())
                        : 0;
        return new Accepted.Held(request, how, position);
    }
}
