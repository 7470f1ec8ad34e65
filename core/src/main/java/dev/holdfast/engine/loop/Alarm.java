package dev.holdfast.engine.loop;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Rings at the earliest of the instants that it was set for, and then stands until it is set again.
 * On the loop.
 *
 * <p>Whatever the clock shows, it does not ring without end: a clock that was set, or that stands
 * still, makes the time between now and then nothing, again and again. So of rings that follow each
 * other at once each waits twice as long as the one before, up to {@link #LONGEST_FLOOR}.
 */
public final class Alarm {
    /** The longest that a ring is put off for the ones before it; a free slot may wait so long. */
    public static final Duration LONGEST_FLOOR = Duration.ofMillis(25);

    private static final Duration SHORTEST_FLOOR = Duration.ofMillis(1);

    private final InstantSource clock;
    private final Timer timer;
    private final Runnable task;
    private Duration floor = Duration.ZERO;
    private @Nullable Instant at;
    private Timer.@Nullable Cancel cancel;

    /**
     * One that is not set.
     *
     * @param clock shows the time that it is set by
     * @param task what is to happen when it rings
     */
    public Alarm(InstantSource clock, Timer timer, Runnable task) {
        this.clock = clock;
        this.timer = timer;
        this.task = task;
    }

    /** Rings after so long, unless it rings before. */
    public void within(Duration wait) {
        at(clock.instant().plus(wait));
    }

    /** Rings at that instant, at once if it has come, unless it rings before. */
    public void at(Instant when) {
        if (at != null && !when.isBefore(at)) {
            return;
        }
        cancel();
        at = when;
        Duration wait = Duration.between(clock.instant(), when);
        boolean soon = wait.compareTo(LONGEST_FLOOR) < 0;
        cancel = timer.after(longer(wait, floor), () -> ring(when, soon));
    }

    /** Does not ring. */
    public void cancel() {
        if (cancel != null) {
            cancel.cancel();
        }
        cancel = null;
        at = null;
    }

    private void ring(Instant when, boolean soon) {
        // One that was taken back too late does nothing.
        if (when.equals(at)) {
            at = null;
            cancel = null;
            floor = soon ? shorter(longer(SHORTEST_FLOOR, floor.multipliedBy(2))) : Duration.ZERO;
            task.run();
        }
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? other : one;
    }

    private static Duration shorter(Duration floor) {
        return floor.compareTo(LONGEST_FLOOR) < 0 ? floor : LONGEST_FLOOR;
    }
}
