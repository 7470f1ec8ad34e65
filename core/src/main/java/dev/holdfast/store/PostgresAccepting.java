package dev.holdfast.store;

import static dev.holdfast.store.PostgresDatabase.ints;
import static dev.holdfast.store.PostgresDatabase.longs;
import static dev.holdfast.store.PostgresDatabase.texts;

import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@link Store#accept} for all who ask in one transaction: what is needed is read at once,
 * each is decided in turn, and what is new is written at once. On the writer's thread.
 */
final class PostgresAccepting {
    private final DeliveryLog deliveries;
    private final PostgresNumbers jobNumbers;

    PostgresAccepting(DeliveryLog deliveries, PostgresNumbers jobNumbers) {
        this.deliveries = deliveries;
        this.jobNumbers = jobNumbers;
    }

    /** One who asks; told when the transaction is committed. */
    static final class Asked {
        final NewRequest request;
        private @Nullable Accepted answer;

        Asked(NewRequest request) {
            this.request = request;
        }

        Accepted answer() {
            if (answer == null) {
                throw new IllegalStateException("the ask was not decided");
            }
            return answer;
        }
    }

    private record IdempotencyKey(int client, String key) {}

    private record Kept(UUID request, JobKey fingerprint) {}

    /** What the asks of one round need to know. */
    private record Known(
            Map<JobKey, Job> jobs, Map<Integer, Integer> pending, Map<IdempotencyKey, Kept> keys) {}

    /** Decides and writes all that was asked in this transaction. */
    void run(PostgresTransaction tx) throws SQLException {
        List<Asked> left = tx.asked;
        while (!left.isEmpty()) {
            List<Asked> round = new ArrayList<>();
            List<Asked> later = new ArrayList<>();
            Set<Object> taken = new HashSet<>();
            for (Asked asked : left) {
                // Whoever asks the same in the same moment finds what the first one wrote.
                (isFirst(asked.request, taken) ? round : later).add(asked);
            }
            round(tx, round);
            left = later;
        }
    }

    private static boolean isFirst(NewRequest ask, Set<Object> taken) {
        boolean first = taken.add(ask.key());
        NewRequest.Idempotency idempotency = ask.idempotency();
        return (idempotency == null
                        || taken.add(new IdempotencyKey(ask.client(), idempotency.key())))
                && first;
    }

    private void round(PostgresTransaction tx, List<Asked> round) throws SQLException {
        Known known = read(tx, round);
        PostgresNewRows fresh = new PostgresNewRows();
        for (Asked asked : round) {
            asked.answer = decide(tx, asked.request, known, fresh);
        }
        fresh.write(tx);
        for (Asked asked : round) {
            if (asked.answer == null) {
                asked.answer = joined(tx, asked.request, known);
            }
        }
    }

    /** What the round's asks need to know, at once. */
    private static Known read(PostgresTransaction tx, List<Asked> round) throws SQLException {
        RoundTrip trip = new RoundTrip();
        List<Job> jobs = new ArrayList<>();
        askJobs(trip, round.stream().map(asked -> asked.request.key()).toList(), jobs);
        List<Integer> clients =
                round.stream().map(asked -> asked.request.client()).distinct().sorted().toList();
        Map<Integer, Integer> pending = new HashMap<>();
        trip.query(
                PostgresSql.PENDING,
                row -> pending.put(row.getInt(1), row.getInt(2)),
                ints(clients));
        Map<IdempotencyKey, Kept> keys = new HashMap<>();
        askKeys(trip, round, tx.now(), keys);
        tx.sql.run(trip);
        if (pending.size() < clients.size()) {
            tx.sql.update(PostgresSql.ADD_PENDING, ints(clients));
        }
        return new Known(usable(tx, jobs), pending, keys);
    }

    /** Null if the answer can be read only after all is written. */
    private @Nullable Accepted decide(
            PostgresTransaction tx, NewRequest ask, Known known, PostgresNewRows fresh)
            throws SQLException {
        Accepted repeated = repeated(tx, ask, known);
        if (repeated != null) {
            return repeated;
        }
        Queue queue = tx.queue(ask.upstream());
        Job job = known.jobs().get(ask.key());
        if (job != null && job.status() == Status.SUCCEEDED) {
            add(tx, ask, queue, job.id(), true, fresh);
            if (ask.webhook() != null) {
                fresh.then(
                        () -> deliveries.add(tx, ask.client(), ask.id(), Status.SUCCEEDED, false));
            }
            return null;
        }
        int pending =
                known.pending().getOrDefault(ask.client(), 0) + tx.pendingChange(ask.client());
        if (pending >= ask.maxPending()) {
            return new Accepted.Refused(Accepted.Why.TOO_MANY_PENDING);
        }
        if (job == null && queue.unfinished() >= ask.maxQueue()) {
            return new Accepted.Refused(Accepted.Why.QUEUE_FULL);
        }
        tx.changedUpstreams.add(queue.id);
        if (job != null) {
            join(tx, ask, queue, job);
            add(tx, ask, queue, job.id(), false, fresh);
            return null;
        }
        return fresh(tx, ask, queue, fresh);
    }

    /** Jobs that are under way, or whose results serve as cache, by their keys. */
    static Map<JobKey, Job> jobs(PostgresTransaction tx, List<JobKey> keys) throws SQLException {
        RoundTrip trip = new RoundTrip();
        List<Job> rows = new ArrayList<>();
        askJobs(trip, keys, rows);
        tx.sql.run(trip);
        return usable(tx, rows);
    }

    private static void askJobs(RoundTrip trip, List<JobKey> keys, List<Job> found) {
        trip.query(
                PostgresSql.FIND_JOBS,
                row -> found.add(RequestRows.job(row)),
                longs(keys.stream().map(JobKey::high).toList()),
                longs(keys.stream().map(JobKey::low).toList()));
    }

    private static Map<JobKey, Job> usable(PostgresTransaction tx, List<Job> rows)
            throws SQLException {
        Map<JobKey, Job> found = new HashMap<>();
        for (Job job : rows) {
            Long cachedUntil = job.cachedUntil();
            if (!job.status().isFinal() || (cachedUntil != null && cachedUntil > tx.now())) {
                found.put(new JobKey(job.keyHigh(), job.keyLow()), job);
            } else {
                // Its time is over: it makes room for a new one.
                tx.sql.update(PostgresSql.END_CACHE, job.id());
            }
        }
        return found;
    }

    private static void askKeys(
            RoundTrip trip, List<Asked> round, long now, Map<IdempotencyKey, Kept> found) {
        List<Integer> clients = new ArrayList<>();
        List<@Nullable String> keys = new ArrayList<>();
        for (Asked asked : round) {
            NewRequest.Idempotency sent = asked.request.idempotency();
            if (sent != null) {
                clients.add(asked.request.client());
                keys.add(sent.key());
            }
        }
        if (!keys.isEmpty()) {
            trip.query(
                    PostgresSql.IDEMPOTENCY,
                    row ->
                            found.put(
                                    new IdempotencyKey(row.getInt(1), row.getString(2)),
                                    new Kept(
                                            Session.uuid(row, 3),
                                            new JobKey(row.getLong(4), row.getLong(5)))),
                    ints(clients),
                    texts(keys),
                    now);
        }
    }

    private static @Nullable Accepted repeated(PostgresTransaction tx, NewRequest ask, Known known)
            throws SQLException {
        NewRequest.Idempotency sent = ask.idempotency();
        Kept kept =
                sent == null
                        ? null
                        : known.keys().get(new IdempotencyKey(ask.client(), sent.key()));
        if (sent == null || kept == null) {
            return null;
        }
        if (!kept.fingerprint().equals(sent.fingerprint())) {
            return new Accepted.Refused(Accepted.Why.KEY_REUSED);
        }
        RequestRecord request =
                tx.sql.first(CommonSql.REQUEST, RequestRows::request, ask.client(), kept.request());
        return request == null ? null : held(tx, request, Accepted.How.REPEATED);
    }

    private static void join(PostgresTransaction tx, NewRequest ask, Queue queue, Job job)
            throws SQLException {
        Queue.Turn turn = queue.join(job, ask.client(), tx.undo);
        long ttl = Micros.of(ask.cacheTtl());
        tx.sql.update(CommonSql.JOIN_JOB, turn.turn(), turn.client(), ttl, ttl, job.id());
    }

    private Accepted fresh(
            PostgresTransaction tx, NewRequest ask, Queue queue, PostgresNewRows fresh)
            throws SQLException {
        long id = jobNumbers.next(tx.sql);
        long turn = queue.first.next(ask.client());
        queue.first.add(ask.client(), turn, tx.undo);
        fresh.job(id, queue.id, turn, ask);
        Long expires = add(tx, ask, queue, id, false, fresh);
        return new Accepted.Held(
                RequestRows.fresh(ask, id, turn, expires),
                Accepted.How.NEW,
                queue.first.upTo(turn));
    }

    /** Adds the request's own row; answers when it expires, in wall milliseconds. */
    private static @Nullable Long add(
            PostgresTransaction tx,
            NewRequest ask,
            Queue queue,
            long job,
            boolean done,
            PostgresNewRows fresh) {
        Duration expiresIn = ask.expiresIn();
        Long expires = expiresIn == null ? null : Long.valueOf(Micros.of(expiresIn));
        Long expiresMillis = expires == null ? null : Long.valueOf(tx.wallAfter(expires));
        fresh.request(
                ask,
                job,
                queue.id,
                expires == null || done ? null : Long.valueOf(tx.now() + expires),
                expiresMillis);
        if (!done) {
            tx.pending(ask.client(), 1);
        }
        NewRequest.Idempotency idempotency = ask.idempotency();
        if (idempotency != null) {
            fresh.then(
                    () ->
                            tx.sql.update(
                                    PostgresSql.ADD_IDEMPOTENCY,
                                    ask.client(),
                                    idempotency.key(),
                                    ask.id(),
                                    idempotency.fingerprint().high(),
                                    idempotency.fingerprint().low(),
                                    tx.now() + Micros.of(StoreOptions.IDEMPOTENCY)));
        }
        return expiresMillis;
    }

    private static Accepted joined(PostgresTransaction tx, NewRequest ask, Known known)
            throws SQLException {
        RequestRecord request =
                tx.sql.first(CommonSql.REQUEST, RequestRows::request, ask.client(), ask.id());
        Job job = known.jobs().get(ask.key());
        if (request == null || job == null) {
            throw new SQLException("request " + ask.id() + " is missing", "XX000");
        }
        boolean cached = job.status() == Status.SUCCEEDED;
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
