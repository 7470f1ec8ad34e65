package dev.holdfast.engine;

import dev.holdfast.engine.loop.Timer;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.Store;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

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

    /**
     * What of an engine may change while it runs, as one: routes, and upstreams with how they are
     * called. Whoever looks twice at it takes it once.
     *
     * @param policies in the order of the configuration
     */
    record Configured(
            Map<String, RoutePolicy> routes,
            Map<String, UpstreamPolicy> policies,
            Map<String, Upstream> upstreams) {
        /**
         * @throws IllegalArgumentException if there is no way to call one of them
         */
        static Configured of(
                List<UpstreamPolicy> policies,
                List<RoutePolicy> routes,
                Map<String, Upstream> upstreams) {
            Map<String, RoutePolicy> byPath = new LinkedHashMap<>();
            routes.forEach(route -> byPath.put(route.path(), route));
            Map<String, UpstreamPolicy> byName = new LinkedHashMap<>();
            for (UpstreamPolicy policy : policies) {
                if (!upstreams.containsKey(policy.name())) {
                    throw new IllegalArgumentException("no way to call upstream " + policy.name());
                }
                byName.put(policy.name(), policy);
            }
            return new Configured(
                    Collections.unmodifiableMap(byPath),
                    Collections.unmodifiableMap(byName),
                    Map.copyOf(upstreams));
        }

        /**
         * @throws IllegalArgumentException if there is none
         */
        RoutePolicy route(String path) {
            RoutePolicy route = routes.get(path);
            if (route == null || !policies.containsKey(route.upstream())) {
                throw new IllegalArgumentException("no such route: " + path);
            }
            return route;
        }

        UpstreamPolicy policy(RoutePolicy route) {
            return known(policies.get(route.upstream()), route.upstream());
        }

        Upstream upstream(String name) {
            return known(upstreams.get(name), name);
        }

        private static <T> T known(@Nullable T value, String name) {
            if (value == null) {
                throw new IllegalArgumentException("no such upstream: " + name);
            }
            return value;
        }

        /** The upstreams that the routes are called at, by the routes' paths. */
        Map<String, String> homes() {
            Map<String, String> homes = new HashMap<>();
            routes.values().forEach(route -> homes.put(route.path(), route.upstream()));
            return homes;
        }

        /**
         * The credentials of which each call of those upstreams leaves with one, by their names.
         */
        Map<String, List<ClaimAsk.Credential>> pools() {
            Map<String, List<ClaimAsk.Credential>> pools = new HashMap<>();
            for (UpstreamPolicy policy : policies.values()) {
                if (policy.identity() != null) {
                    pools.put(policy.name(), policy.credentials().all());
                }
            }
            return pools;
        }

        /** What tells upstreams from each other that are not told by their names, by these. */
        Map<String, String> identities() {
            Map<String, String> identities = new HashMap<>();
            for (UpstreamPolicy policy : policies.values()) {
                String identity = policy.identity();
                if (identity != null) {
                    identities.put(policy.name(), identity);
                }
            }
            return identities;
        }
    }
}
