package dev.holdfast.store.postgresql;

import static dev.holdfast.store.postgresql.connection.PostgresDatabase.ints;
import static dev.holdfast.store.postgresql.connection.PostgresDatabase.longs;
import static dev.holdfast.store.postgresql.connection.PostgresDatabase.texts;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Store;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.queue.FairTurns.Candidate;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.JobColumn;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.Outlooks;
import dev.holdfast.store.transition.Choosing;
import dev.holdfast.store.transition.Choosing.Line;
import dev.holdfast.store.transition.ClaimRules;
import dev.holdfast.store.transition.ClaimRules.Grant;
import dev.holdfast.store.transition.Expiring;
import dev.holdfast.store.transition.Scheduling;
import dev.holdfast.store.transition.UnitRoom;
import dev.holdfast.store.transition.partition.PartitionTurns;
import dev.holdfast.store.transition.partition.Resuming;

import org.jspecify.annotations.Nullable;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Writes {@link Store#claim}: the ledgers are read under the upstream's lock, or where its
 * partitions are apart under theirs, by its clock.
 */
final class PostgresClaiming {
    /** Partitions that one claim looks at: each takes some seven round trips. */
    private static final int PARTITIONS_AT_ONCE = 32;

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
        Queue queue = tx.locked.queue(ask.upstream());
        if (ask.isCommon()) {
            tx.wholly(queue);
        }
        Expiring.Beside expired = expiring.beside(tx, queue);
        List<Long> started = Scheduling.start(tx, queue);
        int ledger = queue.ledger();
        tx.locked.pool(queue, ask.credentials());
        if (!tx.locked.isShared(queue)) {
            tx.locked.apart(queue, !ask.isCommon() && queue.inner().partitions() > 0);
            tx.lockLedger(ledger);
        }
        tx.flushUse();
        Occupancy slots = Ledger.read(tx.sql, ledger, ask.quota(), tx.now(), tx.heldOver());
        UnitRoom room = UnitRoom.read(tx, queue, ask, tx.now());
        Grant grant = ClaimRules.free(queue, ask, slots, room.seats(), tx.now());
        PartitionTurns turns =
                queue.inner().partitions() == 0
                        ? null
                        : new PartitionTurns(
                                tx,
                                queue,
                                ask,
                                slots,
                                room,
                                PARTITIONS_AT_ONCE,
                                (each, some, _, within) ->
                                        take(tx, each, some, slots, within, expired));
        List<ClaimedJob> jobs =
                turns != null
                        ? turns.take(grant)
                        : grant.slots() > 0
                                ? take(tx, queue, grant, slots, room, expired)
                                : List.of();
        ClaimRules.taken(tx, queue, ask.breaker(), jobs);
        room.seats().after(queue.id);
        Occupancy after = ClaimRules.after(tx, queue, ask, slots, jobs.size(), tx.now());
        Instant next =
                jobs.size() == ask.max()
                        ? null
                        : turns == null
                                ? ClaimRules.nextAt(tx, queue, ask, after, room)
                                : ClaimRules.nextAt(tx, queue, ask, after, room, turns);
        Occupancy told = outlooks.with(tx.sql, ledger, ask.quota(), after, tx.now(), tx.heldOver());
        return new Claim(
                jobs,
                next,
                ClaimRules.state(queue, told, room.after(), tx.now())
                        .with(room.seats().states())
                        .partlyRefused(Resuming.anyRefused(tx.sql, queue)),
                expired.ended(),
                lease,
                started);
    }

    private List<ClaimedJob> take(
            PostgresTransaction tx,
            Queue queue,
            Grant grant,
            Occupancy slots,
            UnitRoom room,
            Expiring.Beside expired)
            throws SQLException {
        if (queue.retrying().total() > 0) {
            tx.sql.update(PostgresSql.FALL_DUE, queue.id, tx.now(), ClaimRules.FALLING_DUE);
        }
        Map<Long, Job> read = new HashMap<>();
        Choosing.Chosen chosen =
                Choosing.choose(
                        tx, queue, grant, slots, room, expired.without(new Rows(tx, queue, read)));
        return chosen.jobs().isEmpty()
                ? List.of()
                : run(
                        tx,
                        queue,
                        chosen.jobs().stream()
                                .map(id -> Objects.requireNonNull(read.get(id)))
                                .toList(),
                        chosen.probe(),
                        room);
    }

    /**
     * What waits for an upstream, by its indexes; the lanes of what is read are read as well.
     *
     * @param read jobs by their numbers
     */
    private record Rows(PostgresTransaction tx, Queue queue, Map<Long, Job> read)
            implements Choosing.Waiting {
        @Override
        public List<Candidate> any(Line line, int most) throws SQLException {
            String sql = line.retries() ? PostgresSql.DUE_RETRIES : PostgresSql.FIRST_TRIES;
            return keep(
                    line,
                    tx.sql.list(sql, JobColumn::read, queue.id, line.priority().number(), most));
        }

        @Override
        public List<Candidate> of(Line line, String units, int most) throws SQLException {
            String sql = line.retries() ? PostgresSql.DUE_RETRIES_OF : PostgresSql.FIRST_TRIES_OF;
            return keep(
                    line,
                    tx.sql.list(
                            sql, JobColumn::read, queue.id, line.priority().number(), units, most));
        }

        @Override
        public @Nullable String unitsAfter(Line line, String units) throws SQLException {
            String sql = line.retries() ? LedgerSql.NEXT_READY_UNITS : LedgerSql.NEXT_QUEUED_UNITS;
            return tx.sql.first(
                    sql, row -> row.getString(1), queue.id, line.priority().number(), units);
        }

        private List<Candidate> keep(Line line, List<Job> jobs) throws SQLException {
            jobs.forEach(job -> read.put(job.id(), job));
            QueueRows.needLanes(
                    tx.sql, queue, line.priority(), line.retries(), jobs.stream().map(Job::client));
            return jobs.stream().map(Rows::candidate).toList();
        }

        private static Candidate candidate(Job job) {
            Long due = job.due();
            long since = due == null ? job.created() : due;
            return new Candidate(job.id(), since, job.turn(), job.client(), job.costs());
        }
    }

    private List<ClaimedJob> run(
            PostgresTransaction tx, Queue queue, List<Job> jobs, boolean probe, UnitRoom room)
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
        List<@Nullable Integer> credentials = new ArrayList<>();
        List<ClaimedJob> claimed = new ArrayList<>();
        for (Job job : jobs) {
            long attempt = numbers.next(tx.sql);
            ClaimRules.Before calls = before.getOrDefault(job.id(), ClaimRules.Before.NONE);
            ClaimRules.Waited waited = ClaimRules.waited(job, calls, tx.now());
            attempts.add(attempt);
            tries.add(job.attempts() + 1);
            waits.add(waited.micros());
            reasons.add(waited.forWhat());
            credentials.add(room.seats().ledger(job.id()));
            queue.run(job, tx.undo);
            tx.claimed.add(attempt);
            tx.changed(job);
            claimed.add(
                    ClaimRules.claimed(
                                    queue.root().name,
                                    job,
                                    attempt,
                                    job.attempts() + 1,
                                    probe,
                                    calls,
                                    tx.now())
                            .with(room.seats().name(job.id())));
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
                texts(reasons),
                ints(credentials));
        charge(tx, jobs, attempts, room);
        return claimed;
    }

    private static void charge(
            PostgresTransaction tx, List<Job> jobs, List<Long> attempts, UnitRoom room)
            throws SQLException {
        List<Long> charged = new ArrayList<>();
        List<Integer> ledgers = new ArrayList<>();
        List<Long> reserved = new ArrayList<>();
        for (int i = 0; i < jobs.size(); i++) {
            for (Map.Entry<Integer, Long> charge : charges(room, jobs.get(i)).entrySet()) {
                charged.add(attempts.get(i));
                ledgers.add(charge.getKey());
                reserved.add(charge.getValue());
            }
        }
        if (!charged.isEmpty()) {
            tx.sql.update(PostgresSql.ADD_CHARGES, longs(charged), ints(ledgers), longs(reserved));
        }
    }

    private static Map<Integer, Long> charges(UnitRoom room, Job job) {
        return room.charges(job.id(), job.costs());
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
}
