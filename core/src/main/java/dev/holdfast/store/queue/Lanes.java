package dev.holdfast.store.queue;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * Start-time fair queueing of one queue of one upstream (Goyal, Vin and Cheng, 1996, with every job
 * of length one, or a part of it where a client's weight is more): each client has a lane, and a
 * job's turn is one after its lane's last turn or after the turn being served, whichever is later.
 * Whoever serves the smallest turn first serves the clients in rotation, one of twice the weight
 * twice as often. Written by the writer's thread, read by any.
 */
public final class Lanes {
    /** The most that a client may weigh; the least is 1. */
    public static final int MAX_WEIGHT = 16;

    /** What is between two turns of a client of weight 1; each weight divides it. */
    public static final long TURN = 720_720;

    /** With so many lanes each is looked at where jobs up to a turn are counted. */
    private static final int FEW = 4;

    /** Those of who never had any; nothing is ever put into them. */
    public static final Lanes NONE = new Lanes(0);

    // Made when they are needed, and one lane without room for more: there are a hundred thousand
    // partitions, most of which have one client.

    private volatile Map<Integer, Lane> lanes = Map.of();
    private Set<Integer> changed = Set.of();
    private volatile long serving;
    private volatile long jobs;

    /** The largest turn that was given, of lanes that are known. */
    private volatile long last;

    /**
     * What the lanes weigh that begin after a turn, less those that end with it: jobs up to a turn
     * are counted by these. They are as many as there are different lengths, however many lanes
     * there are. Null while there are but few.
     */
    private volatile @Nullable ConcurrentSkipListMap<Long, Integer> edges;

    /** Lanes that are known to be empty, where not all are known. */
    private Set<Integer> empty = Set.of();

    /** Where lanes are read that are not known; null if all are. */
    private @Nullable Source source;

    private final long all;

    /** Jobs in lanes that are known. */
    private volatile long known;

    /** Reads lanes that are not known yet. */
    @FunctionalInterface
    public interface Source {
        /** Calls {@link #load} with the client's lane, if it has one. */
        void read(int client);
    }

    /** A client's jobs: {@code jobs} of them, the last one with turn {@code last}. */
    private record Lane(long last, long jobs, int weight) {
        static final Lane EMPTY = new Lane(0, 0, 1);

        /** The turn before its first: jobs have consecutive turns while none is taken out. */
        long before() {
            return last - jobs * step(weight);
        }
    }

    private static long step(int weight) {
        return TURN / weight;
    }

    /** Lanes that are all loaded, or made. */
    public Lanes(long serving) {
        this(serving, 0);
    }

    /**
     * Lanes of which perhaps only some are loaded.
     *
     * @param all jobs in all lanes
     */
    public Lanes(long serving, long all) {
        this.serving = serving;
        this.all = all;
    }

    /** The largest turn served so far. */
    public long serving() {
        return serving;
    }

    /** Jobs in all lanes. */
    public long jobs() {
        return jobs;
    }

    /**
     * The turn that the client's next job gets; jobs that were taken away leave no debt.
     *
     * @param weight the client's, 1 to {@link #MAX_WEIGHT}
     */
    public long next(int client, int weight) {
        return Math.max(serving, lane(client).last) + step(weight);
    }

    /** The turn after all that were given, for jobs that go one after the other. */
    public long last() {
        return Math.max(serving, last) + TURN;
    }

    /**
     * Jobs with this turn or a smaller one; exact while none is taken from the middle of a lane,
     * all weigh the same (else a lane counts with a part of its next job, too), and all lanes are
     * known, else as many as there would be if the others were like these.
     */
    public long upTo(long turn) {
        long count = weighed(turn) / TURN;
        long seen = known;
        if (source == null || seen == 0) {
            return source == null ? count : Math.min(jobs, Math.max(1, (turn - serving) / TURN));
        }
        return Math.clamp(Math.round((double) count * jobs / seen), Math.min(1, jobs), jobs);
    }

    private long weighed(long turn) {
        long weighed = 0;
        var all = edges;
        if (all == null) {
            for (Lane lane : lanes.values()) {
                long part = Math.max(0, turn - lane.before()) - Math.max(0, turn - lane.last());
                weighed += part * lane.weight;
            }
            return weighed;
        }
        for (Map.Entry<Long, Integer> edge : all.headMap(turn, false).entrySet()) {
            weighed += (turn - edge.getKey()) * edge.getValue();
        }
        return weighed;
    }

    /** Of all lanes only some are loaded; the others are read when they are needed. */
    public void partly(Source source) {
        this.source = source;
        jobs = all;
    }

    /** Whether all lanes are known. */
    public boolean complete() {
        return source == null;
    }

    /** Whether a client's lane is known. */
    public boolean knows(int client) {
        return source == null || lanes.containsKey(client) || empty.contains(client);
    }

    /** A client has no lane. */
    public void none(int client) {
        if (source != null) {
            empty = empty.isEmpty() ? new HashSet<>() : empty;
            empty.add(client);
        }
    }

    /** Adds a job of a client that weighs so much. */
    public void add(int client, long turn, int weight, Undo undo) {
        Lane lane = lane(client);
        set(client, new Lane(Math.max(lane.last, turn), lane.jobs + 1, weight), undo);
    }

    /** Puts back a client's lane as it was kept. */
    public void load(int client, long last, long kept, int weight) {
        if (kept == 0) {
            none(client);
            return;
        }
        if (!empty.isEmpty()) {
            empty.remove(client);
        }
        put(client, new Lane(last, kept, weight));
        if (source == null) {
            long before = jobs;
            jobs = before + kept;
        }
    }

    /** The last turn of a client's lane, to keep. */
    public long last(int client) {
        return lane(client).last;
    }

    /** The jobs in a client's lane, to keep. */
    public long jobs(int client) {
        return lane(client).jobs;
    }

    /** What a client weighed with its last job, to keep. */
    public int weight(int client) {
        return lane(client).weight;
    }

    /** Clients whose lanes changed since that was forgotten; for the writer's thread. */
    public Set<Integer> changed() {
        return changed;
    }

    /** What is on disk is the same now. */
    void forgetChanges() {
        if (!changed.isEmpty()) {
            changed = Set.of();
        }
    }

    /** Takes a job away unserved. */
    void remove(int client, long turn, Undo undo) {
        Lane lane = lane(client);
        long last = turn == lane.last ? turn - step(lane.weight) : lane.last;
        set(client, new Lane(last, lane.jobs - 1, lane.weight), undo);
    }

    /** Takes a job away to serve it. */
    public void serve(int client, long turn, Undo undo) {
        long before = serving;
        undo.add(() -> serving = before);
        serving = Math.max(before, turn);
        Lane lane = lane(client);
        set(client, new Lane(lane.last, lane.jobs - 1, lane.weight), undo);
    }

    private Lane lane(int client) {
        Source unknown = source;
        if (unknown != null && !knows(client)) {
            unknown.read(client);
            if (!knows(client)) {
                none(client);
            }
        }
        return lanes.getOrDefault(client, Lane.EMPTY);
    }

    private void set(int client, Lane lane, Undo undo) {
        Lane before = lane(client);
        long jobsBefore = jobs;
        undo.add(
                () -> {
                    put(client, before);
                    jobs = jobsBefore;
                });
        changed = changed.isEmpty() ? new HashSet<>() : changed;
        changed.add(client);
        put(client, lane);
        jobs = jobsBefore + lane.jobs - before.jobs;
    }

    private void put(int client, Lane lane) {
        if (this == NONE) {
            throw new IllegalStateException("there are no lanes yet");
        }
        Lane before = replace(client, lane);
        last = Math.max(last, lane.last);
        if (lane.jobs == 0) {
            none(client);
        }
        edges(before, lane);
        long seen = known;
        known = seen + lane.jobs - (before == null ? 0 : before.jobs);
    }

    /** A lane without jobs is none, also when its last ones were cancelled before their turn. */
    private @Nullable Lane replace(int client, Lane lane) {
        Map<Integer, Lane> all = lanes;
        if (!(all instanceof ConcurrentHashMap)) {
            Lane only = all.get(client);
            if (all.isEmpty() || only != null) {
                lanes = lane.jobs == 0 ? Map.of() : Map.of(client, lane);
                return only;
            }
            all = new ConcurrentHashMap<>(all);
            lanes = all;
        }
        return lane.jobs == 0 ? all.remove(client) : all.put(client, lane);
    }

    private void edges(@Nullable Lane before, Lane lane) {
        var all = edges;
        if (all != null) {
            if (before != null) {
                edge(all, before, -1);
            }
            if (lane.jobs > 0) {
                edge(all, lane, 1);
            }
        } else if (lanes.size() > FEW) {
            var made = new ConcurrentSkipListMap<Long, Integer>();
            lanes.values().forEach(each -> edge(made, each, 1));
            edges = made;
        }
    }

    private static void edge(Map<Long, Integer> edges, Lane lane, int lanes) {
        move(edges, lane.before(), lanes * lane.weight);
        move(edges, lane.last(), -lanes * lane.weight);
    }

    private static void move(Map<Long, Integer> edges, long turn, int weight) {
        edges.merge(turn, weight, (one, other) -> one + other == 0 ? null : one + other);
    }
}
