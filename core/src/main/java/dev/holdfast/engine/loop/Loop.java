package dev.holdfast.engine.loop;

import dev.holdfast.store.Survival;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread on which the engine decides, its timer and the threads for blocking look-ups. What
 * runs on the loop needs no locks, and must not block.
 */
public final class Loop implements Executor, Timer, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Loop.class);

    /** Look-ups at once: each may bring a result of 1 MiB. */
    private static final int MAX_READERS = 8;

    private final ExecutorService tasks;
    private final ScheduledThreadPoolExecutor clock;
    private final ExecutorService readers;

    /** The one thread, which is told when a task is done and whether another one waits. */
    private static final class Rounds extends ThreadPoolExecutor {
        Rounds(String name) {
            super(
                    1,
                    1,
                    0,
                    TimeUnit.NANOSECONDS,
                    new LinkedBlockingQueue<>(),
                    work -> new LoopThread(work, name));
        }

        @Override
        protected void afterExecute(Runnable task, @Nullable Throwable thrown) {
            if (Thread.currentThread() instanceof LoopThread loop) {
                loop.done(getQueue().isEmpty());
            }
        }
    }

    /** Starts the loop's threads, named after {@code name}. */
    public Loop(String name) {
        tasks = new Rounds(name);
        readers = Executors.newFixedThreadPool(MAX_READERS, ReaderThread.named(name + "-reader"));
        clock =
                new ScheduledThreadPoolExecutor(
                        1, Thread.ofPlatform().name(name + "-timer").daemon(true).factory());
        clock.setRemoveOnCancelPolicy(true);
        clock.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Runs a task on the loop; one that fails is logged and ends nothing else. */
    @Override
    public void execute(Runnable task) {
        try {
            tasks.execute(
                    () -> {
                        try {
                            task.run();
                        } catch (Throwable e) {
                            Survival.log("a task of the loop failed", e);
                        }
                    });
        } catch (RejectedExecutionException e) {
            LOG.debug("the loop has stopped", e);
        }
    }

    @Override
    public Cancel after(Duration wait, Runnable task) {
        if (clock.isShutdown()) {
            return () -> {};
        }
        Future<?> scheduled =
                clock.schedule(() -> execute(task), wait.toNanos(), TimeUnit.NANOSECONDS);
        return () -> scheduled.cancel(false);
    }

    /**
     * Threads for look-ups that block. So many run at once that what they read, and hold until
     * somebody took it, has a bound. They are the platform's: a look-up in a file blocks in native
     * code, which would keep a virtual thread's carrier, of which there are as many as cores.
     */
    public Executor readers() {
        return readers;
    }

    @Override
    public void close() {
        clock.shutdownNow();
        tasks.shutdown();
        readers.shutdown();
    }
}
