package dev.holdfast.gateway;

import dev.holdfast.gateway.batch.BatchDoors;
import dev.holdfast.gateway.batch.BatchEvents;
import dev.holdfast.gateway.batch.BatchResults;
import dev.holdfast.gateway.batch.OperationDoors;
import dev.holdfast.gateway.partition.PartitionDoors;
import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.parts.Holds;
import dev.holdfast.gateway.pass.Intake;
import dev.holdfast.gateway.pass.Originals;
import dev.holdfast.gateway.pass.PassReader;
import dev.holdfast.gateway.pass.PassRoute;
import dev.holdfast.gateway.pass.ResultDoor;
import dev.holdfast.gateway.ports.WebhookPorts;
import dev.holdfast.gateway.server.Authenticator;
import dev.holdfast.gateway.server.Bodies;
import dev.holdfast.gateway.server.Endpoint;
import dev.holdfast.gateway.server.Endpoint.Access;
import dev.holdfast.gateway.server.Endpoint.Action;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.server.RouteTable;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Every path of the gateway, in one place. */
final class Paths {
    private final DoorParts doorway;
    private final Authenticator authenticator;
    private final WebhookPorts webhooks;
    private final PrometheusMeterRegistry registry;
    private final Holds holds;
    private final Bodies bodies;
    private final UpstreamMeters upstreamMeters;
    private final List<Endpoint> endpoints = new ArrayList<>();

    Paths(
            DoorParts doorway,
            Authenticator authenticator,
            WebhookPorts webhooks,
            PrometheusMeterRegistry registry,
            Holds holds,
            UpstreamMeters upstreamMeters,
            Duration bodyWithin) {
        this.doorway = doorway;
        this.authenticator = authenticator;
        this.webhooks = webhooks;
        this.registry = registry;
        this.holds = holds;
        this.upstreamMeters = upstreamMeters;
        this.bodies = new Bodies(doorway.vertx(), bodyWithin);
    }

    /**
     * What callers reach.
     *
     * @param others what is not the gateway's own
     * @param managed whether operators have a place of their own, which alone tells figures
     */
    RouteTable table(List<RouteDoor> doors, boolean managed, List<Endpoint> others) {
        Map<String, AskReader> readers = new LinkedHashMap<>();
        for (RouteDoor door : doors) {
            PassRoute pass = door.pass();
            if (pass != null) {
                add(pass.path().entry(), Access.CLIENT, passing(door, pass).actions());
                continue;
            }
            AskReader reader =
                    new AskReader(
                            door, webhooks.urls(), authenticator, doorway.engine().store().wall());
            readers.put(door.path(), reader);
            add(
                    door.path(),
                    Access.CLIENT,
                    new AskDoor(
                                    door,
                                    reader,
                                    bodies,
                                    doorway,
                                    holds,
                                    originals(),
                                    new AskMeters(door.path(), registry))
                            .actions());
        }
        requests();
        batches(readers);
        operations();
        webhooks();
        upstreams();
        add("/v1/audit", Access.ADMIN, get(plain(new AuditDoor(doorway)::list)));
        probes();
        if (!managed) {
            figures();
        }
        documents(doors);
        endpoints.addAll(others);
        return new RouteTable(endpoints);
    }

    private PassDoor passing(RouteDoor door, PassRoute pass) {
        return new PassDoor(
                door,
                new PassReader(pass),
                new Intake(bodies, doorway.engine().store().contents()),
                originals(),
                webhooks.urls(),
                doorway,
                holds,
                new AskMeters(door.path(), registry));
    }

    private Originals originals() {
        return new Originals(doorway.vertx(), doorway.engine().store().contents());
    }

    /** What operators reach at a place of their own. */
    RouteTable management() {
        probes();
        figures();
        return new RouteTable(endpoints);
    }

    private void requests() {
        RequestDoors requests = new RequestDoors(doorway, bodies, new ResultDoor(originals()));
        Follow follow = new Follow(doorway, holds);
        Events events = new Events(doorway, holds);
        add("/v1/requests", Access.CLIENT, Map.of(HttpMethod.GET, plain(requests::list)));
        add(
                "/v1/requests/{id}",
                Access.CLIENT,
                Map.of(
                        HttpMethod.GET, named(follow::get),
                        HttpMethod.DELETE, named(requests::cancel),
                        HttpMethod.PATCH, named(requests::change)));
        add("/v1/requests/{id}/events", Access.CLIENT, get(named(events::open)));
        add("/v1/requests/{id}/result", Access.CLIENT, get(named(requests::result)));
        add("/v1/requests/{id}/attempts", Access.CLIENT, get(named(requests::attempts)));
        add("/v1/requests/{id}/retry", Access.CLIENT, post(named(requests::retry)));
    }

    private void batches(Map<String, AskReader> readers) {
        BatchDoors batches =
                new BatchDoors(
                        doorway,
                        bodies,
                        new BatchLines(readers),
                        webhooks.urls(),
                        AskReader::idempotencyKey);
        BatchResults results = new BatchResults(doorway);
        BatchEvents events = new BatchEvents(doorway, holds);
        add(
                "/v1/batches",
                Access.CLIENT,
                Map.of(
                        HttpMethod.GET, plain(batches::list),
                        HttpMethod.POST, plain(batches::post)));
        add(
                "/v1/batches/{id}",
                Access.CLIENT,
                Map.of(
                        HttpMethod.GET, named(batches::get),
                        HttpMethod.DELETE, named(batches::delete)));
        add("/v1/batches/{id}/events", Access.CLIENT, get(named(events::open)));
        add("/v1/batches/{id}/results", Access.CLIENT, get(named(results::get)));
    }

    private void operations() {
        OperationDoors operations = new OperationDoors(doorway, bodies);
        add(
                "/v1/operations",
                Access.CLIENT,
                Map.of(
                        HttpMethod.GET, plain(operations::list),
                        HttpMethod.POST, plain(operations::post)));
        add(
                "/v1/operations/{id}",
                Access.CLIENT,
                Map.of(
                        HttpMethod.GET, named(operations::get),
                        HttpMethod.DELETE, named(operations::delete)));
    }

    private void webhooks() {
        WebhookDoors doors = new WebhookDoors(doorway, bodies, webhooks);
        add("/v1/webhook-secret", Access.CLIENT, get(plain(doors::secret)));
        add("/v1/webhook-secret/rotate", Access.CLIENT, post(plain(doors::rotate)));
        add("/v1/webhooks/test", Access.CLIENT, post(plain(doors::test)));
        add("/v1/deliveries", Access.CLIENT, get(plain(doors::list)));
        add("/v1/deliveries/{id}/tries", Access.CLIENT, get(named(doors::tries)));
        add("/v1/deliveries/{id}/redeliver", Access.CLIENT, post(named(doors::redeliver)));
        add("/.well-known/webhook-keys", Access.ANYBODY, get(plain(doors::publicKeys)));
    }

    private void upstreams() {
        UpstreamDoors upstreams = new UpstreamDoors(doorway);
        add("/v1/upstreams", Access.CLIENT, get(plain(upstreams::list)));
        add("/v1/upstreams/{name}", Access.CLIENT, get(named(upstreams::get)));
        add(
                "/v1/upstreams/{name}/pause",
                Access.ADMIN,
                post(named((exchange, name) -> upstreams.pause(exchange, name, true))));
        add(
                "/v1/upstreams/{name}/resume",
                Access.ADMIN,
                post(named((exchange, name) -> upstreams.pause(exchange, name, false))));
        add("/v1/upstreams/{name}/clients", Access.ADMIN, get(named(new UsageDoor(doorway)::get)));
        PartitionDoors partitions = new PartitionDoors(doorway, bodies);
        add("/v1/upstreams/{name}/partitions", Access.ADMIN, get(named(partitions::list)));
        add(
                "/v1/upstreams/{name}/partitions/{key}",
                Access.ADMIN,
                Map.of(
                        HttpMethod.GET, twice(partitions::get),
                        HttpMethod.PUT, twice(partitions::put)));
        add(
                "/v1/upstreams/{name}/partitions/{key}/pause",
                Access.ADMIN,
                post(twice((exchange, name, key) -> partitions.pause(exchange, name, key, true))));
        add(
                "/v1/upstreams/{name}/partitions/{key}/resume",
                Access.ADMIN,
                post(twice((exchange, name, key) -> partitions.pause(exchange, name, key, false))));
    }

    private void probes() {
        OperateDoors operate = new OperateDoors(doorway, registry, holds, upstreamMeters);
        add("/livez", Access.PROBE, get(plain(operate::live)));
        add("/readyz", Access.PROBE, get(plain(operate::ready)));
    }

    private void figures() {
        OperateDoors operate = new OperateDoors(doorway, registry, holds, upstreamMeters);
        add("/metrics", Access.ANYBODY, get(plain(operate::metrics)));
    }

    private void documents(List<RouteDoor> routes) {
        Documents documents = new Documents(doorway, routes);
        add("/", Access.ANYBODY, get(plain(documents::index)));
        add("/openapi.yaml", Access.ANYBODY, get(plain(documents::openApi)));
        add("/swagger", Access.ANYBODY, get(plain(documents::swagger)));
        add("/swagger/{file}", Access.ANYBODY, get(named(documents::swaggerFile)));
        add("/problems/{name}", Access.ANYBODY, get(named(documents::problem)));
    }

    private void add(String template, Access access, Map<HttpMethod, Action> actions) {
        endpoints.add(new Endpoint(template, access, actions, registry));
    }

    private static Map<HttpMethod, Action> get(Action action) {
        return Map.of(HttpMethod.GET, action);
    }

    private static Map<HttpMethod, Action> post(Action action) {
        return Map.of(HttpMethod.POST, action);
    }

    private static Action plain(Consumer<Exchange> action) {
        return (exchange, _) -> action.accept(exchange);
    }

    private static Action twice(Twice action) {
        return (exchange, variables) ->
                action.accept(exchange, variables.getFirst(), variables.getLast());
    }

    /** What has two names in its path. */
    @FunctionalInterface
    private interface Twice {
        void accept(Exchange exchange, String first, String second);
    }

    private static Action named(BiConsumer<Exchange, String> action) {
        return (exchange, variables) -> action.accept(exchange, variables.getFirst());
    }
}
