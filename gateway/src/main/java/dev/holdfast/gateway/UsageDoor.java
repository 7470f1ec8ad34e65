package dev.holdfast.gateway;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.engine.UpstreamView;
import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.server.ClientNames;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.http.Json;
import dev.holdfast.http.QueryFields;
import dev.holdfast.quota.Window;
import dev.holdfast.store.Reads;
import dev.holdfast.store.Store;
import dev.holdfast.wire.RequestJson;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/upstreams/{name}/clients}: who uses an upstream's quota, for those who see all.
 */
final class UsageDoor {
    /** Calls that are looked at for each window, the newest ones. */
    private static final int MAX_CALLS = 10_000;

    /** Clients that are told of each window; what the others used is summed up. */
    private static final int MAX_CLIENTS = 50;

    /** What is told of an upstream without a quota. */
    private static final Duration WITHOUT_QUOTA = Duration.ofSeconds(60);

    private final DoorParts doorway;

    UsageDoor(DoorParts doorway) {
        this.doorway = doorway;
    }

    /**
     * A window and who used it.
     *
     * @param limit what it allows; null where there is no quota
     * @param taken of it, by whomever; null where there is no quota
     */
    private record Shown(
            @Nullable String unit,
            Duration length,
            @Nullable Integer limit,
            @Nullable Long taken,
            Reads.Usage usage,
            @Nullable Instant lookedBackTo) {}

    void get(Exchange exchange, String segment) {
        String name = QueryFields.decode(segment);
        if (name == null) {
            exchange.problem(UpstreamDoors.notFound());
            return;
        }
        doorway.guard(exchange);
        exchange.when(
                doorway.engine().glance(name),
                found -> {
                    if (found.isEmpty()) {
                        exchange.problem(UpstreamDoors.notFound());
                        return;
                    }
                    doorway.read(
                            exchange,
                            () -> look(found.get()),
                            windows -> exchange.json(200, page(windows)));
                });
    }

    private List<Shown> look(UpstreamView view) {
        List<Shown> all = new ArrayList<>();
        windows(all, view.name(), null, view.quota().windows(), view.taken());
        for (UpstreamView.UnitView unit : view.units()) {
            windows(all, view.name(), unit.unit(), unit.quota().windows(), unit.taken());
        }
        if (view.quota().windows().isEmpty()) {
            all.addFirst(shown(view.name(), null, WITHOUT_QUOTA, null, null));
        }
        return all;
    }

    private void windows(
            List<Shown> all,
            String upstream,
            @Nullable String unit,
            List<Window> windows,
            List<Long> taken) {
        for (int i = 0; i < windows.size(); i++) {
            Window window = windows.get(i);
            all.add(shown(upstream, unit, window.length(), window.limit(), taken.get(i)));
        }
    }

    private Shown shown(
            String upstream,
            @Nullable String unit,
            Duration length,
            @Nullable Integer limit,
            @Nullable Long taken) {
        Store store = doorway.engine().store();
        Instant now = store.clock().instant();
        Reads.Usage usage = store.reads().usage(upstream, unit, now.minus(length), MAX_CALLS);
        Instant back =
                usage.lookedBackTo() == null
                        ? null
                        : store.wall().instant().minus(Duration.between(usage.lookedBackTo(), now));
        return new Shown(unit, length, limit, taken, usage, back);
    }

    private Buffer page(List<Shown> windows) {
        ClientNames names = doorway.clientNames().get();
        return Json.object(
                json -> {
                    json.writeArrayFieldStart("windows");
                    for (Shown window : windows) {
                        json.writeStartObject();
                        write(json, window, names);
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                });
    }

    private static void write(JsonGenerator json, Shown window, ClientNames names)
            throws IOException {
        if (window.unit() != null) {
            json.writeStringField("unit", window.unit());
        }
        json.writeNumberField("window_seconds", window.length().toMillis() / 1000.0);
        if (window.limit() != null && window.taken() != null) {
            json.writeNumberField("limit", window.limit());
            json.writeNumberField("taken", window.taken());
        }
        List<Reads.Used> clients = window.usage().clients();
        json.writeArrayFieldStart("clients");
        for (Reads.Used one : clients.subList(0, Math.min(MAX_CLIENTS, clients.size()))) {
            json.writeStartObject();
            json.writeStringField("client", names.of(one.client()));
            json.writeNumberField("used", one.amount());
            json.writeEndObject();
        }
        json.writeEndArray();
        if (clients.size() > MAX_CLIENTS) {
            List<Reads.Used> others = clients.subList(MAX_CLIENTS, clients.size());
            json.writeObjectFieldStart("others");
            json.writeNumberField("clients", others.size());
            json.writeNumberField("used", others.stream().mapToLong(Reads.Used::amount).sum());
            json.writeEndObject();
        }
        if (window.lookedBackTo() != null) {
            json.writeStringField("looked_back_to", RequestJson.instant(window.lookedBackTo()));
        }
    }
}
