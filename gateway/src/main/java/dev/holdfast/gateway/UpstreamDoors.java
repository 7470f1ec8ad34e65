package dev.holdfast.gateway;

import dev.holdfast.engine.UpstreamView;
import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.http.Json;
import dev.holdfast.http.Problem;
import dev.holdfast.http.QueryFields;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Upstreams as operators see and stop them. */
final class UpstreamDoors {
    private final DoorParts doorway;

    UpstreamDoors(DoorParts doorway) {
        this.doorway = doorway;
    }

    void list(Exchange exchange) {
        doorway.guard(exchange);
        exchange.when(doorway.engine().upstreams(), views -> exchange.json(200, all(views)));
    }

    private static Buffer all(List<UpstreamView> views) {
        return Json.object(
                json -> {
                    json.writeArrayFieldStart("upstreams");
                    for (UpstreamView view : views) {
                        json.writeStartObject();
                        UpstreamJson.write(json, view);
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                });
    }

    void get(Exchange exchange, String segment) {
        String name = name(exchange, segment);
        if (name != null) {
            exchange.when(doorway.engine().upstream(name), view -> answer(exchange, view));
        }
    }

    void pause(Exchange exchange, String segment, boolean paused) {
        String name = name(exchange, segment);
        if (name == null) {
            return;
        }
        exchange.when(
                doorway.engine().upstream(name),
                view -> {
                    if (view.isEmpty()) {
                        answer(exchange, view);
                    } else {
                        exchange.when(
                                doorway.engine()
                                        .pause(name, paused)
                                        .thenCompose(_ -> doorway.engine().upstream(name)),
                                after ->
                                        doorway.acted(
                                                exchange,
                                                paused ? "pause" : "resume",
                                                name,
                                                () -> answer(exchange, after)));
                    }
                });
    }

    private static void answer(Exchange exchange, Optional<UpstreamView> found) {
        found.ifPresentOrElse(
                view -> exchange.json(200, Json.object(json -> UpstreamJson.write(json, view))),
                () -> exchange.problem(notFound()));
    }

    /** The name behind a path's segment, or null after a problem was answered. */
    private @Nullable String name(Exchange exchange, String segment) {
        doorway.guard(exchange);
        String name = QueryFields.decode(segment);
        if (name == null) {
            exchange.problem(notFound());
        }
        return name;
    }

    static Problem notFound() {
        return Problem.notFound("upstream of this name");
    }
}
