package dev.holdfast.gateway;

import dev.holdfast.engine.Engine;
import dev.holdfast.engine.RequestJson;
import io.vertx.core.Vertx;
import java.time.Duration;

/** What every door of one gateway shares. */
record Doorway(
        Vertx vertx,
        Engine engine,
        RequestJson json,
        Reads reads,
        RateLimits rateLimits,
        Duration answerWithin) {

    /** Reads on a virtual thread for an exchange that must be answered in time. */
    <T> void read(
            Exchange exchange,
            java.util.function.Supplier<T> blocking,
            java.util.function.Consumer<T> then) {
        guard(exchange);
        exchange.when(reads.read(blocking), then);
    }

    /** Answers for whoever is late. */
    void guard(Exchange exchange) {
        exchange.guard(
                answerWithin.toMillis() + AskDoor.GUARD_MARGIN_MILLIS, Problem::storeUnavailable);
    }
}
