package dev.holdfast.store.sqlite;

import dev.holdfast.store.ProcessEnd;
import dev.holdfast.store.Survival;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The thread that runs a store's batches. */
final class WriterThread {
    /** Pause after a batch that could not be written, so that a broken disk is not hammered. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Semaphore work = new Semaphore(0);
    private volatile boolean stopping;

    /** What it runs. */
    interface Batches {
        /** Runs one; false if it could not be written. */
        boolean runBatch();

        /** Ends everything that waits with this failure. */
        void failAll(Throwable cause);
    }

    /** There is work; from any thread. */
    void wake() {
        work.release();
    }

    Thread start(String name, Batches batches) {
        return Thread.ofPlatform().name(name).daemon(true).start(() -> loop(batches));
    }

    /** Ends the loop after the batches in hand. */
    void stop() {
        stopping = true;
        work.release();
    }

    private void loop(Batches batches) {
        while (!stopping || work.availablePermits() > 0) {
            work.acquireUninterruptibly();
            try {
                if (!batches.runBatch() && !stopping) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            } catch (Throwable e) {
                ProcessEnd.pass(e);
                Survival.log("the writer failed", e);
                Survival.run(() -> batches.failAll(e));
            }
        }
    }
}
