package dev.holdfast.bench.quota;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.Database;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Rounds;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Template;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.door.Limit;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Whether two replicas leave slots unused that one would use. */
@Command(
        name = "quota-use",
        description = {
            "Calls that one replica makes of a backlog, and two on the same PostgreSQL, in turn;",
            "with quotas of 10 and of 100 calls a second."
        })
public final class QuotaUseBench extends Benchmark {
    private static final double WANTED_RATIO = 0.97;
    private static final Duration WINDOW = Duration.ofSeconds(1);
    private static final Duration LATENCY = Duration.ofMillis(10);
    private static final Duration ASKING = Duration.ofMinutes(1);
    private static final int CALLERS = 32;
    private static final Template TEMPLATE =
            Template.getReceipt("/crypto/sign?message=backlog+{n}");

    @Option(names = "--rounds", defaultValue = "3", description = "rounds (default: 3)")
    int rounds = 3;

    @Option(
            names = "--seconds",
            defaultValue = "12",
            description = "of one replica and of two in each round (default: 12)")
    int seconds = 12;

    /** When calls arrived at the upstream, in milliseconds since its start. */
    private final List<Double> arrivals = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch()) {
            for (int quota : new int[] {10, 100}) {
                use(report, vertx, scratch.path("quota-" + quota), quota);
            }
        } finally {
            vertx.close().await();
        }
    }

    private void use(Report report, Vertx vertx, Path folder, int quota) throws Exception {
        var options =
                SimulatedUpstream.Options.unlimited(1)
                        .limit(new Limit(quota, WINDOW, true, false))
                        .latency(Latency.always(LATENCY))
                        .log(line -> arrivals.add(new JsonObject(line).getDouble("ms")));
        try (Database database = new Database(folder.resolve("database"));
                SimulatedUpstream upstream = new SimulatedUpstream(vertx, options).start();
                GatewayProcess one = replica(folder.resolve("one"), database, upstream, quota)) {
            try (Load load = new Load(one.port(), CALLERS, TEMPLATE, 0)) {
                load.run(backlog(quota), ASKING);
            }
            double[] alone = new double[rounds];
            double[] both = new double[rounds];
            for (int round = 0; round < rounds; round++) {
                alone[round] = perWindow(quota);
                try (GatewayProcess _ = replica(folder.resolve("two"), database, upstream, quota)) {
                    both[round] = perWindow(quota);
                }
            }
            String of = ", quota " + quota;
            long left = database.number("SELECT count(*) FROM job WHERE status = 'queued'");
            report.atLeast("jobs still queued at the end" + of, (double) left, quota, "");
            report.exactly("calls refused" + of, upstream.stats(false).getLong("refused"), 0);
            double single = Rounds.median(alone);
            report.figure("calls a window with one replica" + of, single, "");
            report.figure("calls a window with two" + of, Rounds.median(both), "");
            report.atLeast("two to one" + of, Rounds.median(both) / single, WANTED_RATIO, "");
            report.atLeast(
                    "two to what the quota allows" + of,
                    Rounds.median(both) / allowed(quota),
                    WANTED_RATIO,
                    "");
        }
    }

    /** Enough for all rounds, with the time that the second replica needs to start and stop. */
    private long backlog(int quota) {
        return (long) quota * rounds * (2L * seconds + 8);
    }

    /** A slot is taken from before its call until a window after its answer. */
    private static double allowed(int quota) {
        return quota * (double) WINDOW.toNanos() / WINDOW.plus(LATENCY).toNanos();
    }

    /** By whole windows: from one call to the one that took its slot so many windows later. */
    private double perWindow(int quota) throws InterruptedException {
        int from = arrivals.size();
        TimeUnit.SECONDS.sleep(seconds);
        List<Double> seen = List.copyOf(arrivals);
        seen = seen.subList(from, seen.size());
        int calls = (seen.size() - 1) / quota * quota;
        return calls * WINDOW.toMillis() / (seen.get(calls) - seen.getFirst());
    }

    private static GatewayProcess replica(
            Path folder, Database database, SimulatedUpstream upstream, int quota)
            throws Exception {
        String windows = "[ { limit: %d, window: %dms } ]".formatted(quota, WINDOW.toMillis());
        return GatewayProcess.start(
                folder,
                Database.url(database.port()),
                Map.of(),
                Upstreams.at(upstream.port(), windows, quota));
    }
}
