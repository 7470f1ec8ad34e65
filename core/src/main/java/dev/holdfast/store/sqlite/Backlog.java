package dev.holdfast.store.sqlite;

import dev.holdfast.store.NewRequest;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.queue.Undo;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What the writer keeps in memory of the database: counts, lanes, and where to find jobs by key. It
 * changes with each operation and is taken back with {@link Undo} when the transaction is. Written
 * by the writer's thread only; queues and counts may be read from any.
 */
final class Backlog {
    private final Map<String, Queue> upstreams = new ConcurrentHashMap<>();

    /** These, and all their partitions. */
    private final Map<String, Queue> queues = new ConcurrentHashMap<>();

    private final Map<Integer, Queue> queuesById = new ConcurrentHashMap<>();
    private final Map<Integer, Integer> pending = new HashMap<>();
    private final Set<Integer> changedPending = new HashSet<>();
    private final Map<String, Integer> cached = new HashMap<>();
    private final Set<Queue> met = new HashSet<>();
    private final AtomicLong deliveries = new AtomicLong();
    private final Future<JobIndex> jobs;
    private long lastJob;
    private long lastAttempt;
    private int lastUpstream;

    Backlog(Future<JobIndex> jobs) {
        this.jobs = jobs;
    }

    @Nullable Queue queue(String upstream) {
        return queues.get(upstream);
    }

    /** Those of an upstream's partitions that have a queue, by their keys. */
    Map<String, Queue> partitions(Queue root, List<String> keys) {
        Map<String, Queue> found = new HashMap<>();
        for (String key : keys) {
            Queue queue = queues.get(NewRequest.Place.queue(root.name, key));
            if (queue != null) {
                found.put(key, queue);
            }
        }
        return found;
    }

    /** Upstreams' own queues, without those of their partitions, which may be very many. */
    Collection<Queue> upstreams() {
        return upstreams.values();
    }

    /** The queue of an upstream that is known to exist. */
    Queue queue(int id) {
        Queue queue = queuesById.get(id);
        if (queue == null) {
            throw new IllegalStateException("no upstream has the number " + id);
        }
        return queue;
    }

    /** A number for a new upstream or partition. */
    int nextUpstream() {
        return ++lastUpstream;
    }

    /** A transaction may change it. */
    Queue meet(Queue queue) {
        if (met.add(queue) && queue.partition() != null) {
            met.add(queue.root());
        }
        return queue;
    }

    /** Those that the transaction may have changed. */
    Collection<Queue> met() {
        return List.copyOf(met);
    }

    /** A number for a new job. Those of transactions that were taken back are not used again. */
    long nextJob() {
        return ++lastJob;
    }

    /** A number for a new attempt. */
    long nextAttempt() {
        return ++lastAttempt;
    }

    /** The largest number of an attempt. */
    long lastAttempt() {
        return lastAttempt;
    }

    /** The largest number of a job. */
    long lastJob() {
        return lastJob;
    }

    void numbers(long job, long attempt) {
        lastJob = job;
        lastAttempt = attempt;
    }

    void add(Queue queue, Undo undo) {
        undo.add(() -> take(queue));
        put(queue);
    }

    /** One as it was kept. */
    void put(Queue queue) {
        queues.put(queue.name, queue);
        queuesById.put(queue.id, queue);
        if (queue.partition() == null) {
            upstreams.put(queue.name, queue);
        }
        lastUpstream = Math.max(lastUpstream, queue.id);
    }

    private void take(Queue queue) {
        queues.remove(queue.name);
        queuesById.remove(queue.id);
        upstreams.remove(queue.name);
    }

    /** A partition goes in which there is nothing. */
    void remove(Queue queue, Undo undo) {
        undo.add(() -> put(queue));
        take(queue);
        met.remove(queue);
    }

    void addJob(long key, long job, Undo undo) throws SQLException {
        JobIndex index = jobs();
        undo.add(() -> index.remove(key, job));
        index.add(key, job);
    }

    void removeJob(long key, long job, Undo undo) throws SQLException {
        JobIndex index = jobs();
        if (index.remove(key, job)) {
            undo.add(() -> index.add(key, job));
        }
    }

    /**
     * Where to find jobs by key. The first call after a start waits until it is read.
     *
     * @throws SQLException if it could not be read; the writer then makes all of this anew
     */
    JobIndex jobs() throws SQLException {
        try {
            return jobs.get();
        } catch (ExecutionException e) {
            throw new SQLException("the backlog could not be read", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while the backlog is read", e);
        }
    }

    /** Whether {@link #jobs} need not wait. */
    boolean isComplete() {
        return jobs.isDone();
    }

    /** Unfinished requests of a client. */
    int pending(int client) {
        return pending.getOrDefault(client, 0);
    }

    void pending(int client, int change, Undo undo) {
        int before = pending(client);
        undo.add(() -> setPending(client, before));
        setPending(client, before + change);
        changedPending.add(client);
    }

    void setPending(int client, int requests) {
        if (requests == 0) {
            pending.remove(client);
        } else {
            pending.put(client, requests);
        }
    }

    /** Clients whose count changed. */
    Set<Integer> changedPending() {
        return changedPending;
    }

    /** What is on disk is the same now. */
    void forgetChanges() {
        changedPending.clear();
        met.forEach(Queue::forgetChanges);
        met.clear();
    }

    /** Results kept as cache for a route. */
    int cached(String route) {
        return cached.getOrDefault(route, 0);
    }

    void cached(String route, int change, Undo undo) {
        undo.add(() -> cached.merge(route, -change, Integer::sum));
        cached.merge(route, change, Integer::sum);
    }

    Set<String> cachedRoutes() {
        return Set.copyOf(cached.keySet());
    }

    /** Deliveries that are pending. */
    long deliveries() {
        return deliveries.get();
    }

    void deliveries(int change, Undo undo) {
        undo.add(() -> deliveries.addAndGet(-change));
        deliveries.addAndGet(change);
    }
}
