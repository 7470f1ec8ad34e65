package dev.holdfast.rates;

import io.vertx.core.Vertx;
import java.time.Duration;

/** Timers of Vert.x: run on its event loops, by a clock that never jumps. */
public final class VertxTimers implements Timers {
    private final Vertx vertx;

    /** Of this Vert.x; they end with it. */
    public VertxTimers(Vertx vertx) {
        this.vertx = vertx;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
        long id = vertx.setTimer(Math.max(1, delay.toMillis()), timer -> task.run());
        return () -> vertx.cancelTimer(id);
    }
}
