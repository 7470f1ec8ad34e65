package dev.holdfast.gateway;

import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.parts.Holds;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.http.Json;
import dev.holdfast.http.Problem;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.buffer.Buffer;

/** Whether the process lives, whether it can keep promises, and its figures. */
final class OperateDoors {
    private static final CharSequence PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private final DoorParts doorway;
    private final PrometheusMeterRegistry registry;
    private final Holds holds;
    private final UpstreamMeters upstreams;

    OperateDoors(
            DoorParts doorway,
            PrometheusMeterRegistry registry,
            Holds holds,
            UpstreamMeters upstreams) {
        this.doorway = doorway;
        this.registry = registry;
        this.holds = holds;
        this.upstreams = upstreams;
    }

    void live(Exchange exchange) {
        exchange.json(200, Json.object(json -> json.writeStringField("status", "live")));
    }

    /** Ready while the store's last write worked, until it is told to stop. */
    void ready(Exchange exchange) {
        if (holds.isDraining()) {
            exchange.problem(stopping());
        } else if (doorway.engine().store().healthy()) {
            exchange.json(200, Json.object(json -> json.writeStringField("status", "ready")));
        } else {
            exchange.problem(Problem.storeUnavailable());
        }
    }

    private static Problem stopping() {
        return new Problem.Passing(
                Problem.Kind.STORE_UNAVAILABLE, "Ask another; this one is stopping.", null);
    }

    /** All figures; those of the queues as they are now. */
    void metrics(Exchange exchange) {
        doorway.guard(exchange);
        exchange.when(
                doorway.engine()
                        .upstreams()
                        .thenCombine(doorway.engine().measured(), UpstreamMeters.Shown::new),
                shown ->
                        doorway.read(
                                exchange,
                                () -> upstreams.scrape(registry, shown),
                                text -> exchange.send(200, PROMETHEUS, Buffer.buffer(text))));
    }
}
