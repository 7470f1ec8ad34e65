package dev.holdfast.store.postgresql;

import dev.holdfast.request.Priority;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.postgresql.connection.RoundTrip;
import dev.holdfast.store.queue.Inner;
import dev.holdfast.store.queue.Lanes;
import dev.holdfast.store.queue.Partition;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.queue.Rank;
import dev.holdfast.store.queue.Spell;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.partition.PlaceRow;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How the rows of upstreams and partitions, with their lanes, are read and written. */
final class QueueRows {
    private QueueRows() {}

    /** An upstream's queue as it is now, without a lock; null if it is not known. */
    static @Nullable Queue look(Session sql, String name) throws SQLException {
        Map<Integer, Queue> found = new HashMap<>();
        PostgresDatabase.Column names = PostgresDatabase.texts(List.of(name));
        RoundTrip trip = new RoundTrip();
        trip.query(
                PostgresSql.UPSTREAM,
                row -> {
                    Queue queue = read(row, found);
                    found.put(queue.id, queue);
                },
                name);
        trip.query(
                PostgresSql.TALLIES,
                row -> {
                    Queue queue = found.get(row.getInt(1));
                    if (queue != null) {
                        tally(row, queue);
                    }
                },
                names);
        askLanes(trip, PostgresSql.LANES, names, found, null);
        trip.run(sql);
        return found.values().stream().findFirst().orElse(null);
    }

    /** Adds what replicas added to an upstream's counts while its partitions were apart. */
    static void tally(ResultSet row, Queue root) throws SQLException {
        long[] counts = new long[Inner.COUNTS];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = row.getLong(i + 2);
        }
        root.inner().add(counts);
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
                row -> found.put(row.getInt(1), read(row, roots)),
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
    static void askLanes(
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

        Unread(SQLException why) {
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
    static void needLanes(
            Session session, Queue queue, Priority priority, boolean retry, Stream<Integer> clients)
            throws SQLException {
        Lanes lanes = queue.rank(priority).lanes(retry);
        if (!lanes.complete()) {
            List<Integer> unknown =
                    clients.filter(client -> !lanes.knows(client)).distinct().toList();
            if (!unknown.isEmpty()) {
                readLanes(session, queue, priority, retry, unknown);
            }
        }
    }

    /**
     * An upstream's or a partition's row, without lanes.
     *
     * @param roots upstreams by their numbers
     */
    static Queue read(ResultSet row, Map<Integer, Queue> roots) throws SQLException {
        Queue root = roots.get(row.getInt(13));
        Inner inner = new Inner(row.getInt(20), row.getInt(21), row.getInt(22));
        return new Queue(
                row.getInt(1),
                Session.text(row, 2),
                root,
                root == null ? null : PlaceRow.read(row, 14),
                inner,
                row.getInt(3),
                ranks(row, 24, inner),
                row.getInt(4),
                row.getBoolean(5),
                row.getLong(6),
                Spell.of(row.getLong(7), row.getLong(8)),
                Spell.of(row.getLong(9), row.getLong(10)),
                row.getInt(11),
                row.getLong(12));
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

    /** The values of {@link PostgresSql#WRITE_UPSTREAM}. */
    static Object[] values(Queue queue) {
        List<Object> values =
                new ArrayList<>(
                        List.of(
                                queue.beat(),
                                queue.paused(),
                                queue.closedUntil(),
                                queue.unauthorizedSince(),
                                queue.unauthorizedUntil(),
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

    /** The values of {@link PostgresSql#WRITE_PARTITIONS}. */
    static Object[] partitions(List<Queue> queues) {
        return columns(
                queues.stream()
                        .map(
                                queue -> {
                                    List<@Nullable Object> values =
                                            new ArrayList<>(Arrays.asList(values(queue)));
                                    values.removeLast();
                                    Collections.addAll(
                                            values,
                                            place(
                                                    Objects.requireNonNull(queue.partition()),
                                                    queue.id));
                                    return values;
                                })
                        .toList());
    }

    /** The values of {@link PostgresSql#WRITE_PLACES}. */
    static Object[] places(List<Partition> places, List<Integer> numbers) {
        return columns(
                IntStream.range(0, places.size())
                        .mapToObj(i -> Arrays.asList(place(places.get(i), numbers.get(i))))
                        .toList());
    }

    private static @Nullable Object[] place(Partition place, int number) {
        return new @Nullable Object[] {
            place.turn(), place.line(), place.wake(), place.fifo(), place.busy(), number
        };
    }

    /** Rows as columns, of which each has one type; the last one, their numbers, comes twice. */
    private static Object[] columns(List<List<@Nullable Object>> rows) {
        int last = rows.getFirst().size() - 1;
        return IntStream.rangeClosed(0, last + 1)
                .map(i -> Math.min(i, last))
                .mapToObj(
                        i -> {
                            List<@Nullable Object> column = new ArrayList<>();
                            rows.forEach(row -> column.add(row.get(i)));
                            Object some =
                                    column.stream().filter(Objects::nonNull).findFirst().orElse(0L);
                            String type =
                                    switch (some) {
                                        case Boolean _ -> "bool";
                                        case Integer _ -> "int4";
                                        default -> "int8";
                                    };
                            return new PostgresDatabase.Column(type, column);
                        })
                .toArray();
    }

    /** Writes the lanes of queues that changed. */
    static void writeLanes(RoundTrip trip, Collection<Queue> queues) {
        List<Integer> upstreams = new ArrayList<>();
        List<Boolean> retries = new ArrayList<>();
        List<Integer> priorities = new ArrayList<>();
        List<Integer> clients = new ArrayList<>();
        List<Long> turns = new ArrayList<>();
        List<Long> jobs = new ArrayList<>();
        List<Integer> weights = new ArrayList<>();
        for (Queue queue : queues) {
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
}
