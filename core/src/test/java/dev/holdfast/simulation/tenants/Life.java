package dev.holdfast.simulation.tenants;

import com.fasterxml.jackson.core.JsonPointer;
import dev.holdfast.engine.Answer;
import dev.holdfast.engine.Ask;
import dev.holdfast.engine.Engine;
import dev.holdfast.engine.EngineParts;
import dev.holdfast.engine.EngineWatch;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.Upstream;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.engine.loop.Timer;
import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.request.CostRule;
import dev.holdfast.request.PartitionBy;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.Status;
import dev.holdfast.simulation.SimulatedCrash;
import dev.holdfast.simulation.World;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.sqlite.SqliteStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** One life of the program: the real engine on the real store, until it is killed. */
final class Life {
    static final String ROUTE = "/chat";
    static final String API = "api";
    static final Duration SLOWEST_COMMIT = Duration.ofMillis(20);
    static final Duration LONGEST_STALL = Duration.ofSeconds(4);
    static final Duration ANSWER_WITHIN = Duration.ofMillis(1800);

    /** After a call that failed: the longest pause and its jitter. */
    static final Duration LONGEST_BACKOFF = Duration.ofSeconds(12);

    private static final Duration SOON = Duration.ofNanos(1000);
    private static final Viewer ALL = new Viewer(0, true);
    private static final StoreOptions OPTIONS =
            StoreOptions.DEFAULT.withoutDisk().with(Duration.ofDays(7), Play.LONGEST, Map.of());

    /** What it costs stands in the ask, as text. */
    private static final CostRule COST =
            new CostRule(JsonPointer.compile("/" + Rules.TOKENS), 0, 0, 1_000_000, null);

    private final World world;
    private final Play play;
    private final SqliteStore store;
    private final Engine engine;
    private final Upstream upstream;
    private boolean up = true;

    /**
     * Starts.
     *
     * @param all what is configured of all together
     * @param each of each tenant
     * @param api how it is called
     * @param probe sees each step of a write
     * @param probed told of a call that is a probe, right before it leaves
     */
    Life(
            World world,
            Play play,
            Path file,
            Rules all,
            PartitionRules each,
            TenantsApi api,
            WriteProbe probe,
            Runnable probed) {
        this.world = world;
        this.play = play;
        store =
                SqliteStore.simulated(
                        file, OPTIONS, world.clocks(), world.random, probe, this::batchWanted);
        Executor loop = task -> later(SOON, task);
        upstream = api.as(this::ifAlive);
        engine =
                new Engine(
                        new EngineParts(
                                store,
                                Map.of(API, upstream),
                                List.of(policy(all, each)),
                                List.of(route()),
                                loop,
                                this::timer,
                                Runnable::run,
                                world.random,
                                ANSWER_WITHIN,
                                _ -> {},
                                new EngineWatch() {
                                    @Override
                                    public void probed(String name) {
                                        probed.run();
                                    }
                                }));
        engine.start();
    }

    private UpstreamPolicy policy(Rules all, PartitionRules each) {
        return new UpstreamPolicy(
                        API,
                        all.calls(),
                        all.units(),
                        all.concurrency(),
                        TenantsApi.TIMEOUT,
                        new RetryPolicy(
                                RetryPolicy.Backoff.EXPONENTIAL,
                                Duration.ofSeconds(2),
                                Duration.ofSeconds(10),
                                0.2,
                                0,
                                Duration.ofHours(24)),
                        BreakerPolicy.DEFAULT,
                        null,
                        100_000,
                        null)
                .with(play.keys())
                .with(each);
    }

    private static RoutePolicy route() {
        return new RoutePolicy(
                ROUTE,
                API,
                true,
                Duration.ofDays(30),
                1_000_000,
                new ResultShape("answer", ResultShape.From.TEXT, Map.of()),
                Map.of(Rules.TOKENS, COST),
                PartitionBy.parse("{tenant}"));
    }

    private Timer.Cancel timer(Duration wait, Runnable task) {
        boolean[] cancelled = {false};
        later(
                wait,
                () -> {
                    if (!cancelled[0]) {
                        task.run();
                    }
                });
        return () -> cancelled[0] = true;
    }

    private void batchWanted() {
        Duration commit = world.millis(1, SLOWEST_COMMIT.toMillis());
        if (!play.calm() && world.chance(0.002)) {
            commit = world.between(Duration.ofSeconds(1), LONGEST_STALL);
        }
        // A store wants one while it is made, if a job's end was not told to all before a crash.
        later(commit, () -> store.runBatch());
    }

    private void later(Duration wait, Runnable task) {
        world.after(wait, () -> ifAlive(task));
    }

    private void ifAlive(Runnable task) {
        if (up) {
            task.run();
        }
    }

    boolean isUp() {
        return up;
    }

    void submit(Ask ask, Consumer<Answer> then) {
        engine.submit(ask).thenAccept(then);
    }

    /** Gives a tenant something of its own; not told if that fails. */
    void own(String tenant, OwnRules own, Runnable done) {
        done(engine.partitions().set(API, tenant, own), done);
    }

    /** Stops a tenant's calls or has them go on; not told if that fails. */
    void pause(String tenant, boolean paused, Runnable done) {
        done(engine.partitions().pause(API, tenant, paused), done);
    }

    /** Has another configuration in force; not told if that fails. */
    void reload(Rules all, PartitionRules each, Runnable done) {
        done(
                engine.reload(Map.of(API, upstream), List.of(policy(all, each)), List.of(route())),
                done);
    }

    void pause(boolean paused, Runnable done) {
        done(engine.pause(API, paused), done);
    }

    private static void done(CompletionStage<?> change, Runnable done) {
        change.whenComplete(
                (_, error) -> {
                    if (error == null) {
                        done.run();
                    }
                });
    }

    /** Forgets a little of what is old. */
    void prune() {
        store.prune();
    }

    Status status(UUID id) {
        return store.reads().request(ALL, id).map(RequestRecord::status).orElseThrow();
    }

    /** What it knows of everybody, for a violation's message. */
    String state(PartitionRules each) {
        StringBuilder all = new StringBuilder();
        store.partitions().page(API, each, "", 100).forEach(seen -> all.append("\n ").append(seen));
        return store.upstream(API, play.all().calls(), play.all().units(), play.keys())
                + " at "
                + store.clock().instant()
                + all;
    }

    /** Ends as with kill -9. */
    void kill() {
        up = false;
        store.abandon();
    }

    /** Ends in peace, unless it is killed while it writes the last of it. */
    void end() {
        up = false;
        try {
            store.close();
        } catch (SimulatedCrash _) {
            store.abandon();
        }
    }
}
