package dev.holdfast.engine.loop;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread of a {@link Loop}. What it hands over to another thread leaves at the end of a round,
 * all for the same place together: a commit brings dozens of answers, and each time that an event
 * loop is woken costs more than most of what it is woken for.
 */
public final class LoopThread extends Thread {
    /**
     * Tasks of a round at most. It ends earlier where no task waits; so what is handed over waits
     * for a few milliseconds at most.
     */
    static final int ROUND = 64;

    private static final Logger LOG = LoggerFactory.getLogger(LoopThread.class);

    private final IdentityHashMap<Executor, List<Runnable>> parcels = new IdentityHashMap<>();
    private int tasks;

    LoopThread(Runnable work, String name) {
        super(work, name);
        setDaemon(true);
    }

    /**
     * Runs a step elsewhere, after the round that is under way and in the order of these calls; by
     * this thread only. A place that takes nothing any more loses it.
     *
     * @param step throws nothing: others come after it
     */
    public void hand(Executor place, Runnable step) {
        parcels.computeIfAbsent(place, _ -> new ArrayList<>()).add(step);
    }

    /** A task has been run. */
    void done(boolean noneWaits) {
        tasks++;
        if (noneWaits || tasks >= ROUND) {
            tasks = 0;
            parcels.forEach(LoopThread::send);
            parcels.clear();
        }
    }

    private static void send(Executor place, List<Runnable> steps) {
        try {
            place.execute(
                    steps.size() == 1 ? steps.getFirst() : () -> steps.forEach(Runnable::run));
        } catch (RejectedExecutionException e) {
            LOG.debug("what was handed over came too late", e);
        }
    }
}
