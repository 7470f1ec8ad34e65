package dev.holdfast.app.serve;

import dev.holdfast.app.config.Settings;
import dev.holdfast.app.config.UpstreamSettings;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.bulk.OperationRunner;
import dev.holdfast.engine.Engine;
import dev.holdfast.engine.EngineParts;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.Upstream;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.engine.loop.Loop;
import dev.holdfast.outbound.HttpUpstream;
import dev.holdfast.store.Store;
import dev.holdfast.wire.RequestJson;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Second: the engine with its upstreams, and the webhooks. Nobody asks yet.
 *
 * @param converter has not begun; null if there is none
 */
record EngineStage(Engine engine, WebhookSide webhooks, @Nullable ConverterSide converter) {
    /** Longest time that calls under way get to end when told to stop. */
    private static final Duration DRAIN_WITHIN = Duration.ofSeconds(4);

    static EngineStage open(Settings settings, StoreStage on, boolean converting, Shutdown end) {
        Store store = on.store();
        Observation seen = on.seen();
        var loop = new Loop("holdfast-engine");
        end.push(loop::close);
        var webhooks =
                new WebhookSide(
                        on.vertx(),
                        settings.webhooks(),
                        store,
                        on.clients(),
                        new RequestJson(Policies.shapes(settings), settings.server().base()),
                        loop,
                        seen.deliveries());
        end.push(webhooks::close);
        Map<String, Upstream> upstreams = upstreams(settings, on, end);
        Identities identities = Identities.of(store.clients());
        List<UpstreamPolicy> policies = new ArrayList<>(Policies.upstreams(settings, identities));
        List<RoutePolicy> routes = new ArrayList<>();
        settings.routes().forEach(route -> routes.add(Policies.route(route)));
        ConverterSide converter =
                converting ? new ConverterSide(on.vertx(), settings.rates()) : null;
        if (converter != null) {
            end.push(converter::close);
            converter.addTo(upstreams, policies, routes);
            converter.bindWire(seen.registry());
        }
        if (!settings.routes().isEmpty()) {
            LeftOvers.check(store, routes, !settings.store().sqlite());
        }
        seen.trace(upstreams);
        var engine =
                new Engine(
                        new EngineParts(
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
                                seen.watch(store)));
        end.push(() -> Shutdown.await(webhooks.stop(), Shutdown.CLOSE_WITHIN));
        Duration ended = DRAIN_WITHIN.plus(Shutdown.CLOSE_WITHIN);
        end.push(() -> Shutdown.await(engine.drain(DRAIN_WITHIN), ended));
        engine.start();
        webhooks.start();
        var operations = new OperationRunner(engine, loop, loop, loop.readers(), UUID.randomUUID());
        end.push(operations::close);
        operations.start();
        WebhookMeters.bind(webhooks.metrics(), seen.registry());
        WireMeters.bind(webhooks.wire(), "webhooks", seen.registry());
        return new EngineStage(engine, webhooks, converter);
    }

    private static Map<String, Upstream> upstreams(Settings settings, StoreStage on, Shutdown end) {
        Map<String, Upstream> upstreams = new LinkedHashMap<>();
        for (UpstreamSettings upstream : settings.upstreams().values()) {
            try {
                var http =
                        new HttpUpstream(
                                on.vertx(),
                                Policies.http(upstream, settings.routes()),
                                InstantSource.system(),
                                on.store().contents());
                end.push(http::close);
                WireMeters.bind(http.wire(), upstream.name(), on.seen().registry());
                upstreams.put(upstream.name(), http);
            } catch (IllegalArgumentException e) {
                throw Failure.usage(
                        "holdfast: upstreams." + upstream.name() + ": " + e.getMessage());
            }
        }
        return upstreams;
    }
}
