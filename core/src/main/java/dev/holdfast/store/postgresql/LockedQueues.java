package dev.holdfast.store.postgresql;

import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.credential.CredentialRows;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.postgresql.connection.RoundTrip;
import dev.holdfast.store.queue.Partition;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.queue.Undo;
import dev.holdfast.store.sql.Ledger;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.partition.PartitionSql;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The upstreams whose rows a transaction has locked, with their partitions as far as they were
 * needed: a partition is locked with its upstream, or, where partitions are apart and the upstream
 * is shared, by its own row. See decision 46.
 */
final class LockedQueues {
    /** Of {@link PostgresSql#LOCK_UPSTREAMS}. */
    private static final int PARENT_COLUMN = 13;

    private static final int POOL_COLUMN = 23;
    private static final int APART_COLUMN = 45;

    private final Session sql;
    private final PostgresDatabase database;
    private final Undo undo;
    private final Map<String, Queue> queues = new HashMap<>();
    private final Map<Integer, Queue> queuesById = new HashMap<>();

    /** The ledgers of upstreams' credentials, where they have several. */
    private final Map<Integer, List<Integer>> pools = new HashMap<>();

    private final Map<String, Queue> partitions = new HashMap<>();
    private final Map<Integer, Queue> partitionsById = new TreeMap<>();

    /** Upstreams whose partitions are apart, as this replica's transactions have found them. */
    private final Set<String> apart;

    /** Those of these that are shared with other transactions, by their numbers. */
    private final Map<Integer, Queue> shared = new TreeMap<>();

    /** Partitions of shared upstreams that were to be locked with these. */
    private Set<String> named = Set.of();

    LockedQueues(Session sql, PostgresDatabase database, Undo undo, Set<String> apart) {
        this.sql = sql;
        this.database = database;
        this.undo = undo;
        this.apart = apart;
    }

    /**
     * Locks upstreams, made if they are new, and reads their queues and what the asks need to know;
     * at most once.
     *
     * @param also asks for what is to be known as of the same moment
     */
    void lock(Reach reach, Consumer<RoundTrip> also) throws SQLException {
        if (!queuesById.isEmpty()) {
            throw new IllegalStateException("upstreams are locked all at once");
        }
        Set<String> some = reach.shared(apart);
        Set<String> whole = reach.upstreams();
        whole.removeAll(some);
        named = some.isEmpty() ? Set.of() : reach.partitions();
        List<String> names = List.copyOf(whole);
        PostgresDatabase.Column wanted = PostgresDatabase.texts(names);
        read(wanted, some, also);
        if (shared.size() < some.size()) {
            some.stream().filter(name -> !queues.containsKey(name)).forEach(apart::remove);
            throw new NotLocked(List.of());
        }
        if (queues.size() - shared.size() < names.size()) {
            PostgresDatabase.Column identities =
                    PostgresDatabase.texts(names.stream().map(Ledger::identity).toList());
            sql.update(PostgresSql.ADD_LEDGERS, identities);
            sql.update(PostgresSql.ADD_UPSTREAMS, wanted, identities);
            readAnew(wanted, some, also);
        }
        List<String> alone = names.stream().filter(apart::contains).toList();
        if (!alone.isEmpty()) {
            // Only now does nobody share them any more; what they did is to be seen.
            PostgresDatabase.Column those = PostgresDatabase.texts(alone);
            new RoundTrip()
                    .query(PostgresSql.LOCK_APART, _ -> {}, those)
                    .change(PostgresSql.ADD_TALLIES_UP, those)
                    .run(sql);
            readAnew(wanted, some, also);
        }
    }

    private void readAnew(PostgresDatabase.Column names, Set<String> some, Consumer<RoundTrip> also)
            throws SQLException {
        queues.clear();
        queuesById.clear();
        shared.clear();
        partitions.clear();
        partitionsById.clear();
        read(names, some, also);
    }

    /** Each statement sees what was committed before it: by then the locks are held. */
    private void read(PostgresDatabase.Column names, Set<String> some, Consumer<RoundTrip> also)
            throws SQLException {
        RoundTrip trip = new RoundTrip();
        List<Object> all = new ArrayList<>(names.values());
        Map<Integer, Queue> found = new HashMap<>();
        if (!all.isEmpty()) {
            trip.query(PostgresSql.LOCK_UPSTREAMS, row -> keep(row, found), names);
        }
        if (!some.isEmpty()) {
            share(trip, some, found);
            all.addAll(some);
            all.addAll(named);
        }
        database.plannedOnce(
                trip,
                reads -> {
                    if (!all.isEmpty()) {
                        var lanes = new PostgresDatabase.Column(names.type(), all);
                        QueueRows.askLanes(reads, PostgresSql.LANES, lanes, found, sql);
                    }
                    also.accept(reads);
                });
        trip.run(sql);
        shared.values().forEach(queue -> queue.inner().mark());
    }

    /** Shares upstreams with others, and locks those of their partitions that are known. */
    private void share(RoundTrip trip, Set<String> some, Map<Integer, Queue> found) {
        PostgresDatabase.Column names = PostgresDatabase.texts(List.copyOf(some));
        trip.query(PostgresSql.SHARE_UPSTREAMS, _ -> {}, names);
        trip.query(
                PostgresSql.SHARED_UPSTREAMS,
                row -> {
                    Queue queue = keep(row, found);
                    shared.put(queue.id, queue);
                },
                names);
        trip.query(PostgresSql.TALLIES, this::tally, names);
        if (!named.isEmpty()) {
            trip.query(
                    PostgresSql.LOCK_PARTITIONS,
                    row -> keepPartition(row, found),
                    PostgresDatabase.texts(List.copyOf(named)));
        }
    }

    private Queue keep(ResultSet row, Map<Integer, Queue> found) throws SQLException {
        Queue queue = QueueRows.read(row, queuesById);
        keepPool(queue, row.getArray(POOL_COLUMN));
        queues.put(queue.name, queue);
        queuesById.put(queue.id, queue);
        found.put(queue.id, queue);
        if (row.getBoolean(APART_COLUMN)) {
            apart.add(queue.name);
        } else {
            apart.remove(queue.name);
        }
        return queue;
    }

    private void tally(ResultSet row) throws SQLException {
        Queue root = shared.get(row.getInt(1));
        if (root != null) {
            QueueRows.tally(row, root);
        }
    }

    /** One that is locked by its own row now. */
    private void keepPartition(ResultSet row, Map<Integer, Queue> found) throws SQLException {
        if (shared.containsKey(row.getInt(PARENT_COLUMN))) {
            Queue queue = QueueRows.read(row, shared);
            if (partitions.putIfAbsent(queue.name, queue) == null) {
                partitionsById.put(queue.id, queue);
                found.put(queue.id, queue);
            }
        }
    }

    /** Locks partitions of shared upstreams, and reads them with their lanes. */
    private void lock(String statement, Object... which) throws SQLException {
        Map<Integer, Queue> fresh = new HashMap<>();
        new RoundTrip().query(statement, row -> keepPartition(row, fresh), which).run(sql);
        lanes(fresh);
    }

    /** Reads partitions of locked upstreams with their lanes, as far as they are not known. */
    private void meet(String sql, PostgresDatabase.Column which) throws SQLException {
        PostgresDatabase.Column roots =
                PostgresDatabase.ints(
                        queuesById.keySet().stream()
                                .filter(id -> !shared.containsKey(id))
                                .toList());
        List<Queue> found =
                this.sql.list(sql, row -> QueueRows.read(row, queuesById), which, roots);
        Map<Integer, Queue> fresh = new HashMap<>();
        for (Queue queue : found) {
            if (partitions.putIfAbsent(queue.name, queue) == null) {
                partitionsById.put(queue.id, queue);
                fresh.put(queue.id, queue);
            }
        }
        lanes(fresh);
    }

    private void lanes(Map<Integer, Queue> fresh) throws SQLException {
        if (!fresh.isEmpty()) {
            RoundTrip trip = new RoundTrip();
            PostgresDatabase.Column ids = PostgresDatabase.ints(List.copyOf(fresh.keySet()));
            database.plannedOnce(
                    trip,
                    reads -> QueueRows.askLanes(reads, PostgresSql.LANES_IN, ids, fresh, sql));
            trip.run(sql);
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
        List<Place> unknown =
                wanted.stream()
                        .filter(place -> !partitions.containsKey(place.name()))
                        .distinct()
                        .toList();
        for (Place place : unknown) {
            if (isShared(place.root) && !named.contains(place.name())) {
                throw new NotLocked(List.of(place.root.name)); // its turn to be locked is over
            }
        }
        List<String> alone =
                unknown.stream().filter(one -> !isShared(one.root)).map(Place::name).toList();
        if (!alone.isEmpty()) {
            meet(PostgresSql.PARTITIONS_NAMED, PostgresDatabase.texts(alone));
        }
        List<Place> missing =
                make.stream()
                        .filter(place -> !partitions.containsKey(place.name()))
                        .distinct()
                        .toList();
        if (!missing.isEmpty()) {
            make(missing);
        }
    }

    private void make(List<Place> missing) throws SQLException {
        PostgresDatabase.Column names =
                PostgresDatabase.texts(missing.stream().map(Place::name).toList());
        List<Integer> made =
                sql.list(
                        PostgresSql.ADD_PARTITIONS,
                        row -> row.getInt(1),
                        names,
                        PostgresDatabase.ints(
                                missing.stream().map(place -> place.root.id).toList()),
                        PostgresDatabase.texts(missing.stream().map(Place::key).toList()));
        // Of a shared upstream another may have made it meanwhile.
        made.forEach(root -> queue(root).inner().partitions(1, undo));
        meet(PostgresSql.PARTITIONS_NAMED, names);
        if (!shared.isEmpty()) {
            lock(PostgresSql.LOCK_FREE_NAMED, names);
            if (!missing.stream().allMatch(place -> partitions.containsKey(place.name()))) {
                throw new NotLocked(List.of()); // made by another: to be locked in its order
            }
        }
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

    /** A partition's queue, made if it is new. */
    Queue partition(Queue root, String key) throws SQLException {
        Place place = new Place(root, key);
        needPartitions(List.of(place), List.of(place));
        return Objects.requireNonNull(partitions.get(place.name()));
    }

    /**
     * Partitions by their numbers, in that order; of a shared upstream without those that another
     * has locked: to wait for them might be out of the order in which they are.
     */
    List<Queue> partitions(Queue root, List<Integer> numbers) throws SQLException {
        List<Integer> unknown =
                numbers.stream().filter(id -> !partitionsById.containsKey(id)).toList();
        if (!unknown.isEmpty() && isShared(root)) {
            lock(
                    PostgresSql.LOCK_FREE_PARTITIONS,
                    PostgresDatabase.ints(unknown),
                    PostgresDatabase.ints(List.of(root.id)));
            return numbers.stream()
                    .flatMap(id -> Stream.ofNullable(partitionsById.get(id)))
                    .toList();
        }
        if (!unknown.isEmpty()) {
            meet(PostgresSql.PARTITIONS, PostgresDatabase.ints(unknown));
        }
        return numbers.stream().map(id -> Objects.requireNonNull(partitionsById.get(id))).toList();
    }

    /** Deletes a partition that nothing waits in. */
    void forget(Queue partition) throws SQLException {
        sql.update(PartitionSql.DELETE_LANES, partition.id);
        sql.update(PartitionSql.DELETE_PARTITION, partition.id);
        partition.root().inner().partitions(-1, undo);
        partitions.remove(partition.name);
        partitionsById.remove(partition.id);
    }

    /** Writes where partitions stand in their upstreams' lines. */
    void write(List<Partition> places, List<Integer> numbers) throws SQLException {
        RoundTrip trip = new RoundTrip();
        database.plannedOnce(
                trip,
                writes ->
                        writes.change(PostgresSql.WRITE_PLACES, QueueRows.places(places, numbers)));
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

    /** An upstream's queue or a partition's by its name, if it was read. */
    @Nullable Queue known(String name) {
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

    /** The same by its number. */
    Queue queue(int id) {
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
                int parent = shared.isEmpty() ? 0 : (int) sql.number(PostgresSql.PARENT, id);
                if (shared.containsKey(parent)) {
                    throw new NotLocked(List.of(queue(parent).name));
                }
                meet(PostgresSql.PARTITIONS, PostgresDatabase.ints(List.of(id)));
            } catch (SQLException e) {
                throw new QueueRows.Unread(e);
            }
        }
        return own == null ? partitionsById.get(id) : own;
    }

    /** Whether an upstream's row is locked. */
    boolean holds(int upstream) {
        return find(upstream) != null;
    }

    /** Ledgers that a call of these upstreams may take room in, if nobody shares them. */
    Set<Integer> ledgers() {
        Set<Integer> all = new TreeSet<>();
        for (Queue queue : queues.values()) {
            if (!isShared(queue)) {
                all.add(queue.ledger());
                all.addAll(pools.getOrDefault(queue.id, List.of()));
            }
        }
        return all;
    }

    /** Whether others change what is in this upstream, too, in other partitions. */
    boolean isShared(Queue root) {
        return shared.containsKey(root.id);
    }

    /** The upstreams that are. */
    Collection<Queue> shared() {
        return shared.values();
    }

    /**
     * Has partitions of an upstream that is locked as a whole be locked apart from now on, or no
     * longer.
     */
    void apart(Queue root, boolean apart) throws SQLException {
        if (this.apart.contains(root.name) != apart) {
            sql.update(PostgresSql.SET_APART, apart, root.id);
        }
    }

    /** The upstreams that are locked, and their partitions that were needed. */
    List<Queue> all() {
        return Stream.concat(queues.values().stream(), partitionsById.values().stream()).toList();
    }

    /** The partitions that were needed. */
    Collection<Queue> partitions() {
        return partitionsById.values();
    }
}
