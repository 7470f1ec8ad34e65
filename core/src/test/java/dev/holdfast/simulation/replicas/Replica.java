package dev.holdfast.simulation.replicas;

import dev.holdfast.engine.Answer;
import dev.holdfast.engine.Ask;
import dev.holdfast.engine.Engine;
import dev.holdfast.engine.EngineParts;
import dev.holdfast.engine.EngineWatch;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.Upstream;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.engine.loop.Timer;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.request.ResultShape;
import dev.holdfast.simulation.World;
import dev.holdfast.store.Claim;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.postgresql.SimulatedDatabase;
import dev.holdfast.store.sql.WriteProbe;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One life of one of several processes: the real engine on the real store on PostgreSQL. */
final class Replica {
    /** Calls under way at once in each process. */
    static final int CONCURRENCY = 6;

    static final Duration ANSWER_WITHIN = Duration.ofMillis(1800);
    private static final Duration BEAT = Duration.ofMillis(500);
    private static final StoreOptions OPTIONS = StoreOptions.DEFAULT.withoutDisk();

    private final World world;
    private final Work work;
    private final Map<String, SharedApi> apis;
    private final SimulatedDatabase.Replica place;
    private final Engine engine;
    private boolean alive = true;
    private long stalledUntil;

    /** What stores have in hand, and the one loop of all processes. */
    interface Work extends Executor {
        /** A store was asked for something. */
        void begun(String what);

        /** It has answered, and whoever asked was told. */
        void over(String what);
    }

    /**
     * The machine it runs on.
     *
     * @param nanos its monotonic clock
     * @param micros the server's clock, as it is told here
     * @param probe told of the store's steps
     * @param connected told of each new connection, on the thread that made it
     * @param random the store's, on its own threads
     */
    record Machine(
            LongSupplier nanos,
            LongSupplier micros,
            WriteProbe probe,
            Runnable connected,
            RandomGenerator random) {}

    Replica(
            World world,
            Work work,
            SimulatedDatabase database,
            Map<String, SharedApi> apis,
            Machine machine) {
        this.world = world;
        this.work = work;
        this.apis = apis;
        place =
                database.open(
                        machine.nanos(),
                        machine.micros(),
                        OPTIONS,
                        machine.probe(),
                        machine.connected(),
                        machine.random());
        engine = new Engine(parts());
        engine.start();
        world.after(BEAT, this::beat);
    }

    private EngineParts parts() {
        Map<String, Upstream> upstreams = new HashMap<>();
        List<UpstreamPolicy> policies = new ArrayList<>();
        List<RoutePolicy> routes = new ArrayList<>();
        var shape = new ResultShape("signature", ResultShape.From.TEXT, Map.of());
        apis.forEach(
                (name, api) -> {
                    upstreams.put(name, api.as(() -> alive, () -> alive && !isStalled()));
                    policies.add(policy(name, api));
                    routes.add(route(sign(name), name, true, shape));
                    routes.add(route(order(name), name, false, shape));
                });
        return new EngineParts(
                watched(),
                upstreams,
                policies,
                routes,
                task -> work.execute(() -> ifAlive(task)),
                this::timer,
                Runnable::run,
                world.random,
                ANSWER_WITHIN,
                _ -> {},
                new EngineWatch() {
                    @Override
                    public void probed(String upstream) {
                        apis.get(upstream).probing();
                    }
                });
    }

    static String sign(String upstream) {
        return "/sign/" + upstream;
    }

    static String order(String upstream) {
        return "/order/" + upstream;
    }

    private static RoutePolicy route(
            String path, String upstream, boolean repeatable, ResultShape shape) {
        Duration kept = repeatable ? Duration.ofDays(30) : Duration.ZERO;
        return new RoutePolicy(path, upstream, repeatable, kept, repeatable ? 1000 : 0, shape);
    }

    private static UpstreamPolicy policy(String name, SharedApi api) {
        var retry =
                new RetryPolicy(
                        RetryPolicy.Backoff.EXPONENTIAL,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(4),
                        0.2,
                        0,
                        Duration.ofHours(24));
        return new UpstreamPolicy(
                name, api.quota(), CONCURRENCY, SharedApi.TIMEOUT, retry, 100_000);
    }

    /** The store, and somebody who counts what it has in hand. */
    private Store watched() {
        return (Store)
                Proxy.newProxyInstance(
                        Store.class.getClassLoader(),
                        new Class<?>[] {Store.class},
                        (_, method, args) -> call(method, args));
    }

    private @Nullable Object call(Method method, Object @Nullable [] args) throws Throwable {
        try {
            return counted(method.getName(), method.invoke(place.store(), args));
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private @Nullable Object counted(String what, @Nullable Object answer) {
        return switch (answer) {
            case CompletionStage<?> stage -> inHand(what, stage);
            case Store.Both<?>(CompletionStage<?> written, CompletionStage<Claim> claim) ->
                    new Store.Both<>(inHand(what, written), inHand("claim", claim));
            case null, default -> answer;
        };
    }

    private <T> CompletionStage<T> inHand(String what, CompletionStage<T> stage) {
        work.begun(what);
        CompletableFuture<T> told = new CompletableFuture<>();
        var _ =
                stage.whenComplete(
                        (value, error) -> {
                            if (error == null) {
                                told.complete(value);
                            } else {
                                told.completeExceptionally(error);
                            }
                            work.over(what);
                        });
        return told;
    }

    private Timer.Cancel timer(Duration wait, Runnable task) {
        boolean[] cancelled = {false};
        world.after(
                wait,
                () -> {
                    if (!cancelled[0]) {
                        ifAlive(task);
                    }
                });
        return () -> cancelled[0] = true;
    }

    private void ifAlive(Runnable task) {
        if (alive) {
            task.run();
        }
    }

    private void beat() {
        if (alive) {
            if (!isStalled()) {
                place.beat();
            }
            world.after(BEAT, this::beat);
        }
    }

    /** It gives no life sign for so long, and goes on otherwise. */
    void stall(Duration length) {
        stalledUntil = world.now() + length.toNanos();
    }

    private boolean isStalled() {
        return world.now() < stalledUntil;
    }

    boolean isAlive() {
        return alive;
    }

    boolean isHealthy() {
        return place.store().healthy();
    }

    Store store() {
        return place.store();
    }

    void submit(Ask ask, Consumer<Answer> then) {
        Answer ready = engine.cached(ask);
        if (ready != null) {
            then.accept(ready);
        } else {
            engine.submit(ask).thenAccept(then);
        }
    }

    /** Makes no more calls; told when none is under way any more. */
    void drain(Runnable drained) {
        engine.drain(Duration.ofSeconds(10)).thenRun(drained);
    }

    /** Ends as with kill -9. */
    void kill() {
        alive = false;
        place.kill();
    }

    /** Ends in peace. */
    void end() {
        alive = false;
        place.store().close();
    }
}
