package dev.holdfast.store.postgresql;

import static dev.holdfast.store.postgresql.PostgresDatabase.ints;

import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.postgresql.PostgresAsks.Asked;
import dev.holdfast.store.postgresql.PostgresAsks.Kept;
import dev.holdfast.store.postgresql.PostgresAsks.Round;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.AskedRow;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.KeyRow;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.RequestColumn;
import dev.holdfast.store.transition.DeliveryWrites;
import dev.holdfast.store.transition.Ends;
import dev.holdfast.store.transition.RecentHits;

import org.jspecify.annotations.Nullable;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes {@link Store#accept} for all who ask in one transaction: what is needed is read at once,
 * each is decided in turn, and what is new is written at once. On the writer's thread.
 */
final class PostgresAccepting {
    private final DeliveryWrites deliveries;
    private final Ends ends;
    private final RecentHits hits = new RecentHits();

    PostgresAccepting(DeliveryWrites deliveries, Ends ends) {
        this.deliveries = deliveries;
        this.ends = ends;
    }

    /** Decides and writes all that was asked in this transaction. */
    void run(PostgresTransaction tx) throws SQLException {
        for (Round round = tx.asks.first(); round != null; round = next(tx)) {
            run(tx, round);
        }
    }

    /** The next round, or null; sees all that the rounds before it wrote. */
    private static @Nullable Round next(PostgresTransaction tx) throws SQLException {
        Round next = tx.asks.next();
        if (next != null) {
            tx.flush();
            RoundTrip trip = new RoundTrip();
            next.ask(trip);
            trip.run(tx.sql);
        }
        return next;
    }

    private void run(PostgresTransaction tx, Round round) throws SQLException {
        List<Integer> clients = round.clients();
        if (round.pending.size() < clients.size()) {
            tx.sql.update(PostgresSql.ADD_PENDING, ints(clients));
        }
        Map<JobKey, Job> jobs = PostgresAsks.usable(tx.sql, round.jobs, tx.now());
        // A route may have gone to another upstream while its jobs wait.
        List<Integer> elsewhere =
                jobs.values().stream()
                        .map(Job::upstream)
                        .filter(upstream -> !tx.holds(upstream))
                        .distinct()
                        .toList();
        if (!elsewhere.isEmpty()) {
            tx.also(elsewhere);
        }
        PostgresNewRows fresh = new PostgresNewRows();
        List<Asked> joined = new ArrayList<>();
        for (Asked asked : round.asked) {
            asked.answer = decide(tx, asked.request, round, jobs, fresh);
            if (asked.answer == null) {
                joined.add(asked);
            }
        }
        tx.write(fresh);
        if (!joined.isEmpty()) {
            tx.flush();
            for (Asked asked : joined) {
                asked.answer = joined(tx, asked.request, jobs);
            }
        }
    }

    /** Null if the answer can be read only after all is written. */
    private @Nullable Accepted decide(
            PostgresTransaction tx,
            NewRequest ask,
            Round round,
            Map<JobKey, Job> jobs,
            PostgresNewRows fresh)
            throws SQLException {
        Accepted repeated = repeated(tx, ask, round);
        if (repeated != null) {
            return repeated;
        }
        Queue queue = tx.queue(ask.upstream());
        Job job = jobs.get(ask.key());
        if (job != null && job.status() == Status.SUCCEEDED) {
            if (!hits.count(ask, tx.now())) {
                return new Accepted.Refused(Accepted.Why.TOO_MANY_PENDING);
            }
            add(tx, ask, job, true, fresh);
            return null;
        }
        int pending = round.pending.getOrDefault(ask.client(), 0) + tx.pendingChange(ask.client());
        if (pending >= ask.maxPending()) {
            return new Accepted.Refused(Accepted.Why.TOO_MANY_PENDING);
        }
        if (job == null && queue.unfinished() >= ask.maxQueue()) {
            return new Accepted.Refused(Accepted.Why.QUEUE_FULL);
        }
        if (job != null) {
            Queue its = tx.queue(job.upstream());
            tx.changedUpstreams.add(its.id);
            join(tx, ask, its, job);
            add(tx, ask, job, false, fresh);
            return null;
        }
        tx.changedUpstreams.add(queue.id);
        return fresh(tx, ask, queue, fresh);
    }

    private static @Nullable Accepted repeated(PostgresTransaction tx, NewRequest ask, Round round)
            throws SQLException {
        NewRequest.Idempotency sent = ask.idempotency();
        Kept kept = round.kept(ask, tx.now());
        if (sent == null || kept == null) {
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

    private static void join(PostgresTransaction tx, NewRequest ask, Queue queue, Job job)
            throws SQLException {
        Queue.Turn turn = queue.join(job, ask.client(), tx.undo);
        long ttl = Micros.of(ask.cacheTtl());
        tx.sql.update(CommonSql.JOIN_JOB, turn.turn(), turn.client(), ttl, ttl, job.id());
    }

    private static Accepted fresh(
            PostgresTransaction tx, NewRequest ask, Queue queue, PostgresNewRows fresh)
            throws SQLException {
        long turn = queue.first.next(ask.client());
        long ttl = Micros.of(ask.cacheTtl());
        Job job = Job.asked(ask, tx.nextJob(), queue.id, turn, tx.now(), ttl);
        queue.first.add(ask.client(), turn, tx.undo);
        fresh.jobs.add(job);
        AskedRow row = add(tx, ask, job, false, fresh);
        return new Accepted.Held(row.fresh(turn), Accepted.How.NEW, queue.first.upTo(turn));
    }

    /** Adds the request's own row. */
    private static AskedRow add(
            PostgresTransaction tx, NewRequest ask, Job job, boolean done, PostgresNewRows fresh) {
        AskedRow row = tx.asked(ask, job, done);
        fresh.requests.add(row);
        if (!done) {
            tx.pending(ask.client(), 1);
        }
        NewRequest.Idempotency sent = ask.idempotency();
        if (sent != null) {
            fresh.keys.add(KeyRow.of(ask, sent, tx.now()));
        }
        return row;
    }

    private Accepted joined(PostgresTransaction tx, NewRequest ask, Map<JobKey, Job> jobs)
            throws SQLException {
        RequestRecord request =
                tx.sql.first(
                        CommonSql.WRITTEN_REQUEST, RequestColumn::read, ask.client(), ask.id());
        Job job = jobs.get(ask.key());
        if (request == null || job == null) {
            throw new SQLException("request " + ask.id() + " is missing", "XX000");
        }
        boolean cached = job.status() == Status.SUCCEEDED;
        if (cached) {
            tx.sql.update(CommonSql.PRUNE_REQUEST_AT, ends.keptUntil(tx), ask.client(), ask.id());
        }
        if (cached && ask.webhook() != null) {
            deliveries.add(tx, ask.client(), ask.id(), Status.SUCCEEDED, false);
        }
        return held(tx, request, cached ? Accepted.How.CACHED : Accepted.How.COLLAPSED);
    }

    private static Accepted held(PostgresTransaction tx, RequestRecord request, Accepted.How how) {
        long position =
                request.status() == Status.QUEUED
                        ? tx.queue(request.upstream()).first.upTo(request.turn())
                        : 0;
        return new Accepted.Held(request, how, position);
    }
}
