package dev.holdfast.engine.partition;

import dev.holdfast.engine.loop.StoreLog;
import dev.holdfast.engine.loop.Timer;
import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.store.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * What partitions have of their own, for whoever must not wait for the store: all of it, at most
 * {@link Partitions#MAX_OWN} of each upstream. What is set in this process is in it from then on;
 * what another one sets, within {@link #FOUND_WITHIN} of it. On the loop, but for {@link #of} and
 * {@link #read}.
 */
public final class OwnBook {
    /** How far two looks at what others set are apart at least. */
    static final Duration APART = Duration.ofSeconds(1);

    /** Until what another process sets is known here, where the store answers. */
    public static final Duration FOUND_WITHIN = Duration.ofSeconds(3);

    private final Store store;
    private final Executor loop;
    private final Executor readers;
    private final Timer timer;
    private final StoreLog trouble;
    private final Map<String, Page> pages = new ConcurrentHashMap<>();

    /** Upstreams of which it is to be looked what others set. */
    private final Set<String> due = new HashSet<>();

    /** What one upstream's have. */
    private static final class Page {
        final Map<String, OwnRules> all;
        long version;
        Instant seen;

        Page(Partitions.Own own, Instant seen) {
            all = new ConcurrentHashMap<>(own.all());
            version = own.version();
            this.seen = seen;
        }
    }

    public OwnBook(Store store, Executor loop, Executor readers, Timer timer, StoreLog trouble) {
        this.store = store;
        this.loop = loop;
        this.readers = readers;
        this.timer = timer;
        this.trouble = trouble;
    }

    /** What one has; nothing, if its upstream was not {@link #read}. From any thread. */
    public OwnRules of(String upstream, String key) {
        Page page = pages.get(upstream);
        return page == null ? OwnRules.NONE : page.all.getOrDefault(key, OwnRules.NONE);
    }

    /** Reads an upstream's for the first time, before it has partitions; blocks. */
    public void read(String upstream) {
        if (!pages.containsKey(upstream)) {
            store.partitions()
                    .own(upstream, -1)
                    .ifPresent(own -> pages.putIfAbsent(upstream, page(own)));
        }
    }

    private Page page(Partitions.Own own) {
        return new Page(own, store.clock().instant());
    }

    /** One was set in this process. */
    void set(String upstream, String key, Partitions.Given given) {
        OwnRules own = given.own();
        Page page = pages.get(upstream);
        if (page == null) {
            return;
        }
        if (own.equals(OwnRules.NONE)) {
            page.all.remove(key);
        } else {
            page.all.put(key, own);
        }
        if (given.version() == page.version + 1) {
            page.version = given.version();
        } else {
            look(upstream); // others have set something, too, before or after
        }
    }

    /** Another process may have set something. */
    public void mayHaveChanged(String upstream) {
        Page page = pages.get(upstream);
        if (page != null && due.add(upstream)) {
            Instant next = page.seen.plus(APART);
            timer.after(Duration.between(store.clock().instant(), next), () -> look(upstream));
        }
    }

    /** As {@link #mayHaveChanged}, of all. */
    public void anyMayHaveChanged() {
        pages.keySet().forEach(this::mayHaveChanged);
    }

    private void look(String upstream) {
        due.add(upstream);
        long known = version(upstream);
        CompletableFuture<Optional<Partitions.Own>> own = new CompletableFuture<>();
        try {
            readers.execute(
                    () -> {
                        try {
                            own.complete(store.partitions().own(upstream, known));
                        } catch (RuntimeException e) {
                            own.completeExceptionally(e);
                        }
                    });
        } catch (RejectedExecutionException e) {
            return; // the process stops
        }
        CompletionStage<Optional<Partitions.Own>> looked = own;
        looked.whenCompleteAsync(
                (found, error) -> {
                    if (found == null) {
                        trouble.failed("what partitions have cannot be read", error);
                        timer.after(StoreLog.PAUSE, () -> look(upstream));
                    } else {
                        looked(upstream, known, found);
                    }
                },
                loop);
    }

    private void looked(String upstream, long known, Optional<Partitions.Own> found) {
        Page page = pages.get(upstream);
        if (page == null || page.version != known) {
            look(upstream); // something was set in between
            return;
        }
        due.remove(upstream);
        page.seen = store.clock().instant();
        found.ifPresent(own -> pages.put(upstream, page(own)));
    }

    private long version(String upstream) {
        Page page = pages.get(upstream);
        return page == null ? -1 : page.version;
    }
}
