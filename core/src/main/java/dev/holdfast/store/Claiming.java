package dev.holdfast.store;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Verdict;
import dev.holdfast.request.Status;
import dev.holdfast.store.FairTurns.Candidate;
import dev.holdfast.store.FairTurns.Choice;
import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes {@link Store#claim}. */
final class Claiming {
    /** Jobs claimed at once; a dispatcher that can make more calls asks again. */
    static final int MAX_CLAIM = 256;

    /** Due retries that are looked at, the longest due ones; their turns decide among them. */
    private static final int RETRIES_LOOKED_AT = 256;

    /** A wait shorter than this, in microseconds, is no wait but the time a claim takes. */
    private static final long NO_WAIT = 50_000;

    private final Expiring expiring;

    Claiming(Expiring expiring) {
        this.expiring = expiring;
    }

    private record DueRetry(long job, long due, long turn) {}

    private record Waited(long micros, String forWhat) {}

    Claim claim(Transaction tx, ClaimAsk ask) throws SQLException {
        List<RequestRecord> expired = expiring.expireNow(tx, false).requests();
        Backlog.Queue queue = Ends.queue(tx, ask.upstream());
        long now = tx.now();
        Occupancy slots = Ledger.read(tx.sql, queue.id, ask.quota(), now);
        int free = free(queue, ask, slots, now);
        List<ClaimedJob> jobs = free > 0 ? take(tx, queue, free, now) : List.of();
        Occupancy after = new Occupancy(slots.inFlight() + jobs.size(), slots.settled());
        Instant next = jobs.size() == ask.max() ? null : nextAt(tx, queue, ask, after, now);
        return new Claim(jobs, next, state(queue, after, now), expired);
    }

    /** An upstream as it is in memory, with these slots. */
    static UpstreamState state(Backlog.Queue queue, Occupancy slots, long now) {
        long closed = queue.closedUntil();
        return new UpstreamState(
                slots,
                queue.first.jobs(),
                queue.retries.jobs(),
                closed > now ? Micros.instant(closed) : null,
                queue.paused());
    }

    private static int free(Backlog.Queue queue, ClaimAsk ask, Occupancy slots, long now) {
        boolean idle = queue.first.jobs() + queue.retries.jobs() == 0;
        if (idle || queue.paused() || queue.closedUntil() > now) {
            return 0;
        }
        return switch (ask.quota().verdict(slots, Micros.instant(now))) {
            case Verdict.Granted(int free) -> Math.min(free, Math.min(ask.max(), MAX_CLAIM));
            case Verdict.NotBefore(Instant _), Verdict.AfterSettling() -> 0;
        };
    }

    private static List<ClaimedJob> take(Transaction tx, Backlog.Queue queue, int free, long now)
            throws SQLException {
        List<Candidate> first =
                tx.sql.list(
                        SqliteSql.FIRST_TRIES,
                        row -> new Candidate(row.getLong(1), row.getLong(2)),
                        queue.id,
                        free);
        Choice choice = FairTurns.choose(free, queue.credit(), first, dueRetries(tx, queue, now));
        List<ClaimedJob> claimed = new ArrayList<>();
        for (long job : choice.jobs()) {
            claimed.add(run(tx, queue, Ends.job(tx, job), now));
        }
        if (!claimed.isEmpty()) {
            queue.credit(choice.credit(), tx.undo);
            tx.sql.update(
                    SqliteSql.SERVED,
                    queue.credit(),
                    queue.first.serving(),
                    queue.retries.serving(),
                    queue.id);
        }
        return claimed;
    }

    private static List<Candidate> dueRetries(Transaction tx, Backlog.Queue queue, long now)
            throws SQLException {
        if (queue.retries.jobs() == 0) {
            return List.of();
        }
        List<DueRetry> due =
                tx.sql.list(
                        SqliteSql.DUE_RETRIES,
                        row -> new DueRetry(row.getLong(1), row.getLong(2), row.getLong(3)),
                        queue.id,
                        now,
                        RETRIES_LOOKED_AT);
        return due.stream()
                .sorted(Comparator.comparingLong(DueRetry::turn))
                .map(retry -> new Candidate(retry.job(), retry.due()))
                .toList();
    }

    private static ClaimedJob run(Transaction tx, Backlog.Queue queue, Job job, long now)
            throws SQLException {
        if (tx.sql.update(SqliteSql.RUN_JOB, job.id()) != 1) {
            throw new SQLException("job " + job.id() + " is not in a queue");
        }
        Waited waited = waited(tx, job, now);
        Lanes lanes = job.status() == Status.QUEUED ? queue.first : queue.retries;
        lanes.serve(job.client(), job.turn(), tx.undo);
        queue.running(1, tx.undo);
        long attempt = tx.backlog.nextAttempt();
        tx.backlog.addAttempt(attempt, tx.undo);
        tx.sql.update(
                SqliteSql.ADD_ATTEMPT,
                attempt,
                job.id(),
                queue.id,
                job.attempts() + 1,
                now,
                tx.wall(),
                waited.micros(),
                waited.forWhat());
        return claimed(queue, job, attempt, job.attempts() + 1, now);
    }

    /** A job as its caller gets it. */
    static ClaimedJob claimed(Backlog.Queue queue, Job job, long attempt, int number, long now) {
        return new ClaimedJob(
                job.id(),
                attempt,
                number,
                job.charged(),
                Micros.duration(now - job.created()),
                job.repeatable(),
                queue.name,
                job.route(),
                job.params(),
                job.request());
    }

    private static Waited waited(Transaction tx, Job job, long now) throws SQLException {
        Long due = job.due();
        if (due == null) {
            long waited = now - job.created();
            return new Waited(waited, waited < NO_WAIT ? "nothing" : "slot");
        }
        long since = tx.sql.number(SqliteSql.LAST_SETTLED, job.id());
        boolean longerForSlot = now - due > Math.max(NO_WAIT, due - since);
        return new Waited(now - since, longerForSlot ? "slot" : "backoff");
    }

    private static @Nullable Instant nextAt(
            Transaction tx, Backlog.Queue queue, ClaimAsk ask, Occupancy slots, long now)
            throws SQLException {
        if (queue.paused() || queue.first.jobs() + queue.retries.jobs() == 0) {
            return null;
        }
        long next = Math.max(now, queue.closedUntil());
        if (queue.first.jobs() == 0) {
            next = Math.max(next, tx.sql.number(SqliteSql.NEXT_RETRY, queue.id));
        }
        return switch (ask.quota().verdict(slots, Micros.instant(now))) {
            case Verdict.Granted(int _) -> Micros.instant(next);
            case Verdict.NotBefore(Instant at) -> {
                Instant work = Micros.instant(next);
                yield at.isAfter(work) ? at : work;
            }
            case Verdict.AfterSettling() -> null;
        };
    }
}
