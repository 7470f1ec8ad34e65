package dev.holdfast.store.postgresql;

import static dev.holdfast.store.postgresql.connection.PostgresDatabase.ints;
import static dev.holdfast.store.postgresql.connection.PostgresDatabase.longs;
import static dev.holdfast.store.postgresql.connection.PostgresDatabase.texts;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.request.Priority;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.postgresql.connection.RoundTrip;
import dev.holdfast.store.queue.FairTurns.Candidate;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.JobColumn;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.Choosing;
import dev.holdfast.store.transition.Choosing.Line;
import dev.holdfast.store.transition.ClaimRules;
import dev.holdfast.store.transition.ClaimRules.Grant;
import dev.holdfast.store.transition.Expiring;
import dev.holdfast.store.transition.UnitRoom;
import dev.holdfast.store.transition.partition.PartitionTurns;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Has jobs run in a claim. A statement is a way there and back, so what many partitions take is
 * looked for together and written together, as late as somebody looks at it.
 */
final class PostgresTaking implements PartitionTurns.Taking {
    private final PostgresTransaction tx;
    private final PostgresNumbers numbers;
    private final Occupancy slots;
    private final Expiring.Beside expired;
    private final Map<First, List<Job>> coming = new HashMap<>();
    private Unwritten unwritten = new Unwritten();

    /**
     * @param slots what the upstream's ledger says
     * @param expired what must not run
     */
    PostgresTaking(
            PostgresTransaction tx,
            PostgresNumbers numbers,
            Occupancy slots,
            Expiring.Beside expired) {
        this.tx = tx;
        this.numbers = numbers;
        this.slots = slots;
        this.expired = expired;
    }

    /** First tries of a class in a queue. */
    private record First(int queue, Priority priority) {}

    /** What runs and is not written yet, a row each. */
    private static final class Unwritten {
        final Set<Integer> queues = new HashSet<>();
        final List<Long> attempts = new ArrayList<>();
        final List<Long> jobs = new ArrayList<>();
        final List<Integer> tries = new ArrayList<>();
        final List<Long> waits = new ArrayList<>();
        final List<@Nullable String> reasons = new ArrayList<>();
        final List<@Nullable Integer> credentials = new ArrayList<>();
        final List<Integer> upstreams = new ArrayList<>();
        final List<Integer> ledgers = new ArrayList<>();
        final List<Integer> probes = new ArrayList<>();
        final List<Long> charged = new ArrayList<>();
        final List<Integer> chargedLedgers = new ArrayList<>();
        final List<Long> reserved = new ArrayList<>();
    }

    @Override
    public List<ClaimedJob> take(Queue queue, Grant grant, UnitRoom room) throws SQLException {
        if (unwritten.queues.contains(queue.id)) {
            written();
        }
        if (queue.retrying().total() > 0) {
            tx.sql.update(PostgresSql.FALL_DUE, queue.id, tx.now(), ClaimRules.FALLING_DUE);
        }
        Map<Long, Job> read = new HashMap<>();
        Choosing.Chosen chosen =
                Choosing.choose(
                        tx, queue, grant, slots, room, expired.without(new Rows(queue, read)));
        return chosen.jobs().isEmpty()
                ? List.of()
                : run(
                        queue,
                        chosen.jobs().stream()
                                .map(id -> Objects.requireNonNull(read.get(id)))
                                .toList(),
                        chosen.probe(),
                        room);
    }

    @Override
    public void coming(Map<Queue, Integer> next) throws SQLException {
        coming.clear();
        if (next.size() < 2) {
            return;
        }
        written();
        RoundTrip trip = new RoundTrip();
        tx.plannedOnce(
                trip,
                reads -> {
                    for (Priority each : Priority.ALL) {
                        List<Integer> queues = new ArrayList<>();
                        List<Integer> most = new ArrayList<>();
                        next.forEach(
                                (queue, slots) -> {
                                    if (queue.rank(each).first().jobs() > 0
                                            && !queue.holdsFirstTries()) {
                                        queues.add(queue.id);
                                        most.add(slots);
                                        coming.put(new First(queue.id, each), new ArrayList<>());
                                    }
                                });
                        if (!queues.isEmpty()) {
                            reads.query(
                                    PostgresSql.FIRST_TRIES_IN,
                                    row -> {
                                        Job job = JobColumn.read(row);
                                        Objects.requireNonNull(
                                                        coming.get(new First(job.upstream(), each)))
                                                .add(job);
                                    },
                                    ints(queues),
                                    ints(most),
                                    each.number());
                        }
                    }
                });
        trip.run(tx.sql);
    }

    @Override
    public void written() throws SQLException {
        Unwritten all = unwritten;
        if (all.jobs.isEmpty()) {
            return;
        }
        unwritten = new Unwritten();
        Set<Long> run = new HashSet<>();
        RoundTrip trip = new RoundTrip();
        tx.plannedOnce(trip, writes -> write(writes, all, row -> run.add(row.getLong(1))));
        trip.run(tx.sql);
        if (run.size() != all.jobs.size()) {
            throw new SQLException("a job left its queue without the upstream's lock", "XX000");
        }
    }

    private void write(RoundTrip trip, Unwritten all, Session.Look run) {
        trip.query(PostgresSql.RUN_JOBS, run, longs(all.jobs));
        trip.change(
                PostgresSql.ADD_ATTEMPTS,
                tx.owner,
                tx.now(),
                tx.wall(),
                longs(all.attempts),
                longs(all.jobs),
                ints(List.copyOf(all.tries)),
                longs(all.waits),
                texts(all.reasons),
                ints(all.credentials),
                ints(List.copyOf(all.upstreams)),
                ints(List.copyOf(all.ledgers)),
                ints(List.copyOf(all.probes)));
        if (!all.charged.isEmpty()) {
            trip.change(
                    PostgresSql.ADD_CHARGES,
                    longs(all.charged),
                    ints(List.copyOf(all.chargedLedgers)),
                    longs(all.reserved));
        }
    }

    /** What waits in a queue, by its indexes; the lanes of what is read are read as well. */
    private final class Rows implements Choosing.Waiting {
        private final Queue queue;
        private final Map<Long, Job> read;

        /**
         * @param read jobs by their numbers
         */
        Rows(Queue queue, Map<Long, Job> read) {
            this.queue = queue;
            this.read = read;
        }

        @Override
        public List<Candidate> any(Line line, int most) throws SQLException {
            List<Job> known =
                    line.retries() ? null : coming.remove(new First(queue.id, line.priority()));
            if (known != null) {
                return keep(line, known);
            }
            String sql = line.retries() ? PostgresSql.DUE_RETRIES : PostgresSql.FIRST_TRIES;
            List<Job> jobs = new ArrayList<>();
            RoundTrip trip = new RoundTrip();
            tx.plannedOnce(
                    trip,
                    reads ->
                            reads.query(
                                    sql,
                                    row -> jobs.add(JobColumn.read(row)),
                                    queue.id,
                                    line.priority().number(),
                                    most));
            trip.run(tx.sql);
            return keep(line, jobs);
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
            return jobs.stream().map(PostgresTaking::candidate).toList();
        }
    }

    private static Candidate candidate(Job job) {
        Long due = job.due();
        long since = due == null ? job.created() : due;
        return new Candidate(job.id(), since, job.turn(), job.client(), job.costs());
    }

    private List<ClaimedJob> run(Queue queue, List<Job> jobs, boolean probe, UnitRoom room)
            throws SQLException {
        Map<Long, ClaimRules.Before> before = before(jobs);
        List<ClaimedJob> claimed = new ArrayList<>();
        unwritten.queues.add(queue.id);
        for (Job job : jobs) {
            long attempt = numbers.next(tx.sql);
            ClaimRules.Before calls = before.getOrDefault(job.id(), ClaimRules.Before.NONE);
            ClaimRules.Waited waited = ClaimRules.waited(job, calls, tx.now());
            unwritten.attempts.add(attempt);
            unwritten.jobs.add(job.id());
            unwritten.tries.add(job.attempts() + 1);
            unwritten.waits.add(waited.micros());
            unwritten.reasons.add(waited.forWhat());
            unwritten.credentials.add(room.seats().ledger(job.id()));
            unwritten.upstreams.add(queue.id);
            unwritten.ledgers.add(queue.ledger());
            unwritten.probes.add(probe ? 1 : 0);
            room.charges(job.id(), job.costs())
                    .forEach(
                            (ledger, amount) -> {
                                unwritten.charged.add(attempt);
                                unwritten.chargedLedgers.add(ledger);
                                unwritten.reserved.add(amount);
                            });
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
        return claimed;
    }

    private Map<Long, ClaimRules.Before> before(List<Job> jobs) throws SQLException {
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
