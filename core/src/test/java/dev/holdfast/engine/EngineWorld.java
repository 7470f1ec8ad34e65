package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.loop.Timer;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.CostRule;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.PartitionBy;
import dev.holdfast.request.Result;
import dev.holdfast.request.ResultShape;
import dev.holdfast.store.Batches;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.sqlite.SqliteStore;
import dev.holdfast.webhook.VirtualTime;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/** An engine on a real store and virtual time, whose upstream does what the test says. */
final class EngineWorld implements AutoCloseable {
    static final int SHOP = 1;
    static final int OTHER = 2;
    static final String SIGN = "/sign";
    static final String ORDER = "/order";
    static final int CONCURRENCY = 3;
    static final int LIMIT = 5;
    static final Duration ANSWER_WITHIN = Duration.ofMillis(1800);
    static final Duration BACKOFF = Duration.ofSeconds(5);

    /** What a call may leave late by: P5. */
    static final Duration SOON = Duration.ofMillis(50);

    static final Quota QUOTA = new Quota(List.of(new Window(LIMIT, Duration.ofMinutes(1))));

    static final Duration COMMIT = Duration.ofMillis(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    static final Viewer ALL = new Viewer(9, true);

    final VirtualTime time = new VirtualTime();
    final List<Call> calls = new ArrayList<>();
    boolean diskFails;
    boolean diskHangs;
    int diskFailures;

    /** How long a commit takes that is asked for from now on. */
    Duration commits = COMMIT;

    /** Whether somebody listens where the upstream is. */
    boolean listening = true;

    int knocks;

    /** Whether whoever is to make a call throws instead. */
    boolean callsThrow;

    /** The upstream that the routes are called at, from the next start on. */
    String home = "api";

    /** What the store is to do wrong. */
    final FaultyStore faults = new FaultyStore();

    /** Where look-ups run. */
    Executor lookUps = Runnable::run;

    /** Sees what the engine does. */
    EngineWatch watch = EngineWatch.NONE;

    /** The webhooks that whoever sends them was handed. */
    final List<Delivery> handed = new ArrayList<>();

    Engine engine;
    private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(42);
    private final Path file;
    private final UnaryOperator<UpstreamPolicy> policies;
    private final Map<String, CostRule> costs;
    private SqliteStore store;

    /** A call that left. */
    record Call(
            Duration at, String upstream, Upstream.Call what, CompletableFuture<Outcome> outcome) {
        String message() {
            return String.valueOf(what.params().get("message"));
        }

        void succeed() {
            outcome.complete(new Outcome.Done(new Result(200, "signed " + message())));
        }

        void findsNobody(Outcome.Why why) {
            outcome.complete(new Outcome.Failed(why, null, null, why != Outcome.Why.REFUSED));
        }

        void fail() {
            outcome.complete(new Outcome.Failed(Outcome.Why.STATUS, 500, null, false));
        }
    }

    EngineWorld(Path file) {
        this(file, policy -> policy);
    }

    /**
     * Of another policy.
     *
     * @param policies gives it
     */
    EngineWorld(Path file, UnaryOperator<UpstreamPolicy> policies) {
        this(file, policies, Map.of());
    }

    /** Whose calls cost something of other units than calls. */
    EngineWorld(Path file, UnaryOperator<UpstreamPolicy> policies, Map<String, CostRule> costs) {
        this.file = file;
        this.policies = policies;
        this.costs = costs;
        begin();
    }

    private void begin() {
        Timer timer = time.timer();
        SqliteStore[] opened = new SqliteStore[1];
        opened[0] =
                SqliteStore.simulated(
                        file,
                        StoreOptions.DEFAULT.withoutDisk(),
                        time.clocks.clocks(),
                        random,
                        this::step,
                        () -> timer.after(commits, () -> batch(opened[0])));
        store = opened[0];
        engine =
                new Engine(
                        new EngineParts(
                                faults.around(store),
                                Map.of("api", upstream("api"), "new api", upstream("new api")),
                                List.of(policies.apply(policy("api")), policy("new api")),
                                List.of(route(SIGN, true), route(ORDER, false)),
                                time.loop(),
                                timer,
                                look -> lookUps.execute(look),
                                random,
                                ANSWER_WITHIN,
                                handed::addAll,
                                watching()));
        engine.start();
        time.run(SOON);
    }

    /** Has a configuration in force with these routes and one upstream, which is reached anew. */
    CompletableFuture<Void> reload(UnaryOperator<UpstreamPolicy> of, String... routes) {
        List<RoutePolicy> all = new ArrayList<>();
        for (String path : routes) {
            all.add(route(path, !path.equals(ORDER)));
        }
        return engine.reload(Map.of("api", upstream("api")), List.of(of.apply(policy("api"))), all)
                .toCompletableFuture();
    }

    private void step(WriteProbe.Step step) throws SQLException {
        if (diskFails) {
            diskFailures++;
            throw new SQLException("[SQLITE_IOERR] the disk fails, as told", "", 10);
        }
    }

    private void batch(SqliteStore of) {
        if (!diskHangs) {
            of.runBatch();
        }
    }

    private EngineWatch watching() {
        return new EngineWatch() {
            @Override
            public void called(String upstream, int attempt, Duration age) {
                watch.called(upstream, attempt, age);
            }

            @Override
            public void settled(String upstream, String outcome, Duration latency) {
                watch.settled(upstream, outcome, latency);
            }

            @Override
            public void underestimated(String upstream, String unit, long more) {
                watch.underestimated(upstream, unit, more);
            }
        };
    }

    private static UpstreamPolicy policy(String name) {
        return new UpstreamPolicy(name, QUOTA, CONCURRENCY, TIMEOUT, retry(), 100_000);
    }

    /** Hears what answers say of the quota; the one of the upstream that others use, too. */
    Consumer<Upstream.Said> listener = _ -> {};

    private void listening(Consumer<Upstream.Said> listener) {
        this.listener = listener;
    }

    /** Calls that there is memory for at once. */
    int room = Integer.MAX_VALUE;

    /** How often memory for calls was asked for of which it was not said yet that they are made. */
    int reserved;

    private Upstream upstream(String name) {
        return new Upstream() {
            @Override
            public int room(int wanted) {
                reserved++;
                return (int) Math.min(wanted, room - underWay());
            }

            @Override
            public void claimed() {
                reserved--;
            }

            @Override
            public CompletionStage<Outcome> call(Upstream.Call call) {
                return EngineWorld.this.call(name, call);
            }

            @Override
            public void listen(Set<String> units, Consumer<Said> listener) {
                listening(listener);
            }

            @Override
            public CompletionStage<Boolean> knock() {
                knocks++;
                return CompletableFuture.completedStage(listening);
            }
        };
    }

    private CompletableFuture<Outcome> call(String upstream, Upstream.Call what) {
        if (callsThrow) {
            throw new LinkageError("a class is missing, as told");
        }
        Call call = new Call(time.elapsed(), upstream, what, new CompletableFuture<>());
        calls.add(call);
        return call.outcome();
    }

    private static RetryPolicy retry() {
        return new RetryPolicy(RetryPolicy.Backoff.FIXED, BACKOFF, BACKOFF, 0, 0, Duration.ZERO);
    }

    private RoutePolicy route(String path, boolean repeatable) {
        ResultShape shape = new ResultShape("signature", ResultShape.From.TEXT, Map.of());
        Duration cache = repeatable ? Duration.ofDays(1) : Duration.ZERO;
        return new RoutePolicy(path, home, repeatable, cache, 1_000, shape, costs, whose());
    }

    /** By whoever asks, where the policy says what each partition is allowed. */
    private @Nullable PartitionBy whose() {
        return policies.apply(policy("api")).partitions().equals(PartitionRules.NONE)
                ? null
                : PartitionBy.parse("{client}");
    }

    /** What a client asks, with so much patience. */
    static Ask ask(int client, String route, String message, Duration patience) {
        TreeMap<String, String> params = new TreeMap<>(Map.of("message", message));
        return new Ask(client, 100_000, route, params, patience, null, Ask.NO_EXTRAS);
    }

    CompletableFuture<Answer> submit(Ask ask) {
        return engine.submit(ask).toCompletableFuture();
    }

    /** An ask as a line of a batch. */
    Batches.Line line(Ask ask) {
        return switch (engine.line(ask)) {
            case Engine.AsLine.Right(NewRequest right) -> new Batches.Line.Good(right);
            case Engine.AsLine.TooDear _, Engine.AsLine.Gone _ ->
                    throw new AssertionError(ask.toString());
        };
    }

    /** Asks of a client that takes a receipt. */
    CompletableFuture<Answer> submit(String message) {
        return submit(ask(SHOP, SIGN, message, Duration.ZERO));
    }

    /** The request behind an answer, as it is on disk now. */
    RequestRecord kept(CompletableFuture<Answer> answered) {
        assertThat(answered).isCompleted();
        RequestRecord told =
                switch (answered.join()) {
                    case Answer.Ready ready -> ready.view().request();
                    case Answer.Receipt receipt -> receipt.view().request();
                    case Answer.Refused _, Answer.Uncertain _ ->
                            throw new AssertionError(answered.join().toString());
                };
        return store.reads().request(ALL, told.id()).orElseThrow();
    }

    /** What is on disk. */
    Reads reads() {
        return store.reads();
    }

    /** Changes rows behind the store's back. */
    void change(String sql) {
        try (Connection sqlite = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = sqlite.createStatement()) {
            assertThat(statement.executeUpdate(sql)).isPositive();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** Deletes what is to go by now. */
    void prune() {
        CompletableFuture<Boolean> more;
        do {
            more = store.prune().toCompletableFuture();
            time.run(SOON);
            assertThat(more).isCompleted();
        } while (more.join());
    }

    /** Calls without an outcome. */
    long underWay() {
        return calls.stream().filter(call -> !call.outcome().isDone()).count();
    }

    /** The process is killed; another one starts on the same file. */
    void crash() {
        time.kill();
        store.abandon();
        begin();
    }

    /** The disk fails while the step is taken and for a second, then works. */
    void whileTheDiskFails(Runnable step) {
        diskFails = true;
        step.run();
        time.run(Duration.ofSeconds(1));
        assertThat(diskFailures).isPositive();
        diskFails = false;
    }

    @Override
    public void close() {
        time.kill();
        store.close();
    }
}
