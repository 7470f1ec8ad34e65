package dev.holdfast.bench.store;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Reads;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.Store;
import dev.holdfast.store.Viewer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What an operation costs while what is stored doubles, and doubles again. */
@Command(
        name = "growth",
        description = {
            "What claims, receipts and lists cost while what is stored doubles from 1,000 up:",
            "calls in the window, finished requests, clients, those who wait for one call. Each line is to stay flat."
        })
public final class GrowthBench extends Benchmark {
    private static final int FROM = 1_000;
    private static final long NUMBERS = 1_000_000_000;
    private static final int OPERATIONS = 200;

    /** Of the processors' time, which is read between them. */
    private static final int ROUNDS = 9;

    private static final int EACH = 50;
    private static final int WARM_UP = 100;

    /** How often each is done at first, so that what is measured is compiled. */
    private static final int COMPILED = 1_500;

    private static final long WAIT_SECONDS = 30;
    private static final double WANTED = 1.3;
    private static final String API = "api";
    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final Viewer SHOP = new Viewer(1, false);
    private static final Viewer ADMIN = new Viewer(2, true);

    @Option(
            names = "--up-to",
            defaultValue = "1024000",
            description = "rows at the end (default: ${DEFAULT-VALUE})")
    long upTo = 1_024_000;

    @Option(
            names = "--times",
            defaultValue = "2",
            description = "how many times as much at each step (default: ${DEFAULT-VALUE})")
    int times = 2;

    @Option(names = "--only", description = "what grows, by words of its name")
    String only = "";

    @Option(names = "--postgresql", description = "on PostgreSQL (default: on SQLite)")
    boolean postgresql;

    @Option(
            names = "--processor",
            description =
                    "the processors' time, of the database's server too (default: the clock's)")
    boolean processor;

    @Option(names = "--chart", paramLabel = "FILE", description = "draws the lines as SVG")
    @Nullable Path chart;

    private final Random random = new Random(1);
    private final List<GrowthChart.Line> lines = new ArrayList<>();

    /**
     * Adds rows to those that are stored, with numbers that nobody has; {@code now} is steady
     * microseconds.
     */
    private interface Fill {
        void rows(GrowthRows rows, long now, long stored, long more, long after) throws Exception;
    }

    /** One operation. */
    private interface Operation {
        void run(Store store, long rows) throws Exception;
    }

    private record Measured(String what, Operation operation) {}

    @Override
    public void measure(Report report) throws Exception {
        grow(
                report,
                "calls in the window",
                (rows, now, stored, more, _) -> rows.calls(stored + more, now),
                List.of(
                        new Measured("claim and settle", this::call),
                        new Measured("look at the upstream", this::look)));
        grow(
                report,
                "finished requests, cached results, deliveries",
                (rows, _, _, more, after) -> rows.finished(after, more),
                List.of(
                        new Measured("receipt", this::accept),
                        new Measured("claim and settle", this::call),
                        new Measured("GET", (store, n) -> get(store, SHOP, n)),
                        new Measured("an admin's GET", (store, n) -> get(store, ADMIN, n)),
                        new Measured("list", (store, _) -> list(store, SHOP, null)),
                        new Measured(
                                "list of what failed, of 8,192 at most",
                                (store, _) -> list(store, SHOP, Status.FAILED)),
                        new Measured(
                                "list of deliveries",
                                (store, _) ->
                                        store.deliveries().list(SHOP, null, null, 50, null))));
        grow(
                report,
                "clients with a job that waits",
                (rows, _, stored, more, after) -> rows.clients(after, more, stored),
                List.of(
                        new Measured("receipt", this::accept),
                        new Measured("claim and settle", this::call),
                        new Measured("an admin's list", (store, _) -> list(store, ADMIN, null)),
                        new Measured("an admin's GET", (store, n) -> get(store, ADMIN, n))));
        ends(report);
        Path file = chart;
        if (file != null) {
            Files.writeString(file, GrowthChart.svg(lines));
        }
    }

    /** What a job's end costs, and an ask meanwhile, by how many wait for it. */
    private void ends(Report report) throws Exception {
        String what = "requests that wait for one job";
        if (!what.contains(only)) {
            return;
        }
        report.say("%s", what);
        List<Double> settles = new ArrayList<>();
        long last = FROM;
        for (long size = FROM; size <= upTo; size *= times) {
            last = size;
            try (Scratch scratch = new Scratch();
                    GrowthRows rows = rows(scratch)) {
                try (Store store = rows.open()) {
                    for (int i = 0; i < WARM_UP; i++) {
                        call(store, 0);
                    }
                    accept(store, 0);
                }
                rows.waitingForOne(size);
                try (Store store = rows.open()) {
                    awaitHealthy(store);
                    settles.add(end(report, rows, store, size));
                }
            }
        }
        lines.add(new GrowthChart.Line("requests that wait: a job's end", FROM, last, settles));
        report.atMost(
                "a job's end, last to first", settles.getLast() / settled(settles), WANTED, "");
    }

    /** Ends the job that waits, and asks until all are told; answers what the end took. */
    private double end(Report report, GrowthRows rows, Store store, long size) throws Exception {
        Claim claim = done(store.claim(new ClaimAsk(API, quota(), 1, LEASE)));
        Decision decision = new Decision.Succeed(new Result(200, "signature"));
        ClaimedJob job = claim.jobs().getFirst();
        long began = System.nanoTime();
        done(store.settle(new Settlement(job, "done", 200, Duration.ZERO, decision)));
        double settle = (System.nanoTime() - began) / 1e3;
        double slowest = 0;
        int asks = 0;
        while (rows.isTelling()) {
            long asked = System.nanoTime();
            accept(store, size);
            slowest = Math.max(slowest, (System.nanoTime() - asked) / 1e6);
            asks++;
        }
        report.say(
                "  %,9d: the end %,.0f us; all told after %,.1f s, slowest of %,d asks meanwhile %,.0f ms",
                size, settle, (System.nanoTime() - began) / 1e9, asks, slowest);
        return settle;
    }

    private GrowthRows rows(Scratch scratch) throws Exception {
        return postgresql
                ? GrowthRows.postgresql(scratch.path("data"))
                : GrowthRows.sqlite(scratch.path("data"));
    }

    private void grow(Report report, String what, Fill fill, List<Measured> measured)
            throws Exception {
        if (!what.contains(only)) {
            return;
        }
        report.say("%s", what);
        List<List<Double>> micros = new ArrayList<>();
        measured.forEach(_ -> micros.add(new ArrayList<>()));
        try (Scratch scratch = new Scratch();
                GrowthRows rows = rows(scratch)) {
            try (Store store = rows.open()) {
                accept(store, 0);
                call(store, 0);
            }
            long stored = 0;
            long after = 0;
            for (long size = FROM; size <= upTo; size *= times) {
                // The store goes on from the largest number, so each filling begins far above.
                after += NUMBERS;
                long now;
                try (Store store = rows.open()) {
                    awaitHealthy(store); // nothing of it is left behind that still reads
                    now = micros(store);
                }
                fill.rows(rows, now, stored, size - stored, after);
                long newest = after + size - stored;
                stored = size;
                try (Store store = rows.open()) {
                    awaitHealthy(store);
                    for (int i = 0; size == FROM && i < measured.size() * COMPILED; i++) {
                        measured.get(i % measured.size()).operation().run(store, newest);
                    }
                    for (int i = 0; i < measured.size(); i++) {
                        micros.get(i).add(median(rows, store, measured.get(i).operation(), newest));
                    }
                }
                report.say("  %,9d: %s", size, row(measured, micros));
            }
        }
        long last = Math.round(FROM * Math.pow(times, micros.getFirst().size() - 1.0));
        for (int i = 0; i < measured.size(); i++) {
            String name = measured.get(i).what();
            lines.add(new GrowthChart.Line(what + ": " + name, FROM, last, micros.get(i)));
            report.atMost(
                    name + ", last to first",
                    micros.get(i).getLast() / settled(micros.get(i)),
                    WANTED,
                    "");
        }
    }

    /** Of the first sizes, which are measured while the machine warms up, the second least. */
    private static double settled(List<Double> micros) {
        return micros.stream()
                .limit(5)
                .sorted()
                .skip(Math.min(1, micros.size() - 1))
                .findFirst()
                .orElseThrow();
    }

    private static String row(List<Measured> measured, List<List<Double>> micros) {
        StringBuilder row = new StringBuilder();
        for (int i = 0; i < measured.size(); i++) {
            row.append(row.isEmpty() ? "" : ", ")
                    .append(measured.get(i).what())
                    .append(" %,.0f us".formatted(micros.get(i).getLast()));
        }
        return row.toString();
    }

    /** The median of one operation's time; or of the processor's, in rounds of many. */
    private double median(GrowthRows rows, Store store, Operation operation, long newest)
            throws Exception {
        for (int i = 0; i < WARM_UP; i++) {
            operation.run(store, newest);
        }
        int each = processor ? EACH : 1;
        double[] micros = new double[processor ? ROUNDS : OPERATIONS];
        for (int i = 0; i < micros.length; i++) {
            double began = micros(rows);
            for (int j = 0; j < each; j++) {
                operation.run(store, newest);
            }
            micros[i] = (micros(rows) - began) / each;
        }
        Arrays.sort(micros);
        return micros[micros.length / 2];
    }

    private double micros(GrowthRows rows) throws Exception {
        return processor ? rows.processorMicros() : System.nanoTime() / 1e3;
    }

    private Quota quota() {
        return new Quota(
                List.of(
                        new Window(2_000_000_000, Duration.ofDays(366)),
                        new Window(1_000_000_000, Duration.ofDays(30))));
    }

    private void accept(Store store, long rows) throws Exception {
        JobKey key = new JobKey(random.nextLong(), random.nextLong());
        done(
                store.accept(
                        new NewRequest(
                                UuidCreator.getTimeOrderedEpoch(),
                                1,
                                Integer.MAX_VALUE,
                                API,
                                Integer.MAX_VALUE,
                                "/crypto/sign",
                                key,
                                "{\"message\":\"message " + key.high() + "\"}",
                                true,
                                Duration.ofDays(30),
                                null,
                                null,
                                null,
                                null)));
    }

    private void call(Store store, long rows) throws Exception {
        accept(store, rows);
        Claim claim = done(store.claim(new ClaimAsk(API, quota(), 1, LEASE)));
        for (ClaimedJob job : claim.jobs()) {
            Decision decision = new Decision.Succeed(new Result(200, "signature"));
            done(store.settle(new Settlement(job, "done", 200, Duration.ZERO, decision)));
        }
    }

    private void look(Store store, long rows) {
        store.upstream(API, quota());
    }

    private static void get(Store store, Viewer viewer, long newest) {
        store.reads().request(viewer, new java.util.UUID(0, newest));
    }

    private static void list(Store store, Viewer viewer, @Nullable Status status) {
        store.reads().page(viewer, new Reads.Query(status, null, null, 50, null));
    }

    static long micros(Store store) {
        var now = store.clock().instant();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    static void awaitHealthy(Store store) throws InterruptedException {
        while (!store.healthy()) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private static <T> T done(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
    }
}
