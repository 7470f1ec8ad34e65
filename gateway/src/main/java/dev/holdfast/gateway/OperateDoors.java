package dev.holdfast.gateway;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.buffer.Buffer;

/** Whether the process lives, whether it can keep promises, and its figures. */
final class OperateDoors {
    private static final CharSequence PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private final Doorway doorway;
    private final PrometheusMeterRegistry registry;

    OperateDoors(Doorway doorway, PrometheusMeterRegistry registry) {
        this.doorway = doorway;
        this.registry = registry;
    }

    void live(Exchange exchange) {
        exchange.json(200, Json.object(json -> json.writeStringField("status", "live")));
    }

    /** Ready while the store's last write worked. */
    void ready(Exchange exchange) {
        if (doorway.engine().store().healthy()) {
            exchange.json(200, Json.object(json -> json.writeStringField("status", "ready")));
        } else {
            exchange.problem(Problem.storeUnavailable());
        }
    }

    void metrics(Exchange exchange) {
        doorway.read(
                exchange,
                registry::scrape,
                text -> exchange.send(200, PROMETHEUS, Buffer.buffer(text)));
    }
}
