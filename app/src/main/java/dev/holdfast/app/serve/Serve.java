package dev.holdfast.app.serve;

import dev.holdfast.app.config.Settings;
import dev.holdfast.app.config.StoreSettings;
import dev.holdfast.app.config.UpstreamSettings;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.Packaged;
import dev.holdfast.engine.Engine;
import dev.holdfast.engine.EngineParts;
import dev.holdfast.engine.EngineWatch;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.Upstream;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.engine.loop.Loop;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.RouteDoor;
import dev.holdfast.gateway.console.Console;
import dev.holdfast.gateway.server.Authenticator;
import dev.holdfast.gateway.server.Endpoint;
import dev.holdfast.outbound.HttpUpstream;
import dev.holdfast.rates.feed.ConvertRoutes;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.postgresql.PostgresStore;
import dev.holdfast.store.sqlite.SqliteStore;
import dev.holdfast.wire.RequestJson;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.net.BindException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The composition root: puts store, engine, upstreams, webhooks, gateway and converter together
 * from the settings, starts them and stops them again, the last one first.
 */
public final class Serve implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Serve.class);

    /** Longest time that starting may take. */
    private static final Duration START_WITHIN = Duration.ofSeconds(30);

    /** Longest time that calls under way get to end when told to stop. */
    private static final Duration DRAIN_WITHIN = Duration.ofSeconds(4);

    /** Longest time that closing connections may take. */
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(3);

    /** Longest time that the converter gets to answer what it has in hand. */
    private static final Duration CONVERTER_WITHIN = Duration.ofSeconds(5);

    /** What the client of an open gateway may have unfinished. */
    private static final int OPEN_MAX_PENDING = 1_000_000;

    private final Settings settings;
    private final boolean converting;
    private final Deque<Runnable> ends = new ArrayDeque<>();
    private int port;

    private Serve(Settings settings, boolean converting) {
        this.settings = settings;
        this.converting = converting;
    }

    /**
     * Starts everything; blocks until it listens.
     *
     * @throws Failure if something cannot start; what had started is stopped again
     */
    public static Serve start(Settings settings) {
        return start(settings, EventLoops.opening());
    }

    /** As {@link #start(Settings)}, on these loops; they are closed with the rest. */
    public static Serve start(Settings settings, EventLoops loops) {
        return start(settings, loops, settings.rates().feed() != null);
    }

    /**
     * As {@link #start(Settings)}, with the converter alone: no routes, no upstreams but the rates
     * API.
     */
    public static Serve startConverter(Settings settings) {
        var alone =
                new Settings(
                        settings.server(),
                        settings.store(),
                        settings.clients(),
                        Map.of(),
                        List.of(),
                        settings.webhooks(),
                        settings.rates(),
                        settings.logging(),
                        settings.tracing());
        return start(alone, EventLoops.opening(), true);
    }

    private static Serve start(Settings settings, EventLoops loops, boolean converting) {
        var serve = new Serve(settings, converting);
        try {
            serve.open(loops);
            return serve;
        } catch (StoreUnavailable e) {
            serve.close();
            throw Failure.failed(
                    "holdfast: cannot use the store "
                            + shown(settings.store())
                            + ": "
                            + e.getMessage());
        } catch (IllegalArgumentException e) {
            serve.close();
            throw Failure.usage("holdfast: " + e.getMessage());
        } catch (RuntimeException e) {
            serve.close();
            throw e;
        }
    }

    private void open(EventLoops loops) {
        Observation seen;
        Store store;
        Vertx vertx;
        try {
            seen = new Observation(settings.tracing());
            ends.push(seen::close);
            store = openStore();
        } finally {
            vertx = loops.await();
            ends.push(() -> close(vertx));
        }
        var clients = new ConfiguredClients(store.clients(), settings.clients());
        clients.enter(OPEN_MAX_PENDING);
        if (clients.everKeyed() && !clients.anyKey()) {
            LOG.warn(
                    "no client has a key any more, so that nobody may call: `holdfast keys create"
                            + " NAME --admin` makes one");
        }
        var loop = new Loop("holdfast-engine");
        ends.push(loop::close);
        var webhooks =
                new WebhookSide(
                        vertx,
                        settings.webhooks(),
                        store,
                        clients,
                        new RequestJson(Policies.shapes(settings), settings.server().base()),
                        loop,
                        seen.deliveries());
        ends.push(webhooks::close);
        Map<String, Upstream> upstreams = openUpstreams(vertx, seen, store);
        Identities identities = Identities.of(store.clients());
        List<UpstreamPolicy> policies =
                new ArrayList<>(Policies.upstreams(settings, identities::of));
        List<RoutePolicy> routes = new ArrayList<>();
        settings.routes().forEach(route -> routes.add(Policies.route(route)));
        ConverterSide converter = converting ? new ConverterSide(vertx, settings.rates()) : null;
        if (converter != null) {
            ends.push(converter::close);
            converter.addTo(upstreams, policies, routes);
            converter.bindWire(seen.registry());
        }
        if (!settings.routes().isEmpty()) {
            LeftOvers.check(store, routes, !settings.store().sqlite());
        }
        seen.trace(upstreams);
        EngineWatch watch = seen.watch(store);
        var engine = new Engine(parts(store, upstreams, policies, routes, loop, webhooks, watch));
        ends.push(() -> await(webhooks.stop(), CLOSE_WITHIN));
        ends.push(() -> await(engine.drain(DRAIN_WITHIN), DRAIN_WITHIN.plus(CLOSE_WITHIN)));
        engine.start();
        webhooks.start();
        WebhookMeters.bind(webhooks.metrics(), seen.registry());
        WireMeters.bind(webhooks.wire(), "webhooks", seen.registry());
        List<Endpoint> others = new ArrayList<>();
        if (converter != null) {
            await(converter.start(engine, store).toCompletionStage(), START_WITHIN);
            others.addAll(endpoints(converter.routes(), seen.registry()));
            ConverterMeters.bind(converter.metrics(), seen.registry(), store.wall());
        }
        var console =
                new Console(
                        vertx,
                        engine,
                        converter == null ? null : converter.page(),
                        Packaged.version());
        others.addAll(console.endpoints(seen.registry()));
        console.start();
        Gateway gateway = listen(vertx, engine, clients, webhooks, seen, others);
        ends.push(() -> await(console.stop(), CLOSE_WITHIN));
        // Before the gateway waits for its callers: they get their receipts at once.
        ends.push(engine::release);
        if (converter != null) {
            // Before the gateway waits for its callers: the feed gets its close frame within 5 s.
            ends.push(() -> await(converter.stop().toCompletionStage(), CONVERTER_WITHIN));
        }
        ends.push(gateway::release);
    }

    private EngineParts parts(
            Store store,
            Map<String, Upstream> upstreams,
            List<UpstreamPolicy> policies,
            List<RoutePolicy> routes,
            Loop loop,
            WebhookSide webhooks,
            EngineWatch watch) {
        return new EngineParts(
                store,
                upstreams,
                policies,
                routes,
                loop,
                loop,
                loop.readers(),
                RandomGenerator.getDefault(),
                settings.server().answerWithin(),
                webhooks::deliver,
                watch);
    }

    private static List<Endpoint> endpoints(ConvertRoutes routes, MeterRegistry registry) {
        Endpoint.Action convert = (exchange, _) -> routes.convert(exchange);
        Endpoint.Action stream = (exchange, _) -> routes.stream(exchange);
        return List.of(
                new Endpoint(
                        ConvertRoutes.PATH,
                        Endpoint.Access.CLIENT,
                        Map.of(HttpMethod.GET, convert),
                        registry),
                new Endpoint(
                        ConvertRoutes.STREAM_PATH,
                        Endpoint.Access.CLIENT,
                        Map.of(HttpMethod.GET, stream),
                        registry));
    }

    private Gateway listen(
            Vertx vertx,
            Engine engine,
            ConfiguredClients clients,
            WebhookSide webhooks,
            Observation seen,
            List<Endpoint> others) {
        var gateway =
                new Gateway(
                        vertx,
                        ListenerSide.of(settings.server(), EventLoops.count()),
                        engine,
                        doors(),
                        new Authenticator(
                                clients, settings.server().loopback() && !clients.everKeyed()),
                        webhooks.ports(),
                        seen.registry(),
                        others,
                        seen.requests());
        port = listen(gateway);
        ends.push(() -> await(gateway.stop().toCompletionStage(), CLOSE_WITHIN));
        Thread.startVirtualThread(seen::process);
        return gateway;
    }

    private Store openStore() {
        StoreSettings store = settings.store();
        Store opened =
                store.sqlite()
                        ? SqliteStore.open(Path.of(store.sqlitePath()), Policies.store(settings))
                        : PostgresStore.open(store.url(), Policies.store(settings));
        ends.push(opened::close);
        OpenFiles.warn(store);
        return opened;
    }

    /** Closes loops that nothing was put on. */
    public static void close(Vertx vertx) {
        await(vertx.close().toCompletionStage(), CLOSE_WITHIN);
    }

    private Map<String, Upstream> openUpstreams(Vertx vertx, Observation seen, Store store) {
        Map<String, Upstream> upstreams = new LinkedHashMap<>();
        for (UpstreamSettings upstream : settings.upstreams().values()) {
            try {
                var http =
                        new HttpUpstream(
                                vertx,
                                Policies.http(upstream, settings.routes()),
                                InstantSource.system(),
                                store.contents());
                ends.push(http::close);
                WireMeters.bind(http.wire(), upstream.name(), seen.registry());
                upstreams.put(upstream.name(), http);
            } catch (IllegalArgumentException e) {
                throw Failure.usage(
                        "holdfast: upstreams." + upstream.name() + ": " + e.getMessage());
            }
        }
        return upstreams;
    }

    private List<RouteDoor> doors() {
        return settings.routes().stream().map(Policies::door).toList();
    }

    private int listen(Gateway gateway) {
        Future<Integer> listening = gateway.start();
        try {
            return listening
                    .toCompletionStage()
                    .toCompletableFuture()
                    .orTimeout(START_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof BindException bind) {
                throw Failure.failed("holdfast: " + ListenerSide.refused(settings.server(), bind));
            }
            throw Failure.failed("holdfast: cannot listen: " + reason(e));
        }
    }

    private static String reason(CompletionException e) {
        return String.valueOf((e.getCause() == null ? e : e.getCause()).getMessage());
    }

    /** Where it listens. */
    public URI uri() {
        String host = settings.server().host();
        String shown = host.equals("0.0.0.0") || host.equals("::") ? "127.0.0.1" : host;
        return URI.create(
                (settings.server().listen().tls() == null ? "http://" : "https://")
                        + (shown.contains(":") ? "[" + shown + "]" : shown)
                        + ":"
                        + port);
    }

    /** The store without its secrets, for messages. */
    static String shown(StoreSettings store) {
        return store.sqlite() ? store.sqlitePath() : "at store.url";
    }

    private static void await(CompletionStage<?> stage, Duration atMost) {
        try {
            stage.toCompletableFuture()
                    .orTimeout(atMost.toMillis(), TimeUnit.MILLISECONDS)
                    .exceptionally(
                            error -> {
                                if (!(error instanceof TimeoutException)) {
                                    LOG.debug("not stopped cleanly", error);
                                }
                                return null;
                            })
                    .join();
        } catch (CompletionException e) {
            LOG.debug("not stopped cleanly", e);
        }
    }

    /** Stops everything in order: no new asks, calls under way end, all is on disk. */
    @Override
    public synchronized void close() {
        while (!ends.isEmpty()) {
            try {
                ends.pop().run();
            } catch (RuntimeException e) {
                LOG.warn("a part did not stop cleanly", e);
            }
        }
    }
}
