package dev.holdfast.gateway.server;

import dev.holdfast.http.Problem;
import dev.holdfast.http.Responder;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/** Answers in place of whoever is late, unless it was called off. */
final class Guard implements Handler<Long> {
    private final Vertx vertx;
    private final Responder responder;
    private final Supplier<Problem> late;
    private final long timer;

    /**
     * One that waits.
     *
     * @param millis for how long; one at least
     * @param late what it tells then
     */
    Guard(Vertx vertx, Responder responder, long millis, Supplier<Problem> late) {
        this.vertx = vertx;
        this.responder = responder;
        this.late = late;
        this.timer = vertx.setTimer(Math.max(1, millis), this);
    }

    @Override
    public void handle(Long fired) {
        responder.problem(late.get());
    }

    void callOff() {
        vertx.cancelTimer(timer);
    }
}
