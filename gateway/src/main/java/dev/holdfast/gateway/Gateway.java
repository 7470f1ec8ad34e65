package dev.holdfast.gateway;

import dev.holdfast.engine.Engine;
import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.parts.Holds;
import dev.holdfast.gateway.parts.RateLimits;
import dev.holdfast.gateway.ports.WebhookPorts;
import dev.holdfast.gateway.server.Authenticator;
import dev.holdfast.gateway.server.Blocking;
import dev.holdfast.gateway.server.Certificates;
import dev.holdfast.gateway.server.Endpoint;
import dev.holdfast.gateway.server.Listener;
import dev.holdfast.gateway.server.Place;
import dev.holdfast.gateway.server.Reception;
import dev.holdfast.gateway.server.RequestTraces;
import dev.holdfast.gateway.server.RouteTable;
import dev.holdfast.gateway.server.Tls;
import dev.holdfast.gateway.server.WebPages;
import dev.holdfast.gateway.wire.Entrance;
import dev.holdfast.gateway.wire.Lateness;
import dev.holdfast.gateway.wire.Lines;
import dev.holdfast.request.ResultShape;
import dev.holdfast.store.StoreUnavailable;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server that callers see, as openapi.yaml describes it. Every request is answered within
 * {@link GatewaySettings#answerWithin()}, except those that ask to be held.
 */
public final class Gateway {
    /** Time between two looks for idle and slow connections, in milliseconds. */
    static final long SWEEP_MILLIS = 2_000;

    /** Time between two looks at the clients, in milliseconds; a new key works after that. */
    static final long CLIENTS_MILLIS = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);

    private final Vertx vertx;
    private final Authenticator authenticator;
    private final Blocking reads = new Blocking();
    final Holds holds = new Holds();
    private final Lines lines;
    private final Lines operatorsLines;
    private final Function<List<RouteDoor>, RouteTable> tables;
    private volatile RouteTable table;
    private final RequestTraces traces;
    private final Listener callers;
    private final @Nullable Listener operators;
    private final AtomicBoolean refreshing = new AtomicBoolean();
    private long refresh = -1;
    private long sweep = -1;
    private volatile int managementPort;

    /**
     * @param engine keeps the promises; started and closed by the caller
     * @param doors the routes
     * @param webhooks the webhooks' side
     * @param registry where figures go, and come from for {@code /metrics}
     * @param others what somebody else answers: the console, the converter
     * @param traces sees each caller's request
     */
    public Gateway(
            Vertx vertx,
            GatewaySettings settings,
            Engine engine,
            List<RouteDoor> doors,
            Authenticator authenticator,
            WebhookPorts webhooks,
            PrometheusMeterRegistry registry,
            List<Endpoint> others,
            RequestTraces traces) {
        this.vertx = vertx;
        this.authenticator = authenticator;
        this.traces = traces;
        this.lines = new Lines(settings.limits(), settings.tls() != null);
        this.operatorsLines = new Lines(settings.limits().forOperators(), false);
        var limits = new RateLimits(engine);
        Lateness lateness = Entrance.of(vertx).lateness();
        var upstreamMeters = new UpstreamMeters(registry);
        Function<List<RouteDoor>, Paths> routes =
                of ->
                        new Paths(
                                new DoorParts(
                                        vertx,
                                        engine,
                                        shapes(of),
                                        reads,
                                        limits,
                                        authenticator::names,
                                        settings.answerWithin(),
                                        lateness),
                                authenticator,
                                webhooks,
                                registry,
                                holds,
                                upstreamMeters,
                                settings.limits().bodyWithin());
        Place management = settings.management();
        this.tables = of -> routes.apply(of).table(of, management != null, others);
        this.table = tables.apply(doors);
        this.callers =
                listener(
                        settings,
                        settings.place(),
                        settings.tls(),
                        settings.eventLoops(),
                        () -> table,
                        lines,
                        new WebPages(settings.place().host()));
        this.operators =
                management == null
                        ? null
                        : listener(
                                settings,
                                management,
                                null,
                                1,
                                managed(routes.apply(List.of()).management()),
                                operatorsLines,
                                null);
        GatewayMeters.bind(registry, holds, lines, lateness);
    }

    private Listener listener(
            GatewaySettings settings,
            Place place,
            @Nullable Tls tls,
            int eventLoops,
            Supplier<RouteTable> paths,
            Lines lines,
            @Nullable WebPages pages) {
        var reception = new Reception(vertx, paths, authenticator, pages, traces, settings.base());
        Duration last = settings.answerWithin().plusMillis(DoorParts.GUARD_MARGIN_MILLIS);
        return new Listener(vertx, place, tls, eventLoops, last, reception, lines);
    }

    private static Supplier<RouteTable> managed(RouteTable always) {
        return () -> always;
    }

    private static Map<String, ResultShape> shapes(List<RouteDoor> doors) {
        Map<String, ResultShape> shapes = new HashMap<>();
        doors.forEach(door -> shapes.put(door.path(), door.policy().shape()));
        return Map.copyOf(shapes);
    }

    /**
     * What leads to these routes, which nobody is shown yet.
     *
     * @throws IllegalArgumentException if two want the same path
     */
    public RouteTable table(List<RouteDoor> doors) {
        return tables.apply(doors);
    }

    /** The paths that callers are shown. */
    public RouteTable table() {
        return table;
    }

    /** Shows callers these paths from now on; whoever came in before goes on as it came. */
    public void show(RouteTable next) {
        table = next;
    }

    /** Looks at the clients now, not within a second. Blocks. */
    public void lookAtClients() {
        authenticator.refresh();
    }

    /** Looks after the callers' certificate, or null: there is none. */
    public @Nullable Certificates certificates() {
        return callers.certificates();
    }

    /** Every path there is, for whoever holds the document to it. */
    List<Endpoint> endpoints() {
        return table.endpoints();
    }

    /** Listens; the future brings the actual port of the callers' place. */
    public Future<Integer> start() {
        return Future.fromCompletionStage(
                        reads.read(
                                () -> {
                                    authenticator.refresh();
                                    return true;
                                }))
                .compose(_ -> startOperators())
                .compose(_ -> callers.start())
                .onSuccess(
                        _ -> {
                            refresh = vertx.setPeriodic(CLIENTS_MILLIS, _ -> refreshClients());
                            sweep = vertx.setPeriodic(SWEEP_MILLIS, _ -> sweep());
                        });
    }

    private Future<Void> startOperators() {
        return operators == null
                ? Future.succeededFuture()
                : operators.start().onSuccess(port -> managementPort = port).mapEmpty();
    }

    /** The actual port of the operators' place; 0 if they have none of their own. */
    public int managementPort() {
        return managementPort;
    }

    /** Answers what is held with what is known, and holds nothing from now on. */
    public void release() {
        holds.drain();
    }

    /**
     * Takes no more connections, lets the answers in hand go out (held ones with what is known) and
     * closes, after {@code answer-within} at the latest. The operators' place goes last, so that it
     * tells until then that the gateway is not ready.
     */
    public Future<Void> stop() {
        vertx.cancelTimer(refresh);
        vertx.cancelTimer(sweep);
        release();
        return callers.stop()
                .eventually(() -> operators == null ? Future.succeededFuture() : operators.stop())
                .onComplete(_ -> reads.close());
    }

    private void sweep() {
        lines.sweep();
        operatorsLines.sweep();
    }

    private void refreshClients() {
        // On a thread of its own: a key that was revoked ends, however many look something up.
        if (refreshing.compareAndSet(false, true)) {
            Thread.startVirtualThread(
                    () -> {
                        try {
                            authenticator.refresh();
                        } catch (StoreUnavailable e) {
                            LOG.warn("clients cannot be read, the last known stay in force", e);
                        } finally {
                            refreshing.set(false);
                        }
                    });
        }
    }
}
