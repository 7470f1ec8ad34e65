package dev.holdfast.webhook;

import dev.holdfast.engine.Timer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Runs one task at the earliest of the instants it was asked for since it last ran. On the loop.
 */
final class WakeUp {
    private final InstantSource clock;
    private final Timer timer;
    private final Runnable task;
    private @Nullable Instant at;
    private Timer.@Nullable Cancel cancel;

    WakeUp(InstantSource clock, Timer timer, Runnable task) {
        this.clock = clock;
        this.timer = timer;
        this.task = task;
    }

    void within(Duration wait) {
        at(clock.instant().plus(wait));
    }

    void at(Instant when) {
        if (at != null && !when.isBefore(at)) {
            return;
        }
        cancel();
        at = when;
        cancel = timer.after(Duration.between(clock.instant(), when), () -> run(when));
    }

    void cancel() {
        if (cancel != null) {
            cancel.cancel();
        }
        cancel = null;
        at = null;
    }

    private void run(Instant when) {
        // One that was taken back too late does nothing.
        if (when.equals(at)) {
            at = null;
            cancel = null;
            task.run();
        }
    }
}
