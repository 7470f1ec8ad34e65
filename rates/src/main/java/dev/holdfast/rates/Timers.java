package dev.holdfast.rates;

import java.time.Duration;

/** Runs things later. Comes from outside, so that tests decide when later is. */
public interface Timers {

    /** Nanoseconds of a clock that only goes forward, as {@link System#nanoTime()}. */
    long nanoTime();

    /** Runs {@code task} once after {@code delay}, on any thread; the task must not block. */
    Timer after(Duration delay, Runnable task);

    /** Something that is going to run. */
    interface Timer {
        /** Prevents the run if it has not begun; may be called at any time, any number of times. */
        void cancel();
    }
}
