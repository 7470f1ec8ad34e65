package dev.holdfast.store;

import static dev.holdfast.store.PostgresDatabase.ints;
import static dev.holdfast.store.PostgresDatabase.longs;
import static dev.holdfast.store.PostgresDatabase.texts;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Verdict;
import dev.holdfast.request.Status;
import dev.holdfast.store.FairTurns.Candidate;
import dev.holdfast.store.FairTurns.Choice;
import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes {@link Store#claim}: the ledger is read under the upstream's lock, by its clock. */
final class PostgresClaiming {
    /** Jobs claimed at once; a dispatcher that can make more calls asks again. */
    static final int MAX_CLAIM = 256;

    /** Due retries that are looked at, the longest due ones; their turns decide among them. */
    private static final int RETRIES_LOOKED_AT = 256;

    /** A wait shorter than this, in microseconds, is no wait but the time a claim takes. */
    private static final long NO_WAIT = 50_000;

    private final PostgresExpiring expiring;
    private final PostgresNumbers numbers;

    PostgresClaiming(PostgresExpiring expiring, PostgresNumbers numbers) {
        this.expiring = expiring;
        this.numbers = numbers;
    }

    private record Waited(long micros, String forWhat) {}

    Claim claim(PostgresTransaction tx, ClaimAsk ask) throws SQLException {
        PostgresQueue queue = tx.queue(ask.upstream());
        List<RequestRecord> expired = expiring.expireLocked(tx, List.of(queue), false).requests();
        Occupancy slots = ledger(tx.sql, queue.id, ask.quota(), tx.now());
        int free = free(queue, ask, slots, tx.now());
        List<ClaimedJob> jobs = free > 0 ? take(tx, queue, free) : List.of();
        Occupancy after = new Occupancy(slots.inFlight() + jobs.size(), slots.settled());
        Instant next = jobs.size() == ask.max() ? null : nextAt(tx, queue, ask, after);
        return new Claim(jobs, next, state(queue, after, tx.now()), expired);
    }

    /** The slots of an upstream. */
    static Occupancy ledger(Session sql, int upstream, Quota quota, long now) throws SQLException {
        int inFlight = (int) sql.number(PostgresSql.IN_FLIGHT, upstream);
        if (quota.windows().isEmpty()) {
            return new Occupancy(inFlight, List.of());
        }
        List<Instant> settled =
                sql.list(
                        PostgresSql.SETTLED,
                        row -> Micros.instant(row.getLong(1)),
                        upstream,
                        now - Micros.of(quota.memory()),
                        quota.largestLimit());
        return new Occupancy(inFlight, settled);
    }

    /** An upstream with these slots. */
    static UpstreamState state(PostgresQueue queue, Occupancy slots, long now) {
        long closed = queue.closedUntil();
        return new UpstreamState(
                slots,
                queue.first.jobs(),
                queue.retries.jobs(),
                closed > now ? Micros.instant(closed) : null,
                queue.paused());
    }

    private static int free(PostgresQueue queue, ClaimAsk ask, Occupancy slots, long now) {
        if (queue.waiting() == 0 || queue.paused() || queue.closedUntil() > now) {
            return 0;
        }
        return switch (ask.quota().verdict(slots, Micros.instant(now))) {
            case Verdict.Granted(int free) -> Math.min(free, Math.min(ask.max(), MAX_CLAIM));
            case Verdict.NotBefore(Instant _), Verdict.AfterSettling() -> 0;
        };
    }

    private List<ClaimedJob> take(PostgresTransaction tx, PostgresQueue queue, int free)
            throws SQLException {
        List<Job> first =
                queue.first.jobs() == 0
                        ? List.of()
                        : tx.sql.list(PostgresSql.FIRST_TRIES, RequestRows::job, queue.id, free);
        List<Job> retries =
                queue.retries.jobs() == 0
                        ? List.of()
                        : tx.sql.list(
                                PostgresSql.DUE_RETRIES,
                                RequestRows::job,
                                queue.id,
                                tx.now(),
                                RETRIES_LOOKED_AT);
        Choice choice =
                FairTurns.choose(
                        free,
                        queue.credit(),
                        first.stream().map(job -> new Candidate(job.id(), job.created())).toList(),
                        retries.stream()
                                .sorted(Comparator.comparingLong(Job::turn))
                                .map(job -> new Candidate(job.id(), due(job)))
                                .toList());
        if (choice.jobs().isEmpty()) {
            return List.of();
        }
        Map<Long, Job> jobs = new HashMap<>();
        first.forEach(job -> jobs.put(job.id(), job));
        retries.forEach(job -> jobs.put(job.id(), job));
        queue.served(choice.credit());
        return run(
                tx,
                queue,
                choice.jobs().stream().map(id -> Objects.requireNonNull(jobs.get(id))).toList());
    }

    private List<ClaimedJob> run(PostgresTransaction tx, PostgresQueue queue, List<Job> jobs)
            throws SQLException {
        List<Long> ids = jobs.stream().map(Job::id).toList();
        if (tx.sql.update(PostgresSql.RUN_JOBS, longs(ids)) != ids.size()) {
            throw new SQLException("a job left its queue without the upstream's lock", "XX000");
        }
        Map<Long, Long> lastSettled = lastSettled(tx, jobs);
        List<Long> attempts = new ArrayList<>();
        List<Integer> tries = new ArrayList<>();
        List<Long> waits = new ArrayList<>();
        List<@Nullable String> reasons = new ArrayList<>();
        List<ClaimedJob> claimed = new ArrayList<>();
        for (Job job : jobs) {
            long attempt = numbers.next(tx.sql);
            Waited waited = waited(job, lastSettled.getOrDefault(job.id(), 0L), tx.now());
            attempts.add(attempt);
            tries.add(job.attempts() + 1);
            waits.add(waited.micros());
            reasons.add(waited.forWhat());
            Lanes lanes = job.status() == Status.QUEUED ? queue.first : queue.retries;
            lanes.serve(job.client(), job.turn(), tx.undo);
            queue.running(1);
            tx.claimed.add(attempt);
            tx.changed(queue.id, job.id());
            claimed.add(claimed(queue.name, job, attempt, job.attempts() + 1, tx.now()));
        }
        tx.sql.update(
                PostgresSql.ADD_ATTEMPTS,
                queue.id,
                tx.owner,
                tx.now(),
                tx.wall(),
                longs(attempts),
                longs(ids),
                ints(tries),
                longs(waits),
                texts(reasons));
        return claimed;
    }

    /** A job as its caller gets it. */
    static ClaimedJob claimed(String upstream, Job job, long attempt, int number, long now) {
        return new ClaimedJob(
                job.id(),
                attempt,
                number,
                job.charged(),
                Micros.duration(Math.max(0, now - job.created())),
                job.repeatable(),
                upstream,
                job.route(),
                job.params(),
                job.request());
    }

    private static Map<Long, Long> lastSettled(PostgresTransaction tx, List<Job> jobs)
            throws SQLException {
        List<Long> again = jobs.stream().filter(job -> job.due() != null).map(Job::id).toList();
        Map<Long, Long> last = new HashMap<>();
        if (!again.isEmpty()) {
            tx.sql.list(
                    PostgresSql.LAST_SETTLED,
                    row -> last.put(row.getLong(1), row.getLong(2)),
                    longs(again));
        }
        return last;
    }

    private static Waited waited(Job job, long since, long now) {
        Long due = job.due();
        if (due == null) {
            long waited = Math.max(0, now - job.created());
            return new Waited(waited, waited < NO_WAIT ? "nothing" : "slot");
        }
        boolean longerForSlot = now - due > Math.max(NO_WAIT, due - since);
        return new Waited(Math.max(0, now - since), longerForSlot ? "slot" : "backoff");
    }

    private static long due(Job job) {
        Long due = job.due();
        return due == null ? 0 : due;
    }

    private static @Nullable Instant nextAt(
            PostgresTransaction tx, PostgresQueue queue, ClaimAsk ask, Occupancy slots)
            throws SQLException {
        if (queue.paused() || queue.waiting() == 0) {
            return null;
        }
        long next = Math.max(tx.now(), queue.closedUntil());
        if (queue.first.jobs() == 0) {
            next = Math.max(next, tx.sql.number(PostgresSql.NEXT_RETRY, queue.id));
        }
        return switch (ask.quota().verdict(slots, Micros.instant(tx.now()))) {
            case Verdict.Granted(int _) -> Micros.instant(next);
            case Verdict.NotBefore(Instant at) -> {
                Instant work = Micros.instant(next);
                yield at.isAfter(work) ? at : work;
            }
            case Verdict.AfterSettling() -> null;
        };
    }
}
