package dev.holdfast.store.sqlite;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Expired;
import dev.holdfast.store.Store;
import dev.holdfast.store.credential.CredentialRows;
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
import dev.holdfast.store.transition.Ends;
import dev.holdfast.store.transition.Expiring;
import dev.holdfast.store.transition.Scheduling;
import dev.holdfast.store.transition.UnitRoom;
import dev.holdfast.store.transition.partition.PartitionTurns;
import dev.holdfast.store.transition.partition.Resuming;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes {@link Store#claim} and {@link Store#expire}. */
final class SqliteClaiming {
    /** Partitions that one claim looks at: each takes some 50 µs. */
    private static final int PARTITIONS_AT_ONCE = 256;

    private final Expiring expiring;
    private final Outlooks outlooks;

    SqliteClaiming(Expiring expiring, Outlooks outlooks) {
        this.expiring = expiring;
        this.outlooks = outlooks;
    }

    Claim claim(SqliteTransaction tx, ClaimAsk ask) throws SQLException {
        List<Expiring.Due> due = due(tx, Expiring.MAX_BESIDE_CLAIM);
        Expiring.Beside expired = expiring.beside(tx, due, due.size() < Expiring.MAX_BESIDE_CLAIM);
        Queue queue = tx.queue(ask.upstream());
        List<Long> started = Scheduling.start(tx, queue);
        long now = tx.now();
        int ledger = queue.ledger();
        Occupancy slots = Ledger.read(tx.sql, ledger, ask.quota(), now, tx.heldOver());
        CredentialRows.add(tx.sql, queue.id, ask.credentials());
        UnitRoom room = UnitRoom.read(tx, queue, ask, now);
        Grant grant = ClaimRules.free(queue, ask, slots, room.seats(), now);
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
                                (each, some, within) ->
                                        take(tx, each, some, slots, within, expired));
        List<ClaimedJob> jobs =
                turns != null
                        ? turns.take(grant)
                        : grant.slots() > 0
                                ? take(tx, queue, grant, slots, room, expired)
                                : List.of();
        ClaimRules.taken(tx, queue, ask.breaker(), jobs);
        room.seats().after(queue.id);
        Occupancy after = ClaimRules.after(tx, queue, ask, slots, jobs.size(), now);
        Instant next =
                jobs.size() == ask.max()
                        ? null
                        : turns == null
                                ? ClaimRules.nextAt(tx, queue, ask, after, room)
                                : ClaimRules.nextAt(tx, queue, ask, after, room, turns);
        Occupancy told = outlooks.with(tx.sql, ledger, ask.quota(), after, now, tx.heldOver());
        return new Claim(
                jobs,
                next,
                ClaimRules.state(queue, told, room.after(), now)
                        .with(room.seats().states())
                        .partlyRefused(Resuming.anyRefused(tx.sql, queue)),
                expired.ended(),
                0,
                started);
    }

    /** Ends requests whose expiry has come. */
    Expired expire(SqliteTransaction tx) throws SQLException {
        return expiring.end(tx, due(tx, Expiring.MAX_AT_ONCE));
    }

    private static List<Expiring.Due> due(SqliteTransaction tx, int most) throws SQLException {
        return tx.sql.list(SqliteSql.EXPIRING, Expiring.Due::read, tx.now(), most);
    }

    private static List<ClaimedJob> take(
            SqliteTransaction tx,
            Queue queue,
            Grant grant,
            Occupancy slots,
            UnitRoom room,
            Expiring.Beside expired)
            throws SQLException {
        long now = tx.now();
        if (queue.retrying().total() > 0) {
            tx.sql.update(SqliteSql.FALL_DUE, queue.id, now, ClaimRules.FALLING_DUE);
        }
        Choosing.Chosen chosen =
                Choosing.choose(
                        tx, queue, grant, slots, room, expired.without(new Rows(tx, queue.id)));
        List<ClaimedJob> claimed = new ArrayList<>();
        for (long job : chosen.jobs()) {
            claimed.add(run(tx, queue, Ends.job(tx, job), chosen.probe(), room, now));
        }
        return claimed;
    }

    /** What waits for an upstream, by its indexes. */
    private record Rows(SqliteTransaction tx, int upstream) implements Choosing.Waiting {
        @Override
        public List<Candidate> any(Line line, int most) throws SQLException {
            String sql = line.retries() ? SqliteSql.DUE_RETRIES : SqliteSql.FIRST_TRIES;
            return tx.sql.list(sql, Rows::candidate, upstream, line.priority().number(), most);
        }

        @Override
        public List<Candidate> of(Line line, String units, int most) throws SQLException {
            String sql = line.retries() ? SqliteSql.DUE_RETRIES_OF : SqliteSql.FIRST_TRIES_OF;
            return tx.sql.list(
                    sql, Rows::candidate, upstream, line.priority().number(), units, most);
        }

        @Override
        public @Nullable String unitsAfter(Line line, String units) throws SQLException {
            String sql = line.retries() ? LedgerSql.NEXT_READY_UNITS : LedgerSql.NEXT_QUEUED_UNITS;
            return tx.sql.first(
                    sql, row -> row.getString(1), upstream, line.priority().number(), units);
        }

        private static Candidate candidate(ResultSet row) throws SQLException {
            return new Candidate(
                    row.getLong(1),
                    row.getLong(2),
                    row.getLong(3),
                    row.getInt(4),
                    JobColumn.costs(row.getString(5)));
        }
    }

    private static ClaimedJob run(
            SqliteTransaction tx, Queue queue, Job job, boolean probe, UnitRoom room, long now)
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
                probe ? 1 : 0,
                room.seats().ledger(job.id()));
        for (Map.Entry<Integer, Long> charge : room.charges(job.id(), job.costs()).entrySet()) {
            tx.sql.update(SqliteSql.ADD_CHARGE, attempt, charge.getKey(), charge.getValue());
        }
        return ClaimRules.claimed(
                        queue.root().name, job, attempt, job.attempts() + 1, probe, before, now)
                .with(room.seats().name(job.id()));
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
