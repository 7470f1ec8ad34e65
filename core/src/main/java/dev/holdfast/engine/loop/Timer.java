package dev.holdfast.engine.loop;

import java.time.Duration;

/** Runs things later, on the engine's loop. */
@FunctionalInterface
public interface Timer {

    /**
     * Runs {@code task} on the loop once {@code wait} has passed; at once if it is not positive.
     */
    Cancel after(Duration wait, Runnable task);

    /** Takes a task back; without effect once it ran. */
    @FunctionalInterface
    interface Cancel {
        /** Takes the task back. */
        void cancel();
    }
}
