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
 * needed: a partition is locked with its upstream.
 */
final class LockedQueues {
    /** Of {@link PostgresSql#LOCK_UPSTREAMS}. */
    private static final int POOL_COLUMN = 22;

    private final Session sql;
    private final PostgresDatabase database;
    private final Undo undo;
    private final Map<String, Queue> queues = new HashMap<>();
    private final Map<Integer, Queue> queuesById = new HashMap<>();

    /** The ledgers of upstreams' credentials, where they have several. */
    private final Map<Integer, List<Integer>> pools = new HashMap<>();

    private final Map<String, Queue> partitions = new HashMap<>();
    private final Map<Integer, Queue> partitionsById = new TreeMap<>();

    LockedQueues(Session sql, PostgresDatabase database, Undo undo) {
        this.sql = sql;
        this.database = database;
        this.undo = undo;
    }

    /**
     * Locks upstreams, made if they are new, and reads their queues and what the asks need to know;
     * at most once.
     *
     * @param also asks for what is to be known as of the same moment
     */
    void lock(Collection<String> names, Consumer<RoundTrip> also) throws SQLException {
        if (!queuesById.isEmpty()) {
            throw new IllegalStateException("upstreams are locked all at once");
        }
        PostgresDatabase.Column wanted = PostgresDatabase.texts(List.copyOf(names));
        read(wanted, also);
        if (queues.size() < Set.copyOf(names).size()) {
            PostgresDatabase.Column identities =
                    PostgresDatabase.texts(names.stream().map(Ledger::identity).toList());
            sql.update(PostgresSql.ADD_LEDGERS, identities);
            sql.update(PostgresSql.ADD_UPSTREAMS, wanted, identities);
            queues.clear();
            queuesById.clear();
            read(wanted, also);
        }
    }

    /** Each statement sees what was committed before it: by then the locks are held. */
    private void read(PostgresDatabase.Column names, Consumer<RoundTrip> also) throws SQLException {
        RoundTrip trip = new RoundTrip();
        if (!names.values().isEmpty()) {
            trip.query(
                    PostgresSql.LOCK_UPSTREAMS,
                    row -> keep(QueueRows.read(row, queuesById), row),
                    names);
        }
        database.plannedOnce(
                trip,
                reads -> {
                    if (!names.values().isEmpty()) {
                        QueueRows.askLanes(reads, PostgresSql.LANES, names, queuesById, sql);
                    }
                    also.accept(reads);
                });
        trip.run(sql);
    }

    private void keep(Queue queue, ResultSet row) throws SQLException {
        keepPool(queue, row.getArray(POOL_COLUMN));
        queues.put(queue.name, queue);
        queuesById.put(queue.id, queue);
    }

    /** Reads partitions of locked upstreams with their lanes, as far as they are not known. */
    private void meet(String sql, PostgresDatabase.Column which) throws SQLException {
        PostgresDatabase.Column roots = PostgresDatabase.ints(List.copyOf(queuesById.keySet()));
        List<Queue> found =
                this.sql.list(sql, row -> QueueRows.read(row, queuesById), which, roots);
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
                    trip,
                    reads -> QueueRows.askLanes(reads, PostgresSql.LANES_IN, ids, fresh, this.sql));
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

    /** A partition's queue, made if it is new. */
    Queue partition(Queue root, String key) throws SQLException {
        Place place = new Place(root, key);
        needPartitions(List.of(place), List.of(place));
        return Objects.requireNonNull(partitions.get(place.name()));
    }

    /** Partitions by their numbers, in that order. */
    List<Queue> partitions(List<Integer> numbers) throws SQLException {
        List<Integer> unknown =
                numbers.stream().filter(id -> !partitionsById.containsKey(id)).toList();
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
        for (int i = 0; i < places.size(); i++) {
            Partition place = places.get(i);
            trip.change(
                    PartitionSql.WRITE_PLACE,
                    place.turn(),
                    place.line(),
                    place.wake(),
                    place.fifo(),
                    place.busy(),
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

    /** Ledgers that a call of these upstreams may take room in. */
    Set<Integer> ledgers() {
        Set<Integer> all = new TreeSet<>();
        queues.values().forEach(queue -> all.add(queue.ledger()));
        pools.values().forEach(all::addAll);
        return all;
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
