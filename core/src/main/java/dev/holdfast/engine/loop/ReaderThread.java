package dev.holdfast.engine.loop;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A thread that reads from the store for callers. It may wait until what it read was taken, which
 * no loop may; so what few of them have read and nobody took yet has a bound.
 */
public final class ReaderThread extends Thread {
    private ReaderThread(Runnable work, String name) {
        super(work, name);
        setDaemon(true);
    }

    /** Makes them, numbered from 0. */
    public static ThreadFactory named(String name) {
        AtomicInteger made = new AtomicInteger();
        return work -> new ReaderThread(work, name + "-" + made.getAndIncrement());
    }

    /** Whether this is one. */
    public static boolean isCurrent() {
        return Thread.currentThread() instanceof ReaderThread;
    }
}
