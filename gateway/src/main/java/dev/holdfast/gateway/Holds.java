package dev.holdfast.gateway;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The answers that are being held: long polls and event streams. Safe for use by many threads. */
final class Holds {
    /** Answers held at once; one more is refused. */
    static final int MAX_HELD = 20_000;

    private final Set<Runnable> held = ConcurrentHashMap.newKeySet();
    private final AtomicInteger count = new AtomicInteger();
    private volatile boolean draining;

    /**
     * Holds an answer; false if there are too many.
     *
     * @param release ends it early with what is known, on any thread
     */
    boolean hold(Runnable release) {
        if (draining) {
            return false;
        }
        if (count.incrementAndGet() > MAX_HELD) {
            count.decrementAndGet();
            return false;
        }
        held.add(release);
        return true;
    }

    void leave(Runnable release) {
        if (held.remove(release)) {
            count.decrementAndGet();
        }
    }

    int count() {
        return held.size();
    }

    boolean isDraining() {
        return draining;
    }

    /** Ends all of them and takes no more. */
    void drain() {
        draining = true;
        held.forEach(Runnable::run);
    }
}
