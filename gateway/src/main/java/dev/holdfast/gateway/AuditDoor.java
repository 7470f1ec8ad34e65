package dev.holdfast.gateway;

import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.server.Filters;
import dev.holdfast.http.Json;
import dev.holdfast.http.Mistakes;
import dev.holdfast.store.Clients.Act;
import dev.holdfast.wire.RequestJson;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/** {@code GET /v1/audit}: what operators did, for those who see all. */
final class AuditDoor {
    private final DoorParts doorway;

    AuditDoor(DoorParts doorway) {
        this.doorway = doorway;
    }

    void list(Exchange exchange) {
        Mistakes mistakes = new Mistakes();
        Filters filters = new Filters(exchange.request().query(), mistakes);
        int limit = filters.limit(RequestDoors.USUAL_LIMIT, RequestDoors.MAX_LIMIT);
        long before = filters.number("cursor", Long.MAX_VALUE, "is not a next_cursor");
        filters.finish();
        if (!mistakes.isEmpty()) {
            exchange.problem(mistakes.problem());
            return;
        }
        doorway.read(
                exchange,
                () -> doorway.engine().store().clients().acts(limit, before),
                acts -> exchange.json(200, page(acts, limit)));
    }

    private static Buffer page(List<Act> acts, int limit) {
        return Json.object(
                json -> {
                    json.writeArrayFieldStart("acts");
                    for (Act one : acts) {
                        json.writeStartObject();
                        json.writeStringField("id", Long.toString(one.number()));
                        json.writeStringField("at", RequestJson.instant(one.at()));
                        json.writeStringField("who", one.act().who());
                        json.writeStringField("what", one.act().what());
                        json.writeStringField("target", one.act().target());
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    if (acts.size() == limit) {
                        json.writeStringField(
                                "next_cursor", Long.toString(acts.getLast().number()));
                    }
                });
    }
}
