package dev.holdfast.store.postgresql;

import dev.holdfast.request.Body;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Priority;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.credential.CredentialRows;
import dev.holdfast.store.queue.Inner;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Lanes;
import dev.holdfast.store.queue.Partition;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.queue.Rank;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.BatchWrites;
import dev.holdfast.store.transition.RequestKey;
import dev.holdfast.store.transition.SettledCall;
import dev.holdfast.store.transition.StoredContents;
import dev.holdfast.store.transition.Transaction;
import dev.holdfast.store.transition.partition.PartitionSql;
import dev.holdfast.store.transition.partition.Places;
import java.sql.Array;
import java.sql.ResultSet;
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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A transaction as its operations see it: the rows of the upstreams it has locked, one notion of
 * now, and what is to be written and told when it ends.
 *
 * <p>Locks are taken in one order by all: upstreams by number, then clients' counts by number, so
 * that no two transactions wait for each other.
 */
final class PostgresTransaction extends Transaction {
    /** Of {@link PostgresSql#LOCK_UPSTREAMS}. */
    private static final int POOL_COLUMN = 21;

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
    private final Map<String, Queue> queues = new HashMap<>();
    private final Map<Integer, Queue> queuesById = new HashMap<>();

    /** The ledgers of upstreams' credentials, where they have several. */
    private final Map<Integer, List<Integer>> pools = new HashMap<>();

    /** Partitions of upstreams that are locked, as far as they were needed. */
    private final Map<String, Queue> partitions = new HashMap<>();

    private final Map<Integer, Queue> partitionsById = new TreeMap<>();
    private final Map<Integer, Integer> pending = new TreeMap<>();
    private final Map<String, Integer> cached = new TreeMap<>();
    private final List<Owed> owed = new ArrayList<>();
    private final Set<Integer> lockedLedgers = new HashSet<>();
    private final Map<Integer, Used> used = new TreeMap<>();
    private boolean losable;
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
            BatchWrites completing) {
        super(sql);
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
        if (!queuesById.isEmpty()) {
            throw new IllegalStateException("upstreams are locked all at once");
        }
        PostgresDatabase.Column wanted = PostgresDatabase.texts(List.copyOf(names));
        read(wanted);
        if (queues.size() < Set.copyOf(names).size()) {
            PostgresDatabase.Column identities =
                    PostgresDatabase.texts(names.stream().map(Ledger::identity).toList());
            sql.update(PostgresSql.ADD_LEDGERS, identities);
            sql.update(PostgresSql.ADD_UPSTREAMS, wanted, identities);
            queues.clear();
            queuesById.clear();
            read(wanted);
        }
    }

    /** Each statement sees what was committed before it: by then the locks are held. */
    private void read(PostgresDatabase.Column names) throws SQLException {
        RoundTrip trip = new RoundTrip();
        if (!names.values().isEmpty()) {
            trip.query(PostgresSql.LOCK_UPSTREAMS, row -> keep(queue(row, queuesById), row), names);
        }
        database.plannedOnce(
                trip,
                reads -> {
                    if (!names.values().isEmpty()) {
                        askLanes(reads, PostgresSql.LANES, names, queuesById, sql);
                    }
                    clock.ask(reads, this::at);
                    asks.ask(reads);
                });
        trip.run(sql);
    }

    private void at(long steady, long wall) {
        this.now = steady;
        this.wall = wall;
    }

    private void keep(Queue queue, ResultSet row) throws SQLException {
        keepPool(queue, row.getArray(POOL_COLUMN));
        queues.put(queue.name, queue);
        queuesById.put(queue.id, queue);
    }

    /** An upstream's queue as it is now, without a lock; null if it is not known. */
    static @Nullable Queue look(Session sql, String name) throws SQLException {
        Map<Integer, Queue> found = new HashMap<>();
        PostgresDatabase.Column names = PostgresDatabase.texts(List.of(name));
        RoundTrip trip = new RoundTrip();
        trip.query(
                PostgresSql.UPSTREAM,
                row -> {
                    Queue queue = queue(row, found);
                    found.put(queue.id, queue);
                },
                name);
        askLanes(trip, PostgresSql.LANES, names, found, null);
        trip.run(sql);
        return found.values().stream().findFirst().orElse(null);
    }

    /** Partitions as they are now, by their keys, without locks. */
    static Map<String, Queue> look(Session sql, Queue root, List<String> keys) throws SQLException {
        Map<Integer, Queue> roots = Map.of(root.id, root);
        Map<Integer, Queue> found = new HashMap<>();
        List<String> names =
                keys.stream().map(key -> NewRequest.Place.queue(root.name, key)).toList();
        RoundTrip trip = new RoundTrip();
        PostgresDatabase.Column wanted = PostgresDatabase.texts(names);
        trip.query(
                PostgresSql.PARTITIONS_NAMED,
                row -> found.put(row.getInt(1), queue(row, roots)),
                wanted,
                PostgresDatabase.ints(List.of(root.id)));
        askLanes(trip, PostgresSql.LANES, wanted, found, null);
        trip.run(sql);
        Map<String, Queue> byKey = new HashMap<>();
        found.values().forEach(one -> byKey.put(Objects.requireNonNull(one.partition()).key, one));
        return byKey;
    }

    /**
     * Asks for lanes, of each queue for a bounded number.
     *
     * @param session where others are read when they are needed; null if that may not be
     */
    private static void askLanes(
            RoundTrip trip,
            String lanes,
            PostgresDatabase.Column names,
            Map<Integer, Queue> queues,
            @Nullable Session session) {
        trip.query(
                lanes,
                row -> {
                    Queue queue = queues.get(row.getInt(1));
                    // Made in between, by another.
                    if (queue != null) {
                        boolean retry = row.getBoolean(2);
                        Priority priority = Priority.ALL.get(row.getInt(3));
                        queue.rank(priority)
                                .lanes(retry)
                                .load(row.getInt(4), row.getLong(5), row.getLong(6), row.getInt(7));
                        if (row.getInt(8) == PostgresSql.MAX_LANES) {
                            partly(session, queue, retry);
                        }
                    }
                },
                names);
    }

    /** There are more lanes than were looked at, of whichever class. */
    private static void partly(@Nullable Session session, Queue queue, boolean retry) {
        for (Priority each : Priority.ALL) {
            queue.rank(each)
                    .lanes(retry)
                    .partly(client -> readLane(session, queue, each, retry, client));
        }
    }

    /** A lane could not be read, where only the database's own exception says why. */
    static final class Unread extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final SQLException why;

        private Unread(SQLException why) {
            super(why);
            this.why = why;
        }

        SQLException why() {
            return why;
        }
    }

    private static void readLane(
            @Nullable Session session, Queue queue, Priority priority, boolean retry, int client) {
        if (session == null) {
            throw new IllegalStateException("a look at a queue changes no lane");
        }
        try {
            readLanes(session, queue, priority, retry, List.of(client));
        } catch (SQLException e) {
            throw new Unread(e);
        }
    }

    private static void readLanes(
            Session session, Queue queue, Priority priority, boolean retry, List<Integer> clients)
            throws SQLException {
        Lanes lanes = queue.rank(priority).lanes(retry);
        clients.forEach(lanes::none);
        RoundTrip trip = new RoundTrip();
        trip.query(
                PostgresSql.LANES_OF,
                row -> lanes.load(row.getInt(1), row.getLong(2), row.getLong(3), row.getInt(4)),
                PostgresDatabase.ints(clients),
                queue.id,
                retry,
                priority.number());
        trip.run(session);
    }

    /** Reads clients' lanes together that will be needed, as far as they are not known. */
    void needLanes(Queue queue, Priority priority, boolean retry, Stream<Integer> clients)
            throws SQLException {
        Lanes lanes = queue.rank(priority).lanes(retry);
        if (!lanes.complete()) {
            List<Integer> unknown =
                    clients.filter(client -> !lanes.knows(client)).distinct().toList();
            if (!unknown.isEmpty()) {
                readLanes(sql, queue, priority, retry, unknown);
            }
        }
    }

    /**
     * An upstream's or a partition's row, without lanes.
     *
     * @param roots upstreams by their numbers
     */
    private static Queue queue(ResultSet row, Map<Integer, Queue> roots) throws SQLException {
        Queue root = roots.get(row.getInt(12));
        Inner inner = new Inner(row.getInt(18), row.getInt(19), row.getInt(20));
        return new Queue(
                row.getInt(1),
                Session.text(row, 2),
                root,
                root == null
                        ? null
                        : new Partition(
                                Session.text(row, 13),
                                row.getLong(14),
                                Session.longOrNull(row, 15),
                                Session.longOrNull(row, 16),
                                row.getBoolean(17)),
                inner,
                row.getInt(3),
                ranks(row, 22, inner),
                row.getInt(4),
                row.getBoolean(5),
                row.getLong(6),
                row.getLong(7),
                row.getLong(8),
                row.getLong(9),
                row.getInt(10),
                row.getLong(11));
    }

    /** From this column on seven of each class, the last two for what is in partitions. */
    private static List<Rank> ranks(ResultSet row, int column, Inner inner) throws SQLException {
        List<Rank> ranks = new ArrayList<>();
        int at = column;
        for (Priority each : Priority.ALL) {
            int credit = row.getInt(at);
            Lanes first = new Lanes(row.getLong(at + 1), row.getLong(at + 3));
            Lanes retries = new Lanes(row.getLong(at + 2), row.getLong(at + 4));
            ranks.add(new Rank(first, retries, credit));
            inner.load(each, false, row.getLong(at + 5));
            inner.load(each, true, row.getLong(at + 6));
            at += 7;
        }
        return ranks;
    }

    /** Reads partitions of locked upstreams with their lanes, as far as they are not known. */
    private void meet(String sql, PostgresDatabase.Column which) throws SQLException {
        PostgresDatabase.Column roots = PostgresDatabase.ints(List.copyOf(queuesById.keySet()));
        List<Queue> found = this.sql.list(sql, row -> queue(row, queuesById), which, roots);
        Map<Integer, Queue> fresh = new HashMap<>();
        for (Queue queue : found) {
            if (partitions.putIfAbsent(queue.name, queue) == null) {
                partitionsById.put(queue.id, queue);
                fresh.put(queue.id, queue);
            }
        }
        if (!fresh.isEmpty()) {
            RoundTrip trip = new RoundTrip();
            PostgresDatabase.Column ids = PostgresDatabase.ints(List.copyOf(fresh.keySet()));
            database.plannedOnce(
                    trip, reads -> askLanes(reads, PostgresSql.LANES_IN, ids, fresh, this.sql));
            trip.run(this.sql);
        }
    }

    /** A partition's key, and the upstream's queue. */
    record Place(Queue root, String key) {
        String name() {
            return NewRequest.Place.queue(root.name, key);
        }
    }

    /**
     * Reads partitions together that will be needed.
     *
     * @param make those of them that are made if they are not there
     */
    void needPartitions(Collection<Place> wanted, Collection<Place> make) throws SQLException {
        List<String> unknown =
                wanted.stream()
                        .map(Place::name)
                        .filter(name -> !partitions.containsKey(name))
                        .distinct()
                        .toList();
        if (!unknown.isEmpty()) {
            meet(PostgresSql.PARTITIONS_NAMED, PostgresDatabase.texts(unknown));
        }
        List<Place> missing =
                make.stream()
                        .filter(place -> !partitions.containsKey(place.name()))
                        .distinct()
                        .toList();
        if (missing.isEmpty()) {
            return;
        }
        List<String> names = missing.stream().map(Place::name).toList();
        sql.update(
                PostgresSql.ADD_PARTITIONS,
                PostgresDatabase.texts(names),
                PostgresDatabase.ints(missing.stream().map(place -> place.root.id).toList()),
                PostgresDatabase.texts(missing.stream().map(Place::key).toList()));
        missing.forEach(place -> place.root.inner().partitions(1, undo));
        meet(PostgresSql.PARTITIONS_NAMED, PostgresDatabase.texts(names));
        missing.forEach(place -> place(place.name()).stir());
    }

    private Partition place(String name) {
        Queue queue = partitions.get(name);
        Partition place = queue == null ? null : queue.partition();
        if (place == null) {
            throw new IllegalStateException(name + " was not made");
        }
        return place;
    }

    @Override
    protected Queue partition(Queue root, String key) throws SQLException {
        Place place = new Place(root, key);
        needPartitions(List.of(place), List.of(place));
        return Objects.requireNonNull(partitions.get(place.name()));
    }

    @Override
    public List<Queue> partitions(Queue root, List<Integer> numbers) throws SQLException {
        List<Integer> unknown =
                numbers.stream().filter(id -> !partitionsById.containsKey(id)).toList();
        if (!unknown.isEmpty()) {
            meet(PostgresSql.PARTITIONS, PostgresDatabase.ints(unknown));
        }
        return numbers.stream().map(id -> Objects.requireNonNull(partitionsById.get(id))).toList();
    }

    @Override
    public void forget(Queue partition) throws SQLException {
        sql.update(PartitionSql.DELETE_LANES, partition.id);
        sql.update(PartitionSql.DELETE_PARTITION, partition.id);
        partition.root().inner().partitions(-1, undo);
        partitions.remove(partition.name);
        partitionsById.remove(partition.id);
    }

    @Override
    public Collection<Queue> met() {
        return List.copyOf(partitionsById.values());
    }

    @Override
    public void write(List<Partition> places, List<Integer> numbers) throws SQLException {
        RoundTrip trip = new RoundTrip();
        for (int i = 0; i < places.size(); i++) {
            Partition place = places.get(i);
            trip.change(
                    PartitionSql.WRITE_PLACE,
                    place.turn(),
                    place.line(),
                    place.wake(),
                    place.fifo(),
                    numbers.get(i));
        }
        trip.run(sql);
    }

    /**
     * Has upstreams' calls, which are locked, count as what each calls.
     *
     * @param pools the credentials of those that have several
     */
    void identify(Map<String, String> identities, Map<String, List<ClaimAsk.Credential>> pools)
            throws SQLException {
        Map<Integer, Integer> known = new HashMap<>();
        for (Queue queue : queues.values()) {
            List<ClaimAsk.Credential> credentials = pools.getOrDefault(queue.name, List.of());
            known.put(queue.id, CredentialRows.upstreamsLedger(sql, queue.id, credentials));
        }
        List<String> names = List.copyOf(identities.keySet());
        PostgresDatabase.Column ids =
                PostgresDatabase.texts(names.stream().map(identities::get).toList());
        sql.update(PostgresSql.ADD_LEDGERS, ids);
        sql.update(PostgresSql.SET_LEDGERS, PostgresDatabase.texts(names), ids);
        for (Queue queue : queues.values()) {
            List<ClaimAsk.Credential> credentials = pools.getOrDefault(queue.name, List.of());
            int ledger = known.getOrDefault(queue.id, 0);
            if (ledger != 0) {
                sql.update(PostgresSql.SET_LEDGER, ledger, queue.id);
            }
            CredentialRows.add(sql, queue.id, credentials);
            CredentialRows.forgetOthers(sql, queue.id, credentials);
            sql.change(PostgresSql.SET_POOL, row -> true, queue.id);
        }
    }

    /**
     * Has each credential of a locked upstream a row, and its ledgers be locked with the others.
     */
    void pool(Queue queue, List<ClaimAsk.Credential> credentials) throws SQLException {
        if (CredentialRows.add(sql, queue.id, credentials)) {
            keepPool(queue, sql.change(PostgresSql.SET_POOL, row -> row.getArray(1), queue.id));
        }
    }

    private void keepPool(Queue queue, @Nullable Array ledgers) throws SQLException {
        if (ledgers != null && ledgers.getArray() instanceof Integer[] some && some.length > 0) {
            pools.put(queue.id, List.of(some));
        }
    }

    /** The upstreams that are locked. */
    Collection<Queue> queues() {
        return queues.values();
    }

    @Override
    public @Nullable Queue known(String name) {
        Queue own = queues.get(name);
        return own == null ? partitions.get(name) : own;
    }

    /** A locked upstream. */
    Queue queue(String name) {
        Queue queue = queues.get(name);
        if (queue == null) {
            throw new IllegalStateException("upstream " + name + " is not locked");
        }
        return queue;
    }

    @Override
    public Queue queue(int id) {
        Queue queue = find(id);
        if (queue == null) {
            throw new IllegalStateException("upstream " + id + " is not locked");
        }
        return queue;
    }

    /** An upstream's queue that is locked, or a partition's of one that is; or null. */
    private @Nullable Queue find(int id) {
        Queue own = queuesById.get(id);
        if (own == null && !partitionsById.containsKey(id)) {
            try {
                meet(PostgresSql.PARTITIONS, PostgresDatabase.ints(List.of(id)));
            } catch (SQLException e) {
                throw new Unread(e);
            }
        }
        return own == null ? partitionsById.get(id) : own;
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
        if (!lockedLedgers.contains(ledger)) {
            Set<Integer> wanted = new TreeSet<>(List.of(ledger));
            queues.values().forEach(queue -> wanted.add(queue.ledger()));
            pools.values().forEach(wanted::addAll);
            PostgresDatabase.Column ids = PostgresDatabase.ints(List.copyOf(wanted));
            lockedLedgers.addAll(
                    sql.list(PostgresSql.LOCK_LEDGERS, row -> row.getInt(1), ids, ids));
        }
    }

    @Override
    public void use(int ledger, long settled, long calls) throws SQLException {
        lockLedger(ledger);
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
        writeUse(trip);
        trip.run(sql);
    }

    private void writeUse(RoundTrip trip) {
        used.forEach(
                (ledger, use) -> trip.change(LedgerSql.USE, ledger, use.settled(), use.calls()));
        used.clear();
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

    /** Whether an upstream's row is locked. */
    boolean holds(int upstream) {
        return find(upstream) != null;
    }

    /** Has the whole transaction run anew with the locks of these upstreams, too. */
    void also(Collection<Integer> upstreams) throws SQLException {
        List<String> names =
                sql.list(
                        PostgresSql.UPSTREAM_NAMES,
                        row -> Session.text(row, 2),
                        PostgresDatabase.ints(List.copyOf(upstreams)));
        throw new Elsewhere(names);
    }

    /** What is to be changed hangs on upstreams that are not locked. */
    static final class Elsewhere extends SQLException {
        private static final long serialVersionUID = 1L;
        private static final String STATE = "HF002";

        private final transient List<String> upstreams;

        private Elsewhere(List<String> upstreams) {
            super("a job is in another upstream's queue", STATE);
            this.upstreams = upstreams;
        }

        List<String> upstreams() {
            return upstreams;
        }
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

    /** Writes what was kept back until the end, and commits. */
    void commit() throws SQLException {
        completing.count(this);
        Places.settle(this);
        RoundTrip trip = unsent;
        for (Queue queue : all()) {
            if (queue.changed() || queue.lanesChanged()) {
                trip.change(PostgresSql.WRITE_UPSTREAM, row(queue));
            }
        }
        writeOwed(trip);
        writeUse(trip);
        database.plannedOnce(trip, this::writeLanes);
        writePending(trip);
        writeCached(trip);
        // Here and not for the session, which behind a pooler others may have changed.
        trip.set(losable ? PostgresSql.NOT_DURABLE : PostgresSql.DURABLE);
        trip.commit(sql);
    }

    /** The upstreams that are locked, and their partitions that were needed. */
    private List<Queue> all() {
        return Stream.concat(queues.values().stream(), partitionsById.values().stream()).toList();
    }

    /** The partitions that were needed. */
    Collection<Queue> partitions() {
        return partitionsById.values();
    }

    private static Object[] row(Queue queue) {
        List<Object> values =
                new ArrayList<>(
                        List.of(
                                queue.beat(),
                                queue.paused(),
                                queue.closedUntil(),
                                queue.unauthorizedSince(),
                                queue.absentSince(),
                                queue.absentUntil(),
                                queue.ownRunning(),
                                queue.scheduled(),
                                queue.inner().partitions(),
                                queue.inner().busy(),
                                queue.inner().running()));
        for (Priority each : Priority.ALL) {
            Rank rank = queue.rank(each);
            values.add(rank.credit());
            values.add(rank.first().serving());
            values.add(rank.retries().serving());
            values.add(rank.first().jobs());
            values.add(rank.retries().jobs());
            values.add(queue.inner().waiting(each, false));
            values.add(queue.inner().waiting(each, true));
        }
        values.add(queue.id);
        return values.toArray();
    }

    private void writeLanes(RoundTrip trip) {
        List<Integer> upstreams = new ArrayList<>();
        List<Boolean> retries = new ArrayList<>();
        List<Integer> priorities = new ArrayList<>();
        List<Integer> clients = new ArrayList<>();
        List<Long> turns = new ArrayList<>();
        List<Long> jobs = new ArrayList<>();
        List<Integer> weights = new ArrayList<>();
        for (Queue queue : all()) {
            for (Priority priority : Priority.ALL) {
                for (boolean retry : new boolean[] {false, true}) {
                    Lanes lanes = queue.rank(priority).lanes(retry);
                    for (int client : lanes.changed()) {
                        upstreams.add(queue.id);
                        retries.add(retry);
                        priorities.add(priority.number());
                        clients.add(client);
                        turns.add(lanes.last(client));
                        jobs.add(lanes.jobs(client));
                        weights.add(lanes.weight(client));
                    }
                }
            }
        }
        if (!clients.isEmpty()) {
            trip.change(
                    PostgresSql.WRITE_LANES,
                    PostgresDatabase.ints(upstreams),
                    PostgresDatabase.booleans(retries),
                    PostgresDatabase.ints(priorities),
                    PostgresDatabase.ints(clients),
                    PostgresDatabase.longs(turns),
                    PostgresDatabase.longs(jobs),
                    PostgresDatabase.ints(weights));
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
