package dev.holdfast.store.postgresql;

import static dev.holdfast.store.postgresql.PostgresDatabase.ints;
import static dev.holdfast.store.postgresql.PostgresDatabase.longs;
import static dev.holdfast.store.postgresql.PostgresDatabase.texts;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.request.Priority;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.queue.FairTurns;
import dev.holdfast.store.queue.FairTurns.Candidate;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Precedence;
import dev.holdfast.store.queue.Precedence.Choice;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.JobColumn;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.Outlooks;
import dev.holdfast.store.transition.ClaimRules;
import dev.holdfast.store.transition.ClaimRules.Grant;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes {@link Store#claim}: the ledger is read under the upstream's lock, by its clock. */
final class PostgresClaiming {
    private final PostgresExpiring expiring;
    private final PostgresNumbers numbers;
    private final Outlooks outlooks;

    PostgresClaiming(PostgresExpiring expiring, PostgresNumbers numbers, Outlooks outlooks) {
        this.expiring = expiring;
        this.outlooks = outlooks;
        this.numbers = numbers;
    }

    /**
     * Takes what is due.
     *
     * @param lease the number of this replica's lease, read before
     */
    Claim claim(PostgresTransaction tx, ClaimAsk ask, long lease) throws SQLException {
        Queue queue = tx.queue(ask.upstream());
        List<RequestRecord> expired = expiring.expireLocked(tx, List.of(queue), false).requests();
        int ledger = queue.ledger();
        tx.lockLedger(ledger);
        tx.flushUse();
        Occupancy slots = Ledger.read(tx.sql, ledger, ask.quota(), tx.now(), tx.heldOver());
        Grant grant = ClaimRules.free(queue, ask, slots, tx.now());
        List<ClaimedJob> jobs = grant.slots() > 0 ? take(tx, queue, grant) : List.of();
        ClaimRules.taken(tx, queue, ask.breaker(), jobs);
        Occupancy after = ClaimRules.after(tx, queue, ask, slots, jobs.size(), tx.now());
        Instant next = jobs.size() == ask.max() ? null : ClaimRules.nextAt(tx, queue, ask, after);
        Occupancy told = outlooks.with(tx.sql, ledger, ask.quota(), after, tx.now(), tx.heldOver());
        return new Claim(jobs, next, ClaimRules.state(queue, told, tx.now()), expired, lease);
    }

    private List<ClaimedJob> take(PostgresTransaction tx, Queue queue, Grant grant)
            throws SQLException {
        int free = grant.slots();
        if (queue.retrying().total() > 0) {
            tx.sql.update(PostgresSql.FALL_DUE, queue.id, tx.now(), ClaimRules.FALLING_DUE);
        }
        Map<Long, Job> jobs = new HashMap<>();
        List<FairTurns> classes = new ArrayList<>();
        for (Priority each : Priority.ALL) {
            List<Job> first = waiting(tx, queue, each, false, free);
            List<Job> retries = waiting(tx, queue, each, true, free);
            classes.add(
                    new FairTurns(
                            queue.rank(each).credit(),
                            first.stream()
                                    .map(job -> new Candidate(job.id(), job.created()))
                                    .toList(),
                            retries.stream()
                                    .map(job -> new Candidate(job.id(), due(job)))
                                    .toList()));
            first.forEach(job -> jobs.put(job.id(), job));
            retries.forEach(job -> jobs.put(job.id(), job));
        }
        Choice choice = Precedence.choose(free, queue.beat(), classes);
        if (choice.jobs().isEmpty()) {
            return List.of();
        }
        queue.served(choice.beat(), classes.stream().map(FairTurns::credit).toList(), tx.undo);
        return run(
                tx,
                queue,
                choice.jobs().stream().map(id -> Objects.requireNonNull(jobs.get(id))).toList(),
                grant.probe());
    }

    /** Those of a class that could have a slot; their lanes are read as well. */
    private static List<Job> waiting(
            PostgresTransaction tx, Queue queue, Priority priority, boolean retry, int free)
            throws SQLException {
        if (queue.rank(priority).lanes(retry).jobs() == 0) {
            return List.of();
        }
        List<Job> jobs =
                tx.sql.list(
                        retry ? PostgresSql.DUE_RETRIES : PostgresSql.FIRST_TRIES,
                        JobColumn::read,
                        queue.id,
                        priority.number(),
                        free);
        tx.needLanes(queue, priority, retry, jobs.stream().map(Job::client));
        return jobs;
    }

    private List<ClaimedJob> run(PostgresTransaction tx, Queue queue, List<Job> jobs, boolean probe)
            throws SQLException {
        List<Long> ids = jobs.stream().map(Job::id).toList();
        if (tx.sql.update(PostgresSql.RUN_JOBS, longs(ids)) != ids.size()) {
            throw new SQLException("a job left its queue without the upstream's lock", "XX000");
        }
        Map<Long, ClaimRules.Before> before = before(tx, jobs);
        List<Long> attempts = new ArrayList<>();
        List<Integer> tries = new ArrayList<>();
        List<Long> waits = new ArrayList<>();
        List<@Nullable String> reasons = new ArrayList<>();
        List<ClaimedJob> claimed = new ArrayList<>();
        for (Job job : jobs) {
            long attempt = numbers.next(tx.sql);
            ClaimRules.Before calls = before.getOrDefault(job.id(), ClaimRules.Before.NONE);
            ClaimRules.Waited waited = ClaimRules.waited(job, calls, tx.now());
            attempts.add(attempt);
            tries.add(job.attempts() + 1);
            waits.add(waited.micros());
            reasons.add(waited.forWhat());
            queue.run(job, tx.undo);
            tx.claimed.add(attempt);
            tx.changed(job);
            claimed.add(
                    ClaimRules.claimed(
                            queue.name, job, attempt, job.attempts() + 1, probe, calls, tx.now()));
        }
        tx.sql.update(
                PostgresSql.ADD_ATTEMPTS,
                queue.id,
                queue.ledger(),
                tx.owner,
                tx.now(),
                tx.wall(),
                probe ? 1 : 0,
                longs(attempts),
                longs(ids),
                ints(tries),
                longs(waits),
                texts(reasons));
        return claimed;
    }

    private static Map<Long, ClaimRules.Before> before(PostgresTransaction tx, List<Job> jobs)
            throws SQLException {
        List<Long> again = jobs.stream().filter(job -> job.due() != null).map(Job::id).toList();
        Map<Long, ClaimRules.Before> before = new HashMap<>();
        if (!again.isEmpty()) {
            tx.sql.list(
                    PostgresSql.CALLS_BEFORE,
                    row -> before.put(row.getLong(1), ClaimRules.Before.of(row, 2)),
                    longs(again));
        }
        return before;
    }

    private static long due(Job job) {
        Long due = job.due();
        return due == null ? 0 : due;
    }
}
