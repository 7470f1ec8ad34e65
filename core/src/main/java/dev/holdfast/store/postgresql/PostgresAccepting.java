package dev.holdfast.store.postgresql;

import static dev.holdfast.store.postgresql.connection.PostgresDatabase.ints;

import dev.holdfast.request.JobKey;
import dev.holdfast.request.Priority;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.postgresql.PostgresAsks.Asked;
import dev.holdfast.store.postgresql.PostgresAsks.Round;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.postgresql.connection.RoundTrip;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.AskedRow;
import dev.holdfast.store.sql.KeyRow;
import dev.holdfast.store.transition.AskRules;
import dev.holdfast.store.transition.AskWrites;
import dev.holdfast.store.transition.RecentHits;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@link Store#accept} for all who ask in one transaction: what is needed is read at once,
 * each is decided in turn, and what is new is written at once. On the writer's thread.
 */
final class PostgresAccepting {
    private final AskWrites writes;
    private final RecentHits hits = new RecentHits();

    PostgresAccepting(AskWrites writes) {
        this.writes = writes;
    }

    /** Decides and writes all that was asked in this transaction. */
    void run(PostgresTransaction tx) throws SQLException {
        for (Round round = tx.asks.first(); round != null; round = next(tx)) {
            run(tx, round);
        }
    }

    /** Decides and writes more, after what was gathered. */
    List<Accepted> accept(PostgresTransaction tx, List<NewRequest> asks) throws SQLException {
        List<Asked> asked = asks.stream().map(ask -> tx.asks.add(ask, () -> true)).toList();
        for (Round round = next(tx); round != null; round = next(tx)) {
            run(tx, round);
        }
        return asked.stream().map(Asked::answer).toList();
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
        Map<JobKey, Job> jobs = PostgresAsks.usable(tx.sql, round.jobs, tx.now(), tx::cached);
        // A route may have gone to another upstream while its jobs wait.
        List<Integer> elsewhere =
                jobs.values().stream()
                        .map(Job::upstream)
                        .filter(upstream -> !tx.locked.holds(upstream))
                        .distinct()
                        .toList();
        if (!elsewhere.isEmpty()) {
            tx.also(elsewhere);
        }
        needPartitions(tx, round, jobs);
        for (Queue queue : tx.locked.queues()) {
            if (tx.locked.isShared(queue)) {
                continue; // nothing of its own is written
            }
            for (Priority each : Priority.ALL) {
                QueueRows.needLanes(
                        tx.sql,
                        queue,
                        each,
                        false,
                        round.asked.stream()
                                .filter(asked -> asked.request.place().priority() == each)
                                .map(asked -> asked.request.client()));
            }
        }
        PostgresNewRows fresh = new PostgresNewRows();
        Map<Asked, Accepted.How> others = new LinkedHashMap<>();
        for (Asked asked : round.asked) {
            NewRequest ask = asked.request;
            switch (AskRules.decide(known(tx, ask, round, jobs.get(ask.key())), ask)) {
                case AskRules.Repeated(RequestRecord request) ->
                        asked.answer = AskWrites.held(tx, request, Accepted.How.REPEATED);
                case AskRules.Refused(Accepted.Why why) -> asked.answer = new Accepted.Refused(why);
                case AskRules.Cached(Job job) -> {
                    hits.count(ask);
                    add(tx, ask, job, true, fresh);
                    others.put(asked, Accepted.How.CACHED);
                }
                case AskRules.Joined(Job job) -> {
                    tx.changedUpstreams.add(tx.queue(job.upstream()).root().id);
                    AskWrites.join(tx, ask, job);
                    add(tx, ask, job, false, fresh);
                    others.put(asked, Accepted.How.COLLAPSED);
                }
                case AskRules.Fresh() -> {
                    Queue queue = tx.locked.queue(ask.upstream());
                    tx.changedUpstreams.add(queue.id);
                    Job job = AskWrites.fresh(tx, ask, queue);
                    fresh.jobs.add(job);
                    RequestRecord request = add(tx, ask, job, false, fresh).fresh(job);
                    asked.answer = AskWrites.held(tx, request, Accepted.How.NEW);
                }
            }
        }
        tx.write(fresh);
        answer(tx, others);
    }

    /** Partitions are read together, and made together. */
    private static void needPartitions(PostgresTransaction tx, Round round, Map<JobKey, Job> jobs)
            throws SQLException {
        List<LockedQueues.Place> wanted = new ArrayList<>();
        List<LockedQueues.Place> fresh = new ArrayList<>();
        for (Asked asked : round.asked) {
            NewRequest ask = asked.request;
            String key = ask.place().partition();
            if (key != null) {
                var place = new LockedQueues.Place(tx.locked.queue(ask.upstream()), key);
                wanted.add(place);
                boolean later = ask.place().startsAfter(tx.wall()) != null;
                if (!later && !jobs.containsKey(ask.key())) {
                    fresh.add(place);
                }
            }
        }
        tx.locked.needPartitions(wanted, fresh);
    }

    /** What can be read only after all is written. */
    private void answer(PostgresTransaction tx, Map<Asked, Accepted.How> others)
            throws SQLException {
        if (!others.isEmpty()) {
            tx.flush();
        }
        for (Map.Entry<Asked, Accepted.How> other : others.entrySet()) {
            NewRequest ask = other.getKey().request;
            if (other.getValue() == Accepted.How.CACHED) {
                writes.ended(tx, ask);
            }
            other.getKey().answer = AskWrites.held(tx, ask, other.getValue());
        }
    }

    private AskRules.Known known(
            PostgresTransaction tx, NewRequest ask, Round round, @Nullable Job job)
            throws SQLException {
        return new AskRules.Known(
                AskWrites.kept(tx, round.kept(ask, tx.now())),
                job,
                hits.open(ask, tx.now()),
                round.pending.getOrDefault(ask.client(), 0) + tx.pendingChange(ask.client()),
                tx.locked.queue(ask.upstream()).unfinished());
    }

    /** Adds the request's own row. */
    private static AskedRow add(
            PostgresTransaction tx, NewRequest ask, Job job, boolean done, PostgresNewRows fresh) {
        AskedRow row = tx.asked(ask, job, done);
        fresh.requests.add(row);
        tx.counted(ask, done);
        NewRequest.Idempotency sent = ask.idempotency();
        if (sent != null) {
            fresh.keys.add(KeyRow.of(ask, sent, tx.now()));
        }
        return row;
    }
}
