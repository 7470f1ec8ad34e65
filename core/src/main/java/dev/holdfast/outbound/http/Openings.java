package dev.holdfast.outbound.http;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Connections that are to be made: some at a time, and hardly any while those are late who answer
 * callers, since answering goes before calling (P2). On one event loop.
 */
final class Openings {
    /** So many are begun within {@link #EVERY_MILLIS} at most. */
    static final int AT_ONCE = 64;

    /** The same while answers are late. */
    static final int AT_ONCE_LATE = 1;

    static final long EVERY_MILLIS = 5;

    /** Answers are late if what comes waits so long to be read, in nanoseconds. */
    static final long LATE_NANOS = 5_000_000;

    private final LongSupplier late;
    private final Consumer<Runnable> soon;
    private final Queue<Runnable> waiting = new ArrayDeque<>();

    /** Those that were begun since the last look. */
    private int begun;

    private boolean looking;

    /**
     * @param late for how long what comes waits to be read now, in nanoseconds
     * @param soon runs something after {@link #EVERY_MILLIS}, on the event loop
     */
    Openings(LongSupplier late, Consumer<Runnable> soon) {
        this.late = late;
        this.soon = soon;
    }

    /** Has one begun, now or soon, in the order in which they come. */
    void add(Runnable opening) {
        waiting.add(opening);
        begin();
    }

    private void begin() {
        while (!waiting.isEmpty() && begun < most()) {
            begun++;
            waiting.remove().run();
        }
        if (begun > 0 && !looking) {
            looking = true;
            soon.accept(this::look);
        }
    }

    private int most() {
        return late.getAsLong() > LATE_NANOS ? AT_ONCE_LATE : AT_ONCE;
    }

    private void look() {
        looking = false;
        begun = 0;
        begin();
    }
}
