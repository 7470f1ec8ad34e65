package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.BenchCaller;
import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Template;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A million scheduled requests: memory, and how late those are called whose time comes. */
@Command(
        name = "scheduled",
        description = {
            "1,000,000 requests for tomorrow: resident memory, restart to ready, and how long after its",
            "time a call arrives while they wait, a slot being free."
        })
public final class ScheduledBench extends Benchmark {
    private static final int FILLERS = 256;
    private static final Duration FILL_TIME = Duration.ofMinutes(5);
    private static final int DUE = 200;

    /** Between two that fall due, in milliseconds: no multiple of anything here. */
    private static final int APART_MILLIS = 53;

    /** Calls of the stand-in itself before. */
    private static final int WARM_UP = 500;

    private static final Duration AHEAD = Duration.ofSeconds(10);

    /** The latest ones, which are told one by one. */
    private static final int TOLD = 5;

    private static final double WANTED_MEGABYTES = 450;
    private static final double WANTED_MILLIS = 50;
    private static final Pattern MESSAGE = Pattern.compile("due[-+ ](\\d+)");
    private static final Template TEMPLATE =
            Template.get("/crypto/sign?message=later+{n}&not_before=86400");

    @Option(
            names = "--requests",
            defaultValue = "1000000",
            description = "requests that are scheduled (default: ${DEFAULT-VALUE})")
    long requests = 1_000_000;

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        Map<Integer, Long> arrived = new ConcurrentHashMap<>();
        CountDownLatch all = new CountDownLatch(DUE);
        try (Scratch scratch = new Scratch();
                var upstream =
                        new SimulatedUpstream(
                                vertx,
                                SimulatedUpstream.Options.unlimited(1)
                                        .log(line -> arrived(line, arrived, all)));
                GatewayProcess gateway =
                        GatewayProcess.start(
                                scratch.path("gateway"), Upstreams.plenty(upstream.start()))) {
            try (Load load = new Load(gateway.port(), FILLERS, TEMPLATE, 0)) {
                Load.Result filled = load.run(requests, FILL_TIME).all(202);
                report.say("filled at %,.0f/s", filled.perSecond());
            }
            report.below(
                    "resident with all scheduled",
                    gateway.residentMegabytes(),
                    WANTED_MEGABYTES,
                    "MB");
            warmUp(upstream.port());
            Instant first = Instant.now().plus(AHEAD);
            ask(gateway, first);
            if (!all.await(AHEAD.toSeconds() + 60, TimeUnit.SECONDS)) {
                throw new IllegalStateException(all.getCount() + " were not called");
            }
            late(report, first, arrived);
            gateway.kill();
            gateway.startAgain();
            report.figure("restart to ready", gateway.startTime().toMillis() / 1000.0, "s");
        } finally {
            vertx.close().await();
        }
    }

    /** The stand-in is called for the first time before: only the gateway's own delay counts. */
    private static void warmUp(int upstream) throws Exception {
        try (BenchCaller caller = new BenchCaller(upstream)) {
            for (int i = 0; i < WARM_UP; i++) {
                caller.send("GET", "/crypto/sign?message=warm").get(30, TimeUnit.SECONDS);
            }
        }
    }

    private static void ask(GatewayProcess gateway, Instant first) throws Exception {
        try (BenchCaller caller = new BenchCaller(gateway.port())) {
            for (int i = 0; i < DUE; i++) {
                Instant due = first.plusMillis((long) i * APART_MILLIS);
                int status =
                        caller.send("GET", "/crypto/sign?message=due+" + i + "&not_before=" + due)
                                .get(30, TimeUnit.SECONDS)
                                .status();
                if (status != 202) {
                    throw new IllegalStateException("an ask was answered " + status);
                }
            }
        }
    }

    private static void arrived(String line, Map<Integer, Long> arrived, CountDownLatch all) {
        Matcher message = MESSAGE.matcher(line);
        if (message.find()
                && arrived.putIfAbsent(
                                Integer.parseInt(message.group(1)),
                                new JsonObject(line).getLong("at"))
                        == null) {
            all.countDown();
        }
    }

    private static void late(Report report, Instant first, Map<Integer, Long> arrived) {
        double[] late = new double[DUE];
        for (int i = 0; i < DUE; i++) {
            late[i] = arrived.getOrDefault(i, 0L) - first.toEpochMilli() - (long) i * APART_MILLIS;
        }
        Integer[] latest = new Integer[DUE];
        Arrays.setAll(latest, i -> i);
        Arrays.sort(latest, Comparator.comparingDouble(i -> -late[i]));
        for (int i = 0; i < TOLD; i++) {
            report.say("call %d of %d came %.0f ms late", latest[i] + 1, DUE, late[latest[i]]);
        }
        Arrays.sort(late);
        report.atLeast("the earliest call after its time", late[0], 0, "ms");
        report.figure("the latest", late[DUE - 1], "ms");
        report.below("half of them within", late[DUE / 2], WANTED_MILLIS, "ms");
        report.below("95 of 100 within", late[DUE * 95 / 100], WANTED_MILLIS, "ms");
    }
}
