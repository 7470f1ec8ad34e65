package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Template;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** All that failed is retried by a filter, beside others who ask. */
@Command(
        name = "retry-all",
        description = {
            "100,000 failed requests are retried by one operation; others' answers before and while",
            "it works, in the same run."
        })
public final class RetryAllBench extends Benchmark {
    private static final double WANTED_RATIO = 1.5;
    private static final Duration ROUND = Duration.ofSeconds(1);
    private static final long LOOK_MILLIS = 200;
    private static final int LOOKS_TOLD = 25;
    private static final int MOST_LINES = 100_000;
    private static final Duration FAILED_WITHIN = Duration.ofMinutes(10);

    @Option(
            names = "--requests",
            paramLabel = "N",
            defaultValue = "100000",
            description = "requests that failed (default: ${DEFAULT-VALUE})")
    public int requests = 100_000;

    @Option(
            names = "--callers",
            paramLabel = "N",
            defaultValue = "8",
            description =
                    "others, each of whom asks again once answered (default: ${DEFAULT-VALUE})")
    public int callers = 8;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "20",
            description = "time they are measured before (default: ${DEFAULT-VALUE})")
    public int seconds = 20;

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        var options =
                SimulatedUpstream.Options.unlimited(1)
                        .latency(Latency.always(Duration.ofMillis(1)));
        try (Scratch scratch = new Scratch();
                var upstream = new SimulatedUpstream(vertx, options).start();
                GatewayProcess gateway =
                        GatewayProcess.start(scratch.path("gateway"), Upstreams.plenty(upstream));
                HttpClient client = HttpClient.newHttpClient()) {
            upstream.fault(Fault.status(422));
            BatchKit kit = new BatchKit(client, gateway.port());
            fail(report, kit);
            Instant until = Instant.now();
            try (Load others =
                    new Load(
                            gateway.port(),
                            callers,
                            Template.getReceipt("/crypto/sign?message=other+{n}"),
                            0)) {
                others.run(ROUND.multipliedBy(3)); // warms up
                Load.Result alone = others.run(Duration.ofSeconds(seconds));
                report.figure("others' answers before", alone.perSecond(), "a second");
                double before = alone.millis(99);
                report.figure("others' p99 before", before, "ms");
                double during = during(report, kit, others, until);
                report.atMost(
                        "others' p99, meanwhile to before", during / before, WANTED_RATIO, "");
            }
        } finally {
            vertx.close().await();
        }
    }

    /** So many that the upstream refuses. */
    private void fail(Report report, BatchKit kit) throws Exception {
        long began = System.nanoTime();
        for (int left = requests, part = 0; left > 0; part++) {
            int lines = Math.min(left, MOST_LINES);
            String id =
                    kit.batch(BatchKit.lines("failed " + part, lines), "failed-" + part)
                            .getString("id");
            for (int looks = 1, failed = 0; failed < lines; looks++) {
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
                failed = kit.json("/v1/batches/" + id).getJsonObject("counts").getInteger("failed");
                if (looks % LOOKS_TOLD == 0) {
                    report.say("failed %,d of %,d", requests - left + failed, requests);
                }
                if (System.nanoTime() - began > FAILED_WITHIN.toNanos()) {
                    throw new IOException("only " + failed + " of " + lines + " have failed");
                }
            }
            left -= lines;
        }
    }

    /** Retries all of them; the p99 that others have meanwhile, in milliseconds. */
    private double during(Report report, BatchKit kit, Load others, Instant until)
            throws Exception {
        JsonObject now =
                kit.operation(
                        "{\"do\":\"retry\",\"filter\":{\"status\":\"failed\",\"reason\":\"rejected\",\"until\":\""
                                + until
                                + "\"}}");
        String path = "/v1/operations/" + now.getString("id");
        long began = System.nanoTime();
        Histogram micros = new Histogram(Duration.ofMinutes(1).toNanos() / 1000, 3);
        long refused = 0;
        do {
            Load.Result round = others.run(ROUND);
            micros.add(round.micros());
            refused += round.answers() - round.count(202);
            now = kit.json(path);
            report.say(
                    "retried %,d of %,d, others' p99 %.1f ms",
                    now.getLong("done"), now.getLong("matched"), round.millis(99));
        } while (now.getString("status").equals("running"));
        report.figure("all retried in", (System.nanoTime() - began) / 1e9, "s");
        report.exactly("retried", now.getLong("done"), requests);
        report.exactly("others' asks that were not accepted meanwhile", refused, 0);
        double during = micros.getValueAtPercentile(99) / 1000.0;
        report.figure("others' p99 meanwhile", during, "ms");
        return during;
    }
}
