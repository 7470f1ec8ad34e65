package dev.holdfast.gateway.server;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;

/** Answers in place of whoever is late, unless it was called off. */
final class Guard implements Handler<Long> {
    private final Vertx vertx;
    private final Runnable late;
    private final long timer;

    /**
     * One that waits.
     *
     * @param millis for how long; one at least
     * @param late what it does then
     */
    Guard(Vertx vertx, long millis, Runnable late) {
        this.vertx = vertx;
        this.late = late;
        this.timer = vertx.setTimer(Math.max(1, millis), this);
    }

    @Override
    public void handle(Long fired) {
        late.run();
    }

    void callOff() {
        vertx.cancelTimer(timer);
    }
}
