package dev.holdfast.store;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.store.FairTurns.Candidate;
import dev.holdfast.store.FairTurns.Choice;
import dev.holdfast.store.RequestRows.Job;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Writes {@link Store#claim} and {@link Store#expire}. */
final class SqliteClaiming {
    private final Expiring expiring;

    SqliteClaiming(Expiring expiring) {
        this.expiring = expiring;
    }

    private record DueRetry(long job, long due, long turn) {}

    Claim claim(SqliteTransaction tx, ClaimAsk ask) throws SQLException {
        List<RequestRecord> expired = expire(tx, false).requests();
        Queue queue = tx.queue(ask.upstream());
        long now = tx.now();
        Occupancy slots = Ledger.read(tx.sql, queue.id, ask.quota(), now);
        int free = ClaimRules.free(queue, ask, slots, now);
        List<ClaimedJob> jobs = free > 0 ? take(tx, queue, free, now) : List.of();
        ClaimRules.taken(tx, queue, jobs);
        Occupancy after = new Occupancy(slots.inFlight() + jobs.size(), slots.settled());
        Instant next = jobs.size() == ask.max() ? null : ClaimRules.nextAt(tx, queue, ask, after);
        return new Claim(jobs, next, ClaimRules.state(queue, after, now), expired);
    }

    /**
     * Ends requests whose expiry has come.
     *
     * @param lease whether deliveries are leased to the caller; otherwise they are due
     */
    Expired expire(SqliteTransaction tx, boolean lease) throws SQLException {
        List<Ends.Key> due =
                tx.sql.list(SqliteSql.EXPIRING, Expiring::due, tx.now(), Expiring.MAX_AT_ONCE);
        return expiring.end(tx, due, lease);
    }

    private static List<ClaimedJob> take(SqliteTransaction tx, Queue queue, int free, long now)
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
            queue.served(choice.credit(), tx.undo);
        }
        return claimed;
    }

    private static List<Candidate> dueRetries(SqliteTransaction tx, Queue queue, long now)
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
                        ClaimRules.RETRIES_LOOKED_AT);
        return due.stream()
                .sorted(Comparator.comparingLong(DueRetry::turn))
                .map(retry -> new Candidate(retry.job(), retry.due()))
                .toList();
    }

    private static ClaimedJob run(SqliteTransaction tx, Queue queue, Job job, long now)
            throws SQLException {
        if (tx.sql.update(SqliteSql.RUN_JOB, job.id()) != 1) {
            throw new SQLException("job " + job.id() + " is not in a queue");
        }
        long since = job.due() == null ? 0 : tx.sql.number(SqliteSql.LAST_SETTLED, job.id());
        ClaimRules.Waited waited = ClaimRules.waited(job, since, now);
        queue.run(job, tx.undo);
        long attempt = tx.backlog.nextAttempt();
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
        return ClaimRules.claimed(queue.name, job, attempt, job.attempts() + 1, now);
    }
}
