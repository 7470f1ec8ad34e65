package dev.holdfast.engine.partition;

import dev.holdfast.partition.Partitions.Seen;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreUnavailable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How partitions stand, read lately enough to tell a caller: those that many ask for at once are
 * read together. From any thread.
 */
public final class Glances {
    /** For how long what was read is told again, unless something was set or begun here since. */
    static final Duration FRESH = Duration.ofMillis(50);

    /**
     * Partitions that are waited for at most: who asks for one more is told at once that nobody
     * knows, rather than that its caller waits for all before it.
     */
    public static final int MAX_WANTED = 500;

    /** Partitions read at once at most: each is some looks into the store. */
    static final int AT_ONCE = 20;

    /** Partitions that are remembered at most; some MB. */
    static final int MAX_KEPT = 10_000;

    private final Store store;
    private final Function<String, @Nullable PartitionRules> rules;
    private final Executor readers;
    private final Map<Which, Known> known = new ConcurrentHashMap<>();

    /** One more each time that what is known may be wrong. */
    private final AtomicLong epoch = new AtomicLong();

    private final ReentrantLock lock = new ReentrantLock();

    /** Those that are to be read, in the order in which they were asked for. */
    private final Map<Which, CompletableFuture<Optional<Seen>>> wanted = new LinkedHashMap<>();

    private boolean reading;

    private record Which(String upstream, String key) {}

    private record Known(Seen seen, Instant at) {}

    /**
     * @param rules what each partition of an upstream is allowed; null if there is no such upstream
     * @param readers where reading may block
     */
    public Glances(
            Store store, Function<String, @Nullable PartitionRules> rules, Executor readers) {
        this.store = store;
        this.rules = rules;
        this.readers = readers;
    }

    /** As it was when somebody looked last, or null. */
    public @Nullable Seen last(String upstream, String key) {
        Known last = known.get(new Which(upstream, key));
        return last == null ? null : last.seen();
    }

    /**
     * How one stands; empty if the store cannot tell, or too many ask. On a reader's thread, or at
     * once where it is known.
     */
    public CompletionStage<Optional<Seen>> look(String upstream, String key) {
        Seen fresh = fresh(new Which(upstream, key));
        return fresh == null
                ? lookAnew(upstream, key)
                : CompletableFuture.completedStage(Optional.of(fresh));
    }

    /** The same, read from now on, whatever is known. */
    public CompletionStage<Optional<Seen>> lookAnew(String upstream, String key) {
        Which which = new Which(upstream, key);
        CompletableFuture<Optional<Seen>> asked;
        boolean begins;
        lock.lock();
        try {
            if (wanted.size() >= MAX_WANTED && !wanted.containsKey(which)) {
                return CompletableFuture.completedStage(Optional.empty());
            }
            asked = wanted.computeIfAbsent(which, _ -> new CompletableFuture<>());
            begins = !reading;
            reading = true;
        } finally {
            lock.unlock();
        }
        if (begins) {
            readMore();
        }
        return asked;
    }

    /** How some of an upstream's stand, by their keys, as far as the store tells; blocks. */
    public Map<String, Seen> read(String upstream, Collection<String> keys) {
        Map<String, Seen> all = new HashMap<>();
        List<String> stale = new ArrayList<>();
        for (String key : Set.copyOf(keys)) {
            Seen fresh = fresh(new Which(upstream, key));
            if (fresh == null) {
                stale.add(key);
            } else {
                all.put(key, fresh);
            }
        }
        for (int from = 0; from < stale.size(); from += AT_ONCE) {
            int to = Math.min(stale.size(), from + AT_ONCE);
            readNow(upstream, stale.subList(from, to)).forEach(seen -> all.put(seen.key(), seen));
        }
        return all;
    }

    /** Something was set or begun: who asks from now on is told by what is read from now on. */
    public void forget() {
        lock.lock();
        try {
            epoch.incrementAndGet();
            known.clear();
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Seen fresh(Which which) {
        Known last = known.get(which);
        return last == null || last.at().plus(FRESH).isBefore(store.clock().instant())
                ? null
                : last.seen();
    }

    private void readMore() {
        try {
            readers.execute(this::readWanted);
        } catch (RejectedExecutionException e) {
            while (true) { // the process stops
                Map<Which, CompletableFuture<Optional<Seen>>> next = next();
                if (next.isEmpty()) {
                    return;
                }
                next.values().forEach(asked -> asked.complete(Optional.empty()));
            }
        }
    }

    /** Some of one upstream's, and then those that were asked for meanwhile. */
    private void readWanted() {
        Map<Which, CompletableFuture<Optional<Seen>>> next = next();
        if (next.isEmpty()) {
            return;
        }
        String upstream = next.keySet().iterator().next().upstream();
        Map<String, Seen> found = new HashMap<>();
        try {
            readNow(upstream, next.keySet().stream().map(Which::key).toList())
                    .forEach(seen -> found.put(seen.key(), seen));
        } finally {
            next.forEach(
                    (which, asked) -> asked.complete(Optional.ofNullable(found.get(which.key()))));
            readMore();
        }
    }

    /** Takes the next few of one upstream; where there is none, nobody reads any more. */
    private Map<Which, CompletableFuture<Optional<Seen>>> next() {
        Map<Which, CompletableFuture<Optional<Seen>>> next = new LinkedHashMap<>();
        lock.lock();
        try {
            for (var each : wanted.entrySet()) {
                String upstream =
                        next.isEmpty()
                                ? each.getKey().upstream()
                                : next.keySet().iterator().next().upstream();
                if (each.getKey().upstream().equals(upstream)) {
                    next.put(each.getKey(), each.getValue());
                }
                if (next.size() == AT_ONCE) {
                    break;
                }
            }
            next.keySet().forEach(wanted::remove);
            reading = !next.isEmpty();
        } finally {
            lock.unlock();
        }
        return next;
    }

    /** Nothing, if the store cannot tell. */
    private List<Seen> readNow(String upstream, List<String> keys) {
        PartitionRules each = rules.apply(upstream);
        if (each == null) {
            return List.of();
        }
        long before = epoch.get();
        Instant at = store.clock().instant();
        try {
            List<Seen> all = store.partitions().some(upstream, each, keys);
            remember(upstream, all, at, before);
            return all;
        } catch (StoreUnavailable e) {
            return List.of(); // a caller is told less, and in time
        }
    }

    /** Unless something was set or begun while that was read: then it may be of before. */
    private void remember(String upstream, List<Seen> all, Instant at, long before) {
        lock.lock();
        try {
            if (before == epoch.get()) {
                if (known.size() + all.size() > MAX_KEPT) {
                    known.clear();
                }
                all.forEach(
                        seen -> known.put(new Which(upstream, seen.key()), new Known(seen, at)));
            }
        } finally {
            lock.unlock();
        }
    }
}
