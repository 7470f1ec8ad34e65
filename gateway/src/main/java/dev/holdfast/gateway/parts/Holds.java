package dev.holdfast.gateway.parts;

import dev.holdfast.gateway.server.Shares;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The answers that are being held: long polls and event streams. Safe for use by many threads. */
public final class Holds {
    /** Answers held at once; one more is refused. */
    public static final int MAX_HELD = 20_000;

    /** Answers held at once for one client, so that there is room for others. */
    public static final int MAX_OF_CLIENT = MAX_HELD / 4;

    private final Map<Runnable, Integer> held = new ConcurrentHashMap<>();
    private final Shares shares = new Shares(MAX_OF_CLIENT);
    private final AtomicInteger count = new AtomicInteger();
    private volatile boolean draining;

    /**
     * Holds an answer; false if there are too many.
     *
     * @param client whose it is
     * @param release ends it early with what is known, on any thread; this answer's own, since its
     *     place is known by it
     * @throws IllegalStateException if another answer has the same
     */
    public boolean hold(int client, Runnable release) {
        if (draining || !shares.take(client)) {
            return false;
        }
        if (count.incrementAndGet() > MAX_HELD) {
            count.decrementAndGet();
            shares.give(client);
            return false;
        }
        if (held.putIfAbsent(release, client) != null) {
            count.decrementAndGet();
            shares.give(client);
            throw new IllegalStateException("two answers would have one place");
        }
        return true;
    }

    public void leave(Runnable release) {
        Integer client = held.remove(release);
        if (client != null) {
            count.decrementAndGet();
            shares.give(client);
        }
    }

    public int count() {
        return count.get();
    }

    public boolean isDraining() {
        return draining;
    }

    /** Ends all of them and takes no more. */
    public void drain() {
        draining = true;
        held.keySet().forEach(Runnable::run);
    }
}
