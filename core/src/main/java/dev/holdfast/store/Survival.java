package dev.holdfast.store;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * For threads that must go on, and for what is told after it is on disk: whatever is thrown there
 * is logged, and takes nothing else along.
 */
public final class Survival {
    private static final Logger LOG = LoggerFactory.getLogger(Survival.class);

    private Survival() {}

    /** A step that others do not depend on. */
    @FunctionalInterface
    public interface Step {
        void run() throws Exception;
    }

    /**
     * Runs a step and survives what it throws.
     *
     * @return whether it threw nothing
     */
    public static boolean run(Step step) {
        try {
            step.run();
            return true;
        } catch (Throwable e) {
            ProcessEnd.pass(e);
            log("a step failed; what does not depend on it goes on", e);
            return false;
        }
    }

    /** Logs, if that can be done: memory may be what is missing. */
    public static void log(String what, Throwable e) {
        try {
            LOG.error(what, e);
        } catch (Throwable _) {
            // Nothing can be said; to go on is what counts.
        }
    }
}
