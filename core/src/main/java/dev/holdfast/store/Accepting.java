package dev.holdfast.store;

import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Writes {@link Store#accept}. */
final class Accepting {
    private final DeliveryLog deliveries;

    Accepting(DeliveryLog deliveries) {
        this.deliveries = deliveries;
    }

    Accepted accept(Transaction tx, NewRequest ask) throws SQLException {
        Accepted repeated = repeated(tx, ask);
        if (repeated != null) {
            return repeated;
        }
        Backlog.Queue queue = Ends.queue(tx, ask.upstream());
        Job job = find(tx, ask.key());
        if (job != null && job.status() == Status.SUCCEEDED) {
            return cached(tx, ask, job);
        }
        if (tx.backlog.pending(ask.client()) >= ask.maxPending()) {
            return new Accepted.Refused(Accepted.Why.TOO_MANY_PENDING);
        }
        if (job != null) {
            return collapsed(tx, ask, queue, job);
        }
        if (queue.unfinished() >= ask.maxQueue()) {
            return new Accepted.Refused(Accepted.Why.QUEUE_FULL);
        }
        return fresh(tx, ask, queue);
    }

    /** A job that is under way, or whose result serves as cache. */
    static @Nullable Job find(Transaction tx, JobKey key) throws SQLException {
        long now = tx.now();
        long id =
                tx.backlog
                        .jobs()
                        .find(key.high(), candidate -> answers(Ends.job(tx, candidate), key, now));
        return id == 0 ? null : Ends.job(tx, id);
    }

    private static boolean answers(Job job, JobKey key, long now) {
        Long cachedUntil = job.cachedUntil();
        return job.keyLow() == key.low()
                && (!job.status().isFinal() || (cachedUntil != null && cachedUntil > now));
    }

    private static @Nullable Accepted repeated(Transaction tx, NewRequest ask) throws SQLException {
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
                tx.sql.first(SqliteSql.REQUEST, RequestRows::request, ask.client(), kept.request());
        return request == null ? null : held(tx, request, Accepted.How.REPEATED);
    }

    private Accepted cached(Transaction tx, NewRequest ask, Job job) throws SQLException {
        addRequest(tx, ask, job.id(), true);
        if (ask.webhook() != null) {
            deliveries.add(tx, ask.client(), ask.id(), Status.SUCCEEDED, false);
        }
        return held(tx, stored(tx, ask), Accepted.How.CACHED);
    }

    private static Accepted collapsed(Transaction tx, NewRequest ask, Backlog.Queue queue, Job job)
            throws SQLException {
        long turn = job.turn();
        int client = job.client();
        long mine = queue.first.next(ask.client());
        if (job.status() == Status.QUEUED && mine < turn) {
            queue.first.remove(client, turn, tx.undo);
            queue.first.add(ask.client(), mine, tx.undo);
            turn = mine;
            client = ask.client();
        }
        tx.sql.update(SqliteSql.JOIN_JOB, turn, client, Micros.of(ask.cacheTtl()), job.id());
        addRequest(tx, ask, job.id(), false);
        return held(tx, stored(tx, ask), Accepted.How.COLLAPSED);
    }

    private static Accepted fresh(Transaction tx, NewRequest ask, Backlog.Queue queue)
            throws SQLException {
        long id = tx.backlog.nextJob();
        long turn = queue.first.next(ask.client());
        tx.sql.update(
                SqliteSql.ADD_JOB,
                id,
                queue.id,
                ask.route(),
                ask.client(),
                ask.id(),
                ask.key().high(),
                ask.key().low(),
                ask.params(),
                turn,
                ask.repeatable() ? 1 : 0,
                tx.now(),
                Micros.of(ask.cacheTtl()));
        queue.first.add(ask.client(), turn, tx.undo);
        tx.backlog.addJob(ask.key().high(), id, tx.undo);
        Long expires = addRequest(tx, ask, id, false);
        RequestRecord request = asStored(ask, id, turn, expires);
        return new Accepted.Held(request, Accepted.How.NEW, queue.first.upTo(turn));
    }

    /** What a row just written reads like; spares the accept path a read. */
    private static RequestRecord asStored(
            NewRequest ask, long job, long turn, @Nullable Long expiresMillis) {
        NewRequest.WebhookTarget webhook = ask.webhook();
        return new RequestRecord(
                ask.id(),
                ask.client(),
                job,
                ask.upstream(),
                ask.route(),
                ask.params(),
                Status.QUEUED,
                0,
                null,
                UuidBytes.time(ask.id()),
                null,
                expiresMillis == null ? null : Instant.ofEpochMilli(expiresMillis),
                ask.clientRequestId(),
                webhook == null ? null : webhook.url(),
                null,
                null,
                turn,
                null,
                null);
    }

    /** Adds the request's own row; answers when it expires, in wall milliseconds. */
    private static @Nullable Long addRequest(Transaction tx, NewRequest ask, long job, boolean done)
            throws SQLException {
        NewRequest.WebhookTarget webhook = ask.webhook();
        Duration expiresIn = ask.expiresIn();
        Long expires = expiresIn == null ? null : Long.valueOf(Micros.of(expiresIn));
        Long expiresMillis = expires == null ? null : Long.valueOf(tx.wallAfter(expires));
        tx.sql.update(
                SqliteSql.ADD_REQUEST,
                ask.client(),
                ask.id(),
                job,
                webhook == null ? null : webhook.url(),
                webhook == null ? null : webhook.headers(),
                ask.clientRequestId(),
                expires == null || done ? null : Long.valueOf(tx.now() + expires),
                expiresMillis);
        if (!done) {
            tx.backlog.pending(ask.client(), 1, tx.undo);
        }
        NewRequest.Idempotency idempotency = ask.idempotency();
        if (idempotency != null) {
            tx.sql.update(
                    SqliteSql.ADD_IDEMPOTENCY,
                    ask.client(),
                    idempotency.key(),
                    ask.id(),
                    idempotency.fingerprint().high(),
                    idempotency.fingerprint().low(),
                    tx.now() + Micros.of(StoreOptions.IDEMPOTENCY));
        }
        return expiresMillis;
    }

    private static RequestRecord stored(Transaction tx, NewRequest ask) throws SQLException {
        RequestRecord request =
                tx.sql.first(SqliteSql.REQUEST, RequestRows::request, ask.client(), ask.id());
        if (request == null) {
            throw new SQLException("request " + ask.id() + " is missing");
        }
        return request;
    }

    private static Accepted held(Transaction tx, RequestRecord request, Accepted.How how)
            throws SQLException {
        long position =
                request.status() == Status.QUEUED
                        ? Ends.queue(tx, request.upstream()).first.upTo(request.turn())
                        : 0;
        return new Accepted.Held(request, how, position);
    }
}
