package dev.holdfast.store.postgresql;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.Body;
import dev.holdfast.request.JobKey;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.postgresql.connection.RoundTrip;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Partition;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.BatchWrites;
import dev.holdfast.store.transition.RequestKey;
import dev.holdfast.store.transition.SettledCall;
import dev.holdfast.store.transition.StoredContents;
import dev.holdfast.store.transition.Transaction;
import dev.holdfast.store.transition.partition.Places;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A transaction as its operations see it: the rows of the upstreams it has locked, one notion of
 * now, and what is to be written and told when it ends.
 *
 * <p>Locks are taken in one order by all: upstreams by number, then partitions, where these are
 * apart, then clients' counts by number, so that no two transactions wait for each other.
 */
final class PostgresTransaction extends Transaction {
    /** The upstreams that are locked. */
    final LockedQueues locked;

    final UUID owner;
    final Set<Long> claimed = new HashSet<>();
    final Set<Long> settled = new HashSet<>();
    final Set<Long> changedJobs = new LinkedHashSet<>();
    final Set<Integer> changedUpstreams = new LinkedHashSet<>();
    final PostgresAsks asks = new PostgresAsks();
    private final PostgresDatabase database;
    private final PostgresClock clock;
    private final PostgresNumbers jobNumbers;
    private final BatchWrites completing;
    private final Set<Integer> ledgersShared = new HashSet<>();
    private final Map<Integer, Integer> pending = new TreeMap<>();
    private final Map<String, Integer> cached = new TreeMap<>();
    private final List<Owed> owed = new ArrayList<>();
    private final Set<Integer> lockedLedgers = new HashSet<>();
    private final Map<Integer, Used> used = new TreeMap<>();
    private boolean losable;

    /** Partitions whose places are written with their rows, since nothing looks at them before. */
    private final Set<Integer> moved = new HashSet<>();

    private boolean ending;
    private RoundTrip unsent = new RoundTrip();
    private long now;
    private long wall;
    private int deliveries;

    PostgresTransaction(
            Session sql,
            PostgresDatabase database,
            UUID owner,
            PostgresClock clock,
            PostgresNumbers jobNumbers,
            BatchWrites completing,
            Set<String> apart) {
        super(sql);
        this.locked = new LockedQueues(sql, database, undo, apart);
        this.database = database;
        this.owner = owner;
        this.clock = clock;
        this.jobNumbers = jobNumbers;
        this.completing = completing;
    }

    /**
     * One that a power cut may take back, as long as none was committed after it that it may not.
     */
    PostgresTransaction losable() {
        losable = true;
        return this;
    }

    /**
     * Locks upstreams, made if they are new, and reads their queues and what the asks need to know;
     * at most once.
     */
    void lock(Collection<String> names) throws SQLException {
        lock(Reach.of(names));
    }

    /** Locks as much of upstreams as is needed of each; otherwise the same. */
    void lock(Reach reach) throws SQLException {
        locked.lock(
                reach,
                reads -> {
                    clock.ask(reads, this::at);
                    asks.ask(reads);
                });
        locked.shared().forEach(root -> ledgersShared.add(root.ledger()));
    }

    private void at(long steady, long wall) {
        this.now = steady;
        this.wall = wall;
    }

    @Override
    protected Queue partition(Queue root, String key) throws SQLException {
        return locked.partition(root, key);
    }

    @Override
    public List<Queue> partitions(Queue root, List<Integer> numbers) throws SQLException {
        return locked.partitions(root, numbers);
    }

    @Override
    public void forget(Queue partition) throws SQLException {
        locked.forget(partition);
    }

    @Override
    public Collection<Queue> met() {
        return List.copyOf(locked.partitions());
    }

    @Override
    public void write(List<Partition> places, List<Integer> numbers) throws SQLException {
        if (ending) {
            moved.addAll(numbers);
        } else {
            locked.write(places, numbers);
        }
    }

    @Override
    public @Nullable Queue known(String name) {
        return locked.known(name);
    }

    @Override
    public Queue queue(int id) {
        return locked.queue(id);
    }

    /** The same for the whole transaction. */
    @Override
    public long now() {
        return now;
    }

    @Override
    public long wall() {
        return TimeUnit.MICROSECONDS.toMillis(wall);
    }

    @Override
    public void pending(int client, int change) {
        pending.merge(client, change, Integer::sum);
    }

    @Override
    public int pending(int client) throws SQLException {
        Integer before =
                sql.first(
                        PostgresSql.PENDING,
                        row -> row.getInt(2),
                        PostgresDatabase.ints(List.of(client)));
        return (before == null ? 0 : before) + pendingChange(client);
    }

    /** What this transaction will add to the client's unfinished requests. */
    int pendingChange(int client) {
        return pending.getOrDefault(client, 0);
    }

    @Override
    public void deliveries(int change) {
        deliveries += change;
    }

    int deliveries() {
        return deliveries;
    }

    @Override
    public @Nullable SettledCall settleAttempt(Settlement settlement) throws SQLException {
        ClaimedJob claimed = settlement.job();
        SettledCall call =
                sql.change(
                        PostgresSql.SETTLE_ATTEMPT,
                        SettledCall::read,
                        now,
                        Micros.of(settlement.onItsWay()),
                        settlement.outcome(),
                        settlement.status(),
                        Micros.of(settlement.latency()),
                        claimed.attempt(),
                        claimed.job());
        if (call != null) {
            settled.add(claimed.attempt());
        }
        return call;
    }

    /** The database's clock never counts what may not have passed. */
    @Override
    public long heldOver() {
        return 0;
    }

    /** All that this transaction may need at once, so that two never wait for each other. */
    @Override
    public void lockLedger(int ledger) throws SQLException {
        if (usesWithOthers(ledger)) {
            throw wholly(root -> root.ledger() == ledger);
        }
        if (!lockedLedgers.contains(ledger)) {
            Set<Integer> wanted = new TreeSet<>(List.of(ledger));
            wanted.addAll(locked.ledgers());
            PostgresDatabase.Column ids = PostgresDatabase.ints(List.copyOf(wanted));
            lockedLedgers.addAll(
                    sql.list(PostgresSql.LOCK_LEDGERS, row -> row.getInt(1), ids, ids));
        }
    }

    /** It is that of an upstream whose partitions are apart. */
    @Override
    public boolean usesWithOthers(int ledger) {
        return ledgersShared.contains(ledger);
    }

    @Override
    public List<Integer> partitionsLedgers(List<String> identities) throws SQLException {
        Map<String, Integer> free = new HashMap<>();
        sql.list(
                PostgresSql.LOCK_FREE_LEDGERS,
                row -> free.put(Session.text(row, 1), row.getInt(2)),
                PostgresDatabase.texts(identities));
        List<String> others =
                identities.stream().filter(one -> !free.containsKey(one)).distinct().toList();
        if (!others.isEmpty()) {
            // Of one that another has locked there is a row.
            sql.list(
                    PostgresSql.ADD_MISSING_LEDGERS,
                    row -> free.put(Session.text(row, 1), row.getInt(2)),
                    PostgresDatabase.texts(others));
        }
        lockedLedgers.addAll(free.values());
        return identities.stream().map(one -> free.getOrDefault(one, TAKEN)).toList();
    }

    @Override
    public Map<Integer, Occupancy> taken(List<Integer> ledgers, Quota quota) throws SQLException {
        return read(Ledger.Several.ofUnits(sql, quota, now, heldOver()), ledgers);
    }

    /** The slots of a ledger, exact now. */
    Occupancy slots(int ledger, Quota quota) throws SQLException {
        if (quota.windows().isEmpty()) {
            return Ledger.read(sql, ledger, quota, now, heldOver());
        }
        Ledger.Several one = Ledger.Several.ofCalls(sql, quota, now, heldOver());
        return Objects.requireNonNull(read(one, List.of(ledger)).get(ledger));
    }

    private Map<Integer, Occupancy> read(Ledger.Several several, List<Integer> ledgers)
            throws SQLException {
        RoundTrip trip = new RoundTrip();
        List<Object> values = new ArrayList<>(List.of(PostgresDatabase.ints(List.copyOf(ledgers))));
        values.addAll(several.values());
        database.plannedOnce(
                trip, reads -> reads.query(several.text(), several::found, values.toArray()));
        trip.run(sql);
        return several.all(ledgers);
    }

    @Override
    public void wholly(Queue root) throws SQLException {
        if (locked.isShared(root)) {
            throw new NotLocked(List.of(root.name));
        }
    }

    /** What has the transaction run anew with those of the shared upstreams as a whole. */
    private NotLocked wholly(Predicate<Queue> which) {
        return new NotLocked(locked.shared().stream().filter(which).map(one -> one.name).toList());
    }

    /**
     * Looks whether no shared upstream's own row is to be written.
     *
     * @throws NotLocked if one is: it is locked as a whole then
     */
    void keepsWithin() throws SQLException {
        if (locked.shared().stream().anyMatch(Queue::ownChanged)) {
            throw wholly(Queue::ownChanged);
        }
    }

    /** Of a ledger that others use, too, at the end: locks last for as long as a commit then. */
    @Override
    public void use(int ledger, long settled, long calls) throws SQLException {
        if (!usesWithOthers(ledger)) {
            lockLedger(ledger);
        }
        used.merge(
                ledger,
                new Used(settled, calls),
                (one, other) ->
                        new Used(
                                Math.max(one.settled(), other.settled()),
                                one.calls() + other.calls()));
    }

    private record Used(long settled, long calls) {}

    /** Writes what was used so far, for whoever reads the ledger next. */
    void flushUse() throws SQLException {
        RoundTrip trip = new RoundTrip();
        used.keySet().removeIf(ledger -> !usesWithOthers(ledger) && writeUse(trip, ledger));
        trip.run(sql);
    }

    private void writeUse(RoundTrip trip) {
        List<Integer> last = used.keySet().stream().filter(this::usesWithOthers).toList();
        if (!last.isEmpty()) {
            PostgresDatabase.Column ids = PostgresDatabase.ints(last);
            trip.query(PostgresSql.LOCK_LEDGERS, _ -> {}, ids, ids);
        }
        used.keySet().removeIf(ledger -> writeUse(trip, ledger));
    }

    private boolean writeUse(RoundTrip trip, int ledger) {
        Used use = Objects.requireNonNull(used.get(ledger));
        trip.change(LedgerSql.USE, ledger, use.settled(), use.calls());
        return true;
    }

    @Override
    public boolean deleteAttempt(long attempt) throws SQLException {
        boolean deleted = sql.update(LedgerSql.DELETE_UNMADE, attempt) == 1;
        if (deleted) {
            settled.add(attempt);
        }
        return deleted;
    }

    @Override
    public @Nullable Job find(JobKey key) throws SQLException {
        return PostgresAsks.jobs(sql, List.of(key), now, this::cached).get(key);
    }

    @Override
    protected long nextJob() throws SQLException {
        return jobNumbers.next(sql);
    }

    @Override
    protected void add(Job job) throws SQLException {
        PostgresNewRows fresh = new PostgresNewRows();
        fresh.jobs.add(job);
        write(fresh);
        flush();
    }

    /** Has the whole transaction run anew with the locks of these upstreams, too. */
    void also(Collection<Integer> upstreams) throws SQLException {
        List<String> names =
                sql.list(
                        PostgresSql.UPSTREAM_NAMES,
                        row -> Session.text(row, 2),
                        PostgresDatabase.ints(List.copyOf(upstreams)));
        throw new NotLocked(names);
    }

    @Override
    public void changed(long job, int upstream) {
        changedJobs.add(job);
        changedUpstreams.add(upstream);
    }

    /** Jobs are found by their keys in the database itself. */
    @Override
    public void finished(Job job, boolean cached) {
        cached(job.route(), cached ? 1 : 0);
    }

    @Override
    public void forgotten(Job job) {
        cached(job.route(), job.cachedUntil() == null ? 0 : -1);
    }

    /** There are more results kept as cache for a route, or less. */
    void cached(String route, int change) {
        if (change != 0) {
            cached.merge(route, change, Integer::sum);
        }
    }

    @Override
    public void addDelivery(
            UUID id, int client, UUID subject, String told, boolean leased, long due)
            throws SQLException {
        if (!leased) {
            owed.add(new Owed(id, client, subject, told));
            return;
        }
        sql.update(PostgresSql.ADD_DELIVERY, id, client, subject, told, owner, due, wall(), wall());
    }

    /** A delivery that is due at once, and written with all others at the end. */
    private record Owed(UUID id, int client, UUID subject, String told) {}

    private void writeOwed(RoundTrip trip) {
        if (!owed.isEmpty()) {
            trip.change(
                    PostgresSql.ADD_DELIVERIES,
                    now,
                    wall(),
                    wall(),
                    PostgresDatabase.uuids(owed.stream().map(Owed::id).toList()),
                    PostgresDatabase.ints(owed.stream().map(Owed::client).toList()),
                    PostgresDatabase.uuids(owed.stream().map(Owed::subject).toList()),
                    PostgresDatabase.texts(owed.stream().map(Owed::told).toList()));
        }
    }

    @Override
    public int endDeliveries(RequestKey request) throws SQLException {
        int before = owed.size();
        owed.removeIf(
                one -> one.client() == request.client() && one.subject().equals(request.id()));
        int unwritten = before - owed.size();
        return unwritten + sql.update(PostgresSql.END_DELIVERIES, request.client(), request.id());
    }

    /**
     * Writes new rows with the commit, unless they are {@link #flush flushed}. What they refer to
     * is held before: together with the commit it would be too late to look whether it is there.
     */
    void write(PostgresNewRows fresh) throws SQLException {
        for (Job job : fresh.jobs) {
            if (job.body() instanceof Body.Kept kept) {
                StoredContents.hold(this, job.client(), kept);
            }
        }
        database.plannedOnce(unsent, fresh::write);
    }

    /** Sends them now: something is to see what they do. */
    void flush() throws SQLException {
        RoundTrip trip = unsent;
        unsent = new RoundTrip();
        trip.run(sql);
    }

    /** Adds statements whose plans are kept, where the server can be told so. */
    void plannedOnce(RoundTrip trip, Consumer<RoundTrip> statements) {
        database.plannedOnce(trip, statements);
    }

    /** Writes what was kept back until the end, and commits. */
    void commit() throws SQLException {
        completing.count(this);
        ending = true;
        Places.settle(this);
        RoundTrip trip = unsent;
        List<Queue> all = locked.all();
        for (Queue queue : locked.queues()) {
            if (locked.isShared(queue)) {
                writeTally(trip, queue);
            } else if (hasChanged(queue)) {
                trip.change(PostgresSql.WRITE_UPSTREAM, QueueRows.values(queue));
            }
        }
        writePartitions(trip);
        writeOwed(trip);
        writeUse(trip);
        database.plannedOnce(trip, writes -> QueueRows.writeLanes(writes, all));
        writePending(trip);
        writeCached(trip);
        // Here and not for the session, which behind a pooler others may have changed.
        trip.set(losable ? PostgresSql.NOT_DURABLE : PostgresSql.DURABLE);
        trip.commit(sql);
    }

    private static boolean hasChanged(Queue queue) {
        return queue.changed() || queue.lanesChanged();
    }

    private void writePartitions(RoundTrip trip) {
        List<Queue> changed =
                locked.partitions().stream()
                        .filter(queue -> hasChanged(queue) || moved.contains(queue.id))
                        .toList();
        if (!changed.isEmpty()) {
            database.plannedOnce(
                    trip,
                    writes ->
                            writes.change(
                                    PostgresSql.WRITE_PARTITIONS, QueueRows.partitions(changed)));
        }
    }

    private void writeTally(RoundTrip trip, Queue root) {
        if (root.inner().changed()) {
            List<Object> values = new ArrayList<>(List.of(root.id, owner));
            for (long added : root.inner().added()) {
                values.add(added);
            }
            trip.change(PostgresSql.ADD_TALLY, values.toArray());
        }
    }

    private void writeCached(RoundTrip trip) {
        cached.values().removeIf(change -> change == 0);
        if (!cached.isEmpty()) {
            trip.change(
                    PostgresSql.WRITE_CACHED,
                    PostgresDatabase.texts(List.copyOf(cached.keySet())),
                    PostgresDatabase.ints(List.copyOf(cached.values())));
        }
    }

    private void writePending(RoundTrip trip) {
        pending.values().removeIf(change -> change == 0);
        if (pending.isEmpty()) {
            return;
        }
        PostgresDatabase.Column clients = PostgresDatabase.ints(List.copyOf(pending.keySet()));
        PostgresDatabase.Column changes = PostgresDatabase.ints(List.copyOf(pending.values()));
        if (pending.size() > 1) {
            trip.query(PostgresSql.LOCK_PENDING, _ -> {}, clients);
        }
        trip.change(PostgresSql.WRITE_PENDING, clients, changes);
    }
}
