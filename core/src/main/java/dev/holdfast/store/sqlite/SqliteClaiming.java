package dev.holdfast.store.sqlite;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.request.Priority;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Expired;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.queue.FairTurns;
import dev.holdfast.store.queue.FairTurns.Candidate;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Lanes;
import dev.holdfast.store.queue.Precedence;
import dev.holdfast.store.queue.Precedence.Choice;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.queue.Rank;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.Outlooks;
import dev.holdfast.store.transition.ClaimRules;
import dev.holdfast.store.transition.ClaimRules.Grant;
import dev.holdfast.store.transition.Ends;
import dev.holdfast.store.transition.Expiring;
import dev.holdfast.store.transition.RequestKey;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Writes {@link Store#claim} and {@link Store#expire}. */
final class SqliteClaiming {
    private final Expiring expiring;
    private final Outlooks outlooks;

    SqliteClaiming(Expiring expiring, Outlooks outlooks) {
        this.expiring = expiring;
        this.outlooks = outlooks;
    }

    Claim claim(SqliteTransaction tx, ClaimAsk ask) throws SQLException {
        List<RequestRecord> expired = expire(tx, false).requests();
        Queue queue = tx.queue(ask.upstream());
        long now = tx.now();
        int ledger = queue.ledger();
        Occupancy slots = Ledger.read(tx.sql, ledger, ask.quota(), now, tx.heldOver());
        Grant grant = ClaimRules.free(queue, ask, slots, now);
        List<ClaimedJob> jobs = grant.slots() > 0 ? take(tx, queue, grant, now) : List.of();
        ClaimRules.taken(tx, queue, ask.breaker(), jobs);
        Occupancy after = ClaimRules.after(tx, queue, ask, slots, jobs.size(), now);
        Instant next = jobs.size() == ask.max() ? null : ClaimRules.nextAt(tx, queue, ask, after);
        Occupancy told = outlooks.with(tx.sql, ledger, ask.quota(), after, now, tx.heldOver());
        return new Claim(jobs, next, ClaimRules.state(queue, told, now), expired);
    }

    /**
     * Ends requests whose expiry has come.
     *
     * @param lease whether deliveries are leased to the caller; otherwise they are due
     */
    Expired expire(SqliteTransaction tx, boolean lease) throws SQLException {
        List<RequestKey> due =
                tx.sql.list(SqliteSql.EXPIRING, Expiring::due, tx.now(), Expiring.MAX_AT_ONCE);
        return expiring.end(tx, due, lease);
    }

    private static List<ClaimedJob> take(SqliteTransaction tx, Queue queue, Grant grant, long now)
            throws SQLException {
        List<FairTurns> classes = waiting(tx, queue, grant.slots(), now);
        Choice choice = Precedence.choose(grant.slots(), queue.beat(), classes);
        List<ClaimedJob> claimed = new ArrayList<>();
        for (long job : choice.jobs()) {
            claimed.add(run(tx, queue, Ends.job(tx, job), grant.probe(), now));
        }
        if (!claimed.isEmpty()) {
            queue.served(choice.beat(), classes.stream().map(FairTurns::credit).toList(), tx.undo);
        }
        return claimed;
    }

    /** Those of each class that could have a slot. */
    private static List<FairTurns> waiting(SqliteTransaction tx, Queue queue, int free, long now)
            throws SQLException {
        if (queue.retrying().total() > 0) {
            tx.sql.update(SqliteSql.FALL_DUE, queue.id, now, ClaimRules.FALLING_DUE);
        }
        List<FairTurns> classes = new ArrayList<>();
        for (Priority each : Priority.ALL) {
            Rank rank = queue.rank(each);
            classes.add(
                    new FairTurns(
                            rank.credit(),
                            candidates(tx, SqliteSql.FIRST_TRIES, rank.first, queue.id, each, free),
                            candidates(
                                    tx,
                                    SqliteSql.DUE_RETRIES,
                                    rank.retries,
                                    queue.id,
                                    each,
                                    free)));
        }
        return classes;
    }

    private static List<Candidate> candidates(
            SqliteTransaction tx, String query, Lanes lanes, int upstream, Priority each, int free)
            throws SQLException {
        return lanes.jobs() == 0
                ? List.of()
                : tx.sql.list(
                        query,
                        row -> new Candidate(row.getLong(1), row.getLong(2)),
                        upstream,
                        each.number(),
                        free);
    }

    private static ClaimedJob run(
            SqliteTransaction tx, Queue queue, Job job, boolean probe, long now)
            throws SQLException {
        if (tx.sql.update(SqliteSql.RUN_JOB, job.id()) != 1) {
            throw new SQLException("job " + job.id() + " is not in a queue");
        }
        ClaimRules.Before before = before(tx, job);
        ClaimRules.Waited waited = ClaimRules.waited(job, before, now);
        queue.run(job, tx.undo);
        long attempt = tx.backlog.nextAttempt();
        tx.sql.update(
                SqliteSql.ADD_ATTEMPT,
                attempt,
                job.id(),
                queue.id,
                queue.ledger(),
                job.attempts() + 1,
                now,
                tx.wall(),
                waited.micros(),
                waited.forWhat(),
                probe ? 1 : 0);
        return ClaimRules.claimed(queue.name, job, attempt, job.attempts() + 1, probe, before, now);
    }

    private static ClaimRules.Before before(SqliteTransaction tx, Job job) throws SQLException {
        ClaimRules.Before before =
                job.due() == null
                        ? null
                        : tx.sql.first(
                                SqliteSql.CALLS_BEFORE,
                                row -> ClaimRules.Before.of(row, 1),
                                job.id(),
                                job.id(),
                                job.id());
        return before == null ? ClaimRules.Before.NONE : before;
    }
}
