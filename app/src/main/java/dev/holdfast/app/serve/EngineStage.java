package dev.holdfast.app.serve;

import dev.holdfast.app.config.Settings;
import dev.holdfast.bulk.OperationRunner;
import dev.holdfast.engine.Engine;
import dev.holdfast.engine.EngineParts;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.Upstream;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.engine.loop.Loop;
import dev.holdfast.request.ResultShape;
import dev.holdfast.store.Store;
import dev.holdfast.wire.RequestJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Second: the engine with its upstreams, and the webhooks. Nobody asks yet.
 *
 * @param converter has not begun; null if there is none
 * @param wanted what it was told at the start
 */
record EngineStage(
        Engine engine,
        WebhookSide webhooks,
        @Nullable ConverterSide converter,
        CalledUpstreams called,
        Identities identities,
        Wanted wanted,
        AtomicReference<Map<String, ResultShape>> shapes) {
    /** Longest time that calls under way get to end when told to stop. */
    private static final Duration DRAIN_WITHIN = Duration.ofSeconds(4);

    static EngineStage open(Settings settings, StoreStage on, boolean converting, Shutdown end) {
        Store store = on.store();
        Observation seen = on.seen();
        var loop = new Loop("holdfast-engine");
        end.push(loop::close);
        var shapes = new AtomicReference<>(Policies.shapes(settings));
        var webhooks =
                new WebhookSide(
                        on.vertx(),
                        settings.webhooks(),
                        store,
                        on.clients(),
                        new RequestJson(shapes::get, settings.server().base()),
                        loop,
                        seen.deliveries());
        end.push(webhooks::close);
        var called = new CalledUpstreams(on);
        end.push(called::close);
        CalledUpstreams.Prepared first = called.prepare(settings);
        first.take();
        Identities identities = Identities.of(store.clients());
        ConverterSide converter =
                converting ? new ConverterSide(on.vertx(), settings.rates()) : null;
        if (converter != null) {
            end.push(converter::close);
            converter.bindWire(seen.registry());
        }
        Wanted wanted = wanted(settings, first.upstreams(), identities, converter, seen);
        if (!settings.routes().isEmpty()) {
            LeftOvers.check(store, wanted.routes(), !settings.store().sqlite());
        }
        var engine =
                new Engine(
                        new EngineParts(
                                store,
                                wanted.upstreams(),
                                wanted.policies(),
                                wanted.routes(),
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
        WireMeters.bind(CalledUpstreams.MEMORY, seen.registry());
        return new EngineStage(engine, webhooks, converter, called, identities, wanted, shapes);
    }

    /** What an engine is told of routes and upstreams, the converter's among them. */
    record Wanted(
            Map<String, Upstream> upstreams,
            List<UpstreamPolicy> policies,
            List<RoutePolicy> routes) {}

    static Wanted wanted(
            Settings settings,
            Map<String, Upstream> configured,
            Identities identities,
            @Nullable ConverterSide converter,
            Observation seen) {
        Map<String, Upstream> upstreams = new LinkedHashMap<>(configured);
        List<UpstreamPolicy> policies = new ArrayList<>(Policies.upstreams(settings, identities));
        List<RoutePolicy> routes = new ArrayList<>();
        settings.routes().forEach(route -> routes.add(Policies.route(route, settings)));
        if (converter != null) {
            converter.addTo(upstreams, policies, routes);
        }
        seen.trace(upstreams);
        return new Wanted(upstreams, policies, routes);
    }
}
