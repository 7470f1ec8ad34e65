package dev.holdfast.engine;

import dev.holdfast.engine.loop.Timer;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.Store;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * All that an engine is made of. Time, chance, storage and network come in from here, so that a
 * simulation can give its own.
 *
 * @param store where promises are kept; the engine does not close it
 * @param upstreams how each upstream is called, by its name
 * @param policies one for each upstream
 * @param routes the kinds of calls
 * @param loop runs one task at a time, in order
 * @param timer runs tasks later, on the loop
 * @param readers for look-ups that block
 * @param random for jitter and ids
 * @param answerWithin the longest that an ask waits for anything (P2)
 * @param deliveries takes the webhooks that fall due
 * @param watch sees what happens, for figures and traces
 */
public record EngineParts(
        Store store,
        Map<String, Upstream> upstreams,
        List<UpstreamPolicy> policies,
        List<RoutePolicy> routes,
        Executor loop,
        Timer timer,
        Executor readers,
        RandomGenerator random,
        Duration answerWithin,
        Consumer<List<Delivery>> deliveries,
        EngineWatch watch) {
    /** All but somebody who watches. */
    public EngineParts(
            Store store,
            Map<String, Upstream> upstreams,
            List<UpstreamPolicy> policies,
            List<RoutePolicy> routes,
            Executor loop,
            Timer timer,
            Executor readers,
            RandomGenerator random,
            Duration answerWithin,
            Consumer<List<Delivery>> deliveries) {
        this(
                store,
                upstreams,
                policies,
                routes,
                loop,
                timer,
                readers,
                random,
                answerWithin,
                deliveries,
                EngineWatch.NONE);
    }

    public EngineParts {
        upstreams = Map.copyOf(upstreams);
        policies = List.copyOf(policies);
        routes = List.copyOf(routes);
    }
}
