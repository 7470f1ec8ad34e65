package dev.holdfast.store.queue;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Start-time fair queueing of one queue of one upstream (Goyal, Vin and Cheng, 1996, with every job
 * of length one): each client has a lane, and a job's turn is one after its lane's last turn or
 * after the turn being served, whichever is later. Whoever serves the smallest turn first serves
 * the clients in rotation. Written by the writer's thread, read by any.
 */
public final class Lanes {
    private final Map<Integer, Lane> lanes = new ConcurrentHashMap<>();
    private final Set<Integer> changed = new HashSet<>();
    private volatile long serving;
    private volatile long jobs;

    /** A client's jobs: {@code jobs} of them, the last one with turn {@code last}. */
    private record Lane(long last, long jobs) {
        static final Lane EMPTY = new Lane(0, 0);

        /**
         * Its jobs have consecutive turns, so this is exact while none is taken from the middle.
         */
        long upTo(long turn) {
            return Math.clamp(turn - (last - jobs), 0, jobs);
        }
    }

    public Lanes(long serving) {
        this.serving = serving;
    }

    /** The largest turn served so far. */
    public long serving() {
        return serving;
    }

    /** Jobs in all lanes. */
    public long jobs() {
        return jobs;
    }

    /** The turn that the client's next job gets; jobs that were taken away leave no debt. */
    public long next(int client) {
        return Math.max(serving, lane(client).last) + 1;
    }

    /** Jobs with this turn or a smaller one. */
    public long upTo(long turn) {
        long count = 0;
        for (Lane lane : lanes.values()) {
            count += lane.upTo(turn);
        }
        return count;
    }

    /** Adds a job. */
    public void add(int client, long turn, Undo undo) {
        Lane lane = lane(client);
        set(client, new Lane(Math.max(lane.last, turn), lane.jobs + 1), undo);
    }

    /** Puts back a client's lane as it was kept. */
    public void load(int client, long last, long kept) {
        lanes.put(client, new Lane(last, kept));
        long before = jobs;
        jobs = before + kept;
    }

    /** The last turn of a client's lane, to keep. */
    public long last(int client) {
        return lane(client).last;
    }

    /** The jobs in a client's lane, to keep. */
    public long jobs(int client) {
        return lane(client).jobs;
    }

    /** Clients whose lanes changed since this was cleared; for the writer's thread. */
    public Set<Integer> changed() {
        return changed;
    }

    /** Takes a job away unserved. */
    void remove(int client, long turn, Undo undo) {
        Lane lane = lane(client);
        long last = turn == lane.last ? turn - 1 : lane.last;
        set(client, new Lane(last, lane.jobs - 1), undo);
    }

    /** Takes a job away to serve it. */
    public void serve(int client, long turn, Undo undo) {
        long before = serving;
        undo.add(() -> serving = before);
        serving = Math.max(before, turn);
        Lane lane = lane(client);
        set(client, new Lane(lane.last, lane.jobs - 1), undo);
    }

    private Lane lane(int client) {
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
        changed.add(client);
        put(client, lane);
        jobs = jobsBefore + lane.jobs - before.jobs;
    }

    /** A lane without jobs is none, also when its last ones were cancelled before their turn. */
    private void put(int client, Lane lane) {
        if (lane.jobs == 0) {
            lanes.remove(client);
        } else {
            lanes.put(client, lane);
        }
    }
}
