package dev.holdfast.simulation;

import dev.holdfast.bulk.OperationRunner;
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
import dev.holdfast.quota.Quota;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.Status;
import dev.holdfast.store.Batches;
import dev.holdfast.store.Contents;
import dev.holdfast.store.Deliveries;
import dev.holdfast.store.Ending;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Operations;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.sqlite.SqliteStore;
import dev.holdfast.webhook.DeliveryDispatcher;
import dev.holdfast.webhook.DeliveryParts;
import dev.holdfast.webhook.Schedule;
import dev.holdfast.webhook.SigningKey;
import dev.holdfast.webhook.WebhookBody;
import dev.holdfast.wire.RequestJson;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One life of the program: the real engine on the real store, until it is killed. */
final class SimulatedProcess {
    static final String ROUTE = "/crypto/sign";
    static final String ORDERS = "/orders";
    static final String API = "api";

    /** A store that failed is asked again after this and what its commits take. */
    static final Duration STORE_PAUSE = Duration.ofSeconds(1);

    static final Duration SLOWEST_COMMIT = Duration.ofMillis(20);
    static final Duration LONGEST_STALL = Duration.ofSeconds(4);

    /** After a call that failed: the longest pause, its jitter and what a crowd takes. */
    static final Duration LONGEST_BACKOFF =
            Duration.ofSeconds(60).multipliedBy(6).dividedBy(5).plus(LONGEST_STALL);

    /** Who asks the same as another is told of the end in a transaction of its own. */
    static final StoreOptions OPTIONS = StoreOptions.DEFAULT.withoutDisk().telling(1);

    private static final Viewer ALL = new Viewer(0, true);
    private static final Duration SOON = Duration.ofNanos(1000);

    /** The usual first delays; those of hours would only make the virtual day longer. */
    static final Schedule SCHEDULE =
            new Schedule(
                    List.of(
                            Duration.ZERO,
                            Duration.ofSeconds(5),
                            Duration.ofMinutes(1),
                            Duration.ofMinutes(5),
                            Duration.ofMinutes(5),
                            Duration.ofMinutes(5),
                            Duration.ofMinutes(5)),
                    Schedule.DEFAULT_JITTER);

    private static final SigningKey KEY = SigningKey.Hmac.create(new SecureRandom());

    private final World world;
    private final SqliteStore store;
    private final Engine engine;
    private final long startedAt;
    private final Quota quota;
    private boolean up = true;
    private final BooleanSupplier crashing;
    private final Disk disk;

    /** What it calls, and who watches. */
    record Outside(
            SimulatedApi api,
            SimulatedApi.Calls calls,
            SimulatedReceiver receiver,
            Disk disk,
            Keys keys,
            Limits limits,
            @Nullable Neighbour neighbour) {}

    /** What every process of a simulation writes to. */
    static final class Disk {
        private long stalledUntil;

        private void stallsUntil(long until) {
            stalledUntil = Math.max(stalledUntil, until);
        }
    }

    SimulatedProcess(
            World world,
            Scenario scenario,
            Path file,
            Outside outside,
            WriteProbe probe,
            BooleanSupplier crashing,
            Flaw flaw) {
        this.world = world;
        this.crashing = crashing;
        startedAt = world.now();
        disk = outside.disk();
        quota = scenario.quota();
        store =
                SqliteStore.simulated(
                        file, OPTIONS, world.clocks(), world.random, probe, this::batchWanted);
        Store used = flaw == Flaw.NONE ? store : new FlawedStore(store, world, flaw);
        Executor loop = task -> later(SOON, task);
        Neighbour neighbour = outside.neighbour();
        RetryPolicy retry = retry(outside.limits());
        List<UpstreamPolicy> upstreams = new ArrayList<>();
        List<RoutePolicy> routes = new ArrayList<>(List.of(route(), orders()));
        Map<String, Upstream> called = new HashMap<>();
        upstreams.add(policy(scenario, retry).with(outside.keys().credentials()));
        called.put(API, outside.api().as(this::ifAlive, outside.calls()));
        if (neighbour != null) {
            upstreams.add(Neighbour.policy(retry));
            routes.addAll(Neighbour.routes());
            called.put(Neighbour.API, neighbour.api().as(this::ifAlive, neighbour));
        }
        DeliveryDispatcher webhooks =
                new DeliveryDispatcher(
                        new DeliveryParts(
                                used.deliveries(),
                                outside.receiver().as(this::ifAlive),
                                new WebhookBody(new RequestJson(shapes(routes))),
                                _ -> CompletableFuture.completedFuture(List.of(KEY)),
                                SCHEDULE,
                                loop,
                                this::timer,
                                world.random,
                                store.clock(),
                                store.wall(),
                                OPTIONS.deliveryLease()));
        EngineParts parts =
                new EngineParts(
                        used,
                        called,
                        upstreams,
                        routes,
                        loop,
                        (wait, task) ->
                                timer(
                                        flaw == Flaw.ANSWERS_LATE ? wait.multipliedBy(2) : wait,
                                        task),
                        Runnable::run,
                        world.random,
                        Simulation.ANSWER_WITHIN,
                        webhooks::offered,
                        new EngineWatch() {
                            @Override
                            public void probed(String upstream) {
                                if (neighbour != null && upstream.equals(Neighbour.API)) {
                                    neighbour.api().probing();
                                } else {
                                    outside.api().probing();
                                }
                            }
                        });
        engine = new Engine(parts);
        engine.start();
        webhooks.start();
        if (scenario.inBulk()) {
            UUID owner = new UUID(world.random.nextLong(), world.random.nextLong());
            new OperationRunner(engine, loop, this::timer, Runnable::run, owner).start();
        }
    }

    /** Begins a batch, or finds it; who waits hears nothing if that fails. */
    void begin(Batches.NewBatch batch, Consumer<Batches.BatchRecord> then) {
        engine.store().batches().begin(batch).thenAccept(then);
    }

    /** What an ask is as a line of a batch. */
    Batches.Line line(Ask ask) {
        return switch (engine.line(ask)) {
            case Engine.AsLine.Right(NewRequest right) -> new Batches.Line.Good(right);
            case Engine.AsLine.TooDear _, Engine.AsLine.Gone _ ->
                    throw new IllegalStateException("no line: " + ask);
        };
    }

    /** Writes lines; who waits hears nothing if that fails. */
    void write(Batches.Slice slice, Consumer<Boolean> applied) {
        engine.submit(slice).thenAccept(written -> applied.accept(written.applied()));
    }

    void change(Viewer viewer, UUID id, Store.Wish wish, Consumer<Ending> then) {
        engine.change(viewer, id, wish).thenAccept(then);
    }

    void operate(Operations.NewOperation operation, Consumer<UUID> begun) {
        engine.store()
                .operations()
                .begin(operation)
                .thenAccept(record -> begun.accept(record.orElseThrow().id()));
    }

    Operations.State state(UUID operation) {
        return store.operations().operation(ALL, operation).orElseThrow().state();
    }

    private Timer.Cancel timer(Duration wait, Runnable task) {
        boolean[] cancelled = {false};
        later(
                world.truly(wait),
                () -> {
                    if (!cancelled[0]) {
                        task.run();
                    }
                });
        return () -> cancelled[0] = true;
    }

    private static RoutePolicy orders() {
        RoutePolicy route = route();
        return new RoutePolicy(ORDERS, API, false, Duration.ZERO, 0, route.shape());
    }

    private static Map<String, ResultShape> shapes(List<RoutePolicy> routes) {
        Map<String, ResultShape> shapes = new HashMap<>();
        routes.forEach(route -> shapes.put(route.path(), route.shape()));
        return shapes;
    }

    private static UpstreamPolicy policy(Scenario scenario, RetryPolicy retry) {
        return new UpstreamPolicy(
                API,
                scenario.quota(),
                scenario.concurrency(),
                SimulatedApi.TIMEOUT,
                retry,
                100_000);
    }

    private static RetryPolicy retry(Limits limits) {
        return new RetryPolicy(
                RetryPolicy.Backoff.EXPONENTIAL,
                Duration.ofSeconds(5),
                Duration.ofSeconds(60),
                0.2,
                limits.maxAttempts(),
                limits.giveUpAfter());
    }

    private static RoutePolicy route() {
        var shape = new ResultShape("signature", ResultShape.From.TEXT, Map.of());
        return new RoutePolicy(ROUTE, API, true, Duration.ofDays(30), 1_000_000, shape);
    }

    private void batchWanted() {
        Duration commit = world.millis(1, SLOWEST_COMMIT.toMillis());
        if (crashing.getAsBoolean() && world.chance(0.002)) {
            commit = world.between(Duration.ofSeconds(1), LONGEST_STALL);
            disk.stallsUntil(world.now() + commit.toNanos());
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

    /** Makes no more calls; told when none is under way any more, and what the ledger says then. */
    void drain(Duration atMost, Runnable drained) {
        engine.drain(atMost).thenRun(drained);
    }

    void pause(boolean paused, Runnable done) {
        engine.pause(API, paused).thenRun(done);
    }

    /** The disk fails a write. */
    void failed() {
        disk.stallsUntil(world.now() + STORE_PAUSE.toNanos());
    }

    /** Forgets what is old, until nothing is left to forget. */
    void prune() {
        boolean[] more = {true};
        while (more[0]) {
            store.prune().thenAccept(left -> more[0] = left);
            store.runBatch();
        }
    }

    /** Calls in flight as the ledger has them. */
    int inFlight() {
        return store.upstream(API, quota).slots().inFlight();
    }

    /** Whether it has been up, with a disk that works, for a while. */
    boolean isUpAndSteadySince(long since) {
        return up && startedAt < since && disk.stalledUntil < since;
    }

    /** True nanoseconds. */
    long startedAt() {
        return startedAt;
    }

    /** What it believes of its upstream, for a violation's message. */
    String state() {
        return "started at "
                + Duration.ofNanos(startedAt)
                + ", stalled until "
                + Duration.ofNanos(disk.stalledUntil)
                + ", "
                + store.upstream(API, quota)
                + " at "
                + store.clock().instant();
    }

    /** By how much, in nanoseconds, a write of the last {@code time} may have been late. */
    long stallWithin(Duration time) {
        long since = world.now() - time.plus(LONGEST_STALL).plus(SimulatedApi.TIMEOUT).toNanos();
        return disk.stalledUntil > since ? LONGEST_STALL.toNanos() : 0;
    }

    void submit(Ask ask, Consumer<Answer> then) {
        Answer ready = engine.cached(ask);
        if (ready != null) {
            then.accept(ready);
            return;
        }
        engine.submit(ask).thenAccept(then);
    }

    void cancel(Viewer viewer, UUID id, Consumer<Ending> then) {
        engine.cancel(viewer, id).thenAccept(then);
    }

    /** Has the webhooks of a request sent once more. */
    void redeliver(Viewer viewer, UUID request) {
        Deliveries deliveries = store.deliveries();
        deliveries
                .list(viewer, request, null, 10, null)
                .deliveries()
                .forEach(each -> deliveries.redeliver(viewer, each.id()));
    }

    @Nullable RequestRecord request(UUID id) {
        return store.reads().request(ALL, id).orElse(null);
    }

    /** Where its large bodies are. */
    Contents contents() {
        return store.contents();
    }

    /** For a body. */
    UUID newId() {
        return new UUID(world.random.nextLong(), world.random.nextLong());
    }

    /** Requests on disk. */
    int requests() {
        return store.reads().list(ALL, new Reads.Query(null, null, null, 100_000, null)).size();
    }

    boolean isQueued(UUID id) {
        RequestRecord request = request(id);
        return request != null && request.status() == Status.QUEUED;
    }

    boolean isQueuedMessage(String message) {
        return isMessage(message, Status.QUEUED);
    }

    boolean isScheduledMessage(String message) {
        return isMessage(message, Status.SCHEDULED);
    }

    /** How many requests on disk have each message's parameters. */
    Map<String, Integer> requestsByParams() {
        Map<String, Integer> found = new HashMap<>();
        store.reads()
                .list(ALL, new Reads.Query(null, null, null, 100_000, null))
                .forEach(request -> found.merge(request.params(), 1, Integer::sum));
        return found;
    }

    boolean isRetryingMessage(String message) {
        return isMessage(message, Status.RETRYING);
    }

    /** What is being called, as the store has it. */
    List<String> runningMessages() {
        return store
                .reads()
                .list(ALL, new Reads.Query(Status.RUNNING, null, null, 2000, null))
                .stream()
                .map(request -> request.params().split("\"", -1)[3])
                .toList();
    }

    private boolean isMessage(String message, Status status) {
        String params = params(message);
        return store.reads().list(ALL, new Reads.Query(status, null, null, 2000, null)).stream()
                .anyMatch(request -> request.params().equals(params));
    }

    static String params(String message) {
        return "{\"message\":\"" + message + "\"}";
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
