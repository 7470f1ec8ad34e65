package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.BenchCaller;
import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Rounds;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Template;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import dev.holdfast.store.Store;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A gateway with years behind it beside one that has just begun. */
@Command(
        name = "stored",
        description = {
            "10,000,000 finished requests with their calls in the window, 1,000,000 of their results as cache,",
            "100,000 clients that wait: start, receipts, calls, lists and pruning, beside an empty gateway."
        })
public final class StoredBench extends Benchmark {
    private static final int CALLERS = 64;
    private static final long WARM_UP_ASKS = 30_000;
    private static final Duration WARM_UP_TIME = Duration.ofSeconds(40);

    /** Asks that may be answered with a receipt instead of a result, of a run. */
    private static final int MAX_LATE = 1_000;

    private static final int LISTS = 200;
    private static final int LISTS_WARM_UP = 50;
    private static final int LIST_CALLERS = 4;
    private static final double WANTED_RATIO = 1.2;
    private static final double WANTED_SECONDS = 2;
    private static final double WANTED_MILLIS = 100;
    private static final String SHOP_KEY = "only-for-the-shop";
    private static final Template RECEIPT = Template.getReceipt("/wait?message=waits+{n}");
    private static final Template CALL = Template.get("/call?message=called+{n}");

    @Mixin Rounds rounds = new Rounds();

    @Option(
            names = "--finished",
            defaultValue = "10000000",
            description = "requests that have ended (default: ${DEFAULT-VALUE})")
    long finished = 10_000_000;

    @Option(
            names = "--cached",
            defaultValue = "1000000",
            description = "results kept as cache (default: ${DEFAULT-VALUE})")
    long cached = 1_000_000;

    @Option(
            names = "--clients",
            defaultValue = "100000",
            description = "clients with a request that waits (default: ${DEFAULT-VALUE})")
    long clients = 100_000;

    @Option(
            names = "--forgotten",
            defaultValue = "200000",
            description = "finished requests whose time is over (default: ${DEFAULT-VALUE})")
    long forgotten = 200_000;

    @Option(names = "--postgresql", description = "on PostgreSQL (default: on SQLite)")
    boolean postgresql;

    @Option(
            names = "--in",
            paramLabel = "FOLDER",
            description = "keeps the stores there, and takes those that are (default: they go)")
    @Nullable Path folder;

    private long asked;

    /** A list, and who asks for it. */
    private record Listed(String what, String target, String key) {}

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                var upstream =
                        new SimulatedUpstream(vertx, SimulatedUpstream.Options.unlimited(1));
                GrowthRows full = rows(scratch, "full");
                GrowthRows empty = rows(scratch, "empty")) {
            String yaml = yaml(upstream.start().port());
            StoredRows stored = filled(report, scratch, full, yaml);
            try (GatewayProcess old = start(scratch, "full", full, yaml);
                    GatewayProcess fresh = start(scratch, "empty", empty, yaml)) {
                begin(fresh);
                restart(report, old, fresh);
                compare(report, "receipts", old, fresh, RECEIPT, 202);
                compare(report, "calls", old, fresh, CALL, 200);
                report.figure("resident", old.residentMegabytes(), "MB");
                report.figure("resident, empty at first", fresh.residentMegabytes(), "MB");
                lists(report, old);
                old.kill();
                fresh.kill(); // both as warm as each other
                stored.forget(forgotten);
                old.startAgain();
                fresh.startAgain();
                prune(report, old, fresh, stored);
            }
        } finally {
            vertx.close().await();
        }
    }

    /** Where a gateway or a store is. */
    private Path path(Scratch scratch, String name) {
        return folder == null ? scratch.path(name) : folder.resolve(name);
    }

    private GrowthRows rows(Scratch scratch, String name) throws Exception {
        return postgresql
                ? GrowthRows.postgresql(path(scratch, name + "-data"))
                : GrowthRows.sqlite(path(scratch, name));
    }

    private GatewayProcess start(Scratch scratch, String name, GrowthRows rows, String yaml)
            throws IOException {
        return GatewayProcess.start(path(scratch, name), rows.url(), Map.of(), yaml);
    }

    private StoredRows filled(Report report, Scratch scratch, GrowthRows full, String yaml)
            throws Exception {
        boolean there = Files.exists(path(scratch, "filled"));
        if (!there) {
            try (GatewayProcess first = start(scratch, "full", full, yaml)) {
                begin(first);
            }
        }
        long shop = full.number("SELECT id FROM client WHERE name = 'shop'");
        StoredRows stored = new StoredRows(full, finished, cached, clients, shop);
        if (!there) {
            long began = System.nanoTime();
            stored.fill("calling", "waiting", now(full));
            report.say("filled in %.0f s", (System.nanoTime() - began) / 1e9);
            Files.createFile(path(scratch, "filled"));
        }
        return stored;
    }

    private static String yaml(int port) {
        String route =
                """
                  - path: /%s
                    methods: [GET]
                    upstream: %s
                    call: { method: GET, path: /crypto/sign, query: { message: "{message}" } }
                    params: { message: { required: true, max-bytes: 4096 } }
                    result: { field: signature, from: text }
                    cache: { ttl: 30d, max-entries: 100000000 }
                """;
        return """
        upstreams:
          waiting: { url: "http://127.0.0.1:%1$d", quota: [ { limit: 1, window: 24h } ], concurrency: 1 }
          calling:
            { url: "http://127.0.0.1:%1$d", concurrency: 64, quota: [ { limit: 1000000000, window: 30d } ] }
        routes:
        %2$s%3$sclients:
          - { name: bench, key: %4$s, max-pending: 100000000, admin: true }
          - { name: shop, key: %5$s, max-pending: 100000000 }
        """
                .formatted(
                        port,
                        route.formatted("wait", "waiting"),
                        route.formatted("call", "calling"),
                        Upstreams.KEY,
                        SHOP_KEY);
    }

    /** Asks once, so that the store knows both upstreams and one's quota is used up. */
    private static void begin(GatewayProcess gateway) throws Exception {
        try (BenchCaller caller = new BenchCaller(gateway.port())) {
            for (String path : List.of("/wait", "/call")) {
                int status = get(caller, path + "?message=first").status();
                if (status != 200) {
                    throw new IllegalStateException("the first ask was answered " + status);
                }
            }
        }
    }

    private static long now(GrowthRows rows) throws InterruptedException {
        try (Store store = rows.open()) {
            GrowthBench.awaitHealthy(store);
            return GrowthBench.micros(store);
        }
    }

    private void restart(Report report, GatewayProcess old, GatewayProcess fresh) throws Exception {
        double[][] seconds = new double[2][rounds.rounds];
        List<GatewayProcess> both = List.of(old, fresh);
        for (int round = 0; round < rounds.rounds; round++) {
            for (int i = 0; i < both.size(); i++) {
                both.get(i).kill();
                both.get(i).startAgain();
                seconds[i][round] = both.get(i).startTime().toMillis() / 1000.0;
            }
        }
        report.figure("the same of the empty one", Rounds.median(seconds[1]), "s");
        report.below(
                "kill -9 and restart to ready", Rounds.median(seconds[0]), WANTED_SECONDS, "s");
    }

    /** What callers see of both gateways, in turn. */
    private void compare(
            Report report,
            String what,
            GatewayProcess old,
            GatewayProcess fresh,
            Template asks,
            int status)
            throws IOException {
        double[][] rates = new double[2][rounds.rounds];
        double[][] latest = new double[2][rounds.rounds];
        try (Load onOld = new Load(old.port(), CALLERS, asks, number());
                Load onFresh = new Load(fresh.port(), CALLERS, asks, number())) {
            List<Load> both = List.of(onOld, onFresh);
            for (Load load : both) {
                load.run(WARM_UP_ASKS, WARM_UP_TIME).allBut(MAX_LATE, status);
            }
            for (int round = 0; round < rounds.rounds; round++) {
                for (int i = 0; i < both.size(); i++) {
                    Load.Result result =
                            both.get(i)
                                    .run(Duration.ofSeconds(rounds.seconds))
                                    .allBut(MAX_LATE, status);
                    rates[i][round] = result.perSecond();
                    latest[i][round] = result.millis(99);
                }
                report.say(
                        "%s: %,.0f/s p99 %.1f ms, empty at first %,.0f/s p99 %.1f ms",
                        what, rates[0][round], latest[0][round], rates[1][round], latest[1][round]);
            }
        }
        report.atMost(
                what + ": time each, to that of the empty one",
                Rounds.median(rates[1]) / Rounds.median(rates[0]),
                WANTED_RATIO,
                "");
        report.atMost(
                what + ": p99 to that of the empty one",
                Rounds.median(latest[0]) / Rounds.median(latest[1]),
                WANTED_RATIO,
                "");
    }

    /** Each run's asks are others. */
    private long number() {
        asked += 100_000_000;
        return asked;
    }

    private void lists(Report report, GatewayProcess old) throws Exception {
        List<Listed> lists =
                List.of(
                        new Listed("an admin's", "/v1/requests?limit=50", Upstreams.KEY),
                        new Listed(
                                "an admin's of what failed",
                                "/v1/requests?limit=50&status=failed",
                                Upstreams.KEY),
                        new Listed("a client's", "/v1/requests?limit=50", SHOP_KEY),
                        new Listed(
                                "a client's of what failed",
                                "/v1/requests?limit=50&status=failed",
                                SHOP_KEY),
                        new Listed("of deliveries", "/v1/deliveries?limit=50", Upstreams.KEY));
        for (Listed list : lists) {
            report.below("list, " + list.what() + ": p99", p99(old, list), WANTED_MILLIS, "ms");
        }
        String one = "/v1/requests/" + new UUID(0, StoredRows.FIRST + finished / 2);
        Listed look = new Listed("", one, Upstreams.KEY);
        double alone = p99(old, look);
        AtomicBoolean enough = new AtomicBoolean();
        List<CompletableFuture<Void>> busy = new ArrayList<>();
        for (int i = 0; i < LIST_CALLERS; i++) {
            Listed list = lists.get(i);
            busy.add(CompletableFuture.runAsync(() -> keepListing(old, list, enough)));
        }
        double beside = p99(old, look);
        enough.set(true);
        CompletableFuture.allOf(busy.toArray(CompletableFuture[]::new)).get(1, TimeUnit.MINUTES);
        report.figure("look-up of one request: p99", alone, "ms");
        report.below("the same beside four who list: p99", beside, WANTED_MILLIS, "ms");
    }

    private static void keepListing(GatewayProcess gateway, Listed list, AtomicBoolean enough) {
        try (BenchCaller caller = new BenchCaller(gateway.port(), list.key())) {
            while (!enough.get()) {
                caller.send("GET", list.target()).join();
            }
        }
    }

    private static double p99(GatewayProcess gateway, Listed list) throws Exception {
        double[] millis = new double[LISTS];
        try (BenchCaller caller = new BenchCaller(gateway.port(), list.key())) {
            for (int i = 0; i < LISTS_WARM_UP + LISTS; i++) {
                BenchCaller.Reply reply = get(caller, list.target());
                if (reply.status() != 200) {
                    throw new IllegalStateException(list.target() + ": " + reply.status());
                }
                if (i >= LISTS_WARM_UP) {
                    millis[i - LISTS_WARM_UP] = reply.seconds() * 1e3;
                }
            }
        }
        Arrays.sort(millis);
        return millis[LISTS * 99 / 100];
    }

    private static BenchCaller.Reply get(BenchCaller caller, String target) throws Exception {
        return caller.send("GET", target).get(30, TimeUnit.SECONDS);
    }

    /** Receipts while much is forgotten. */
    private void prune(Report report, GatewayProcess old, GatewayProcess fresh, StoredRows stored)
            throws Exception {
        long before = stored.left(forgotten);
        compare(report, "receipts while pruning", old, fresh, RECEIPT, 202);
        long after = stored.left(forgotten);
        report.count("forgotten meanwhile", before - after);
        report.count("left to forget", after);
    }
}
