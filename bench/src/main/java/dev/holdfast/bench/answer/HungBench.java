package dev.holdfast.bench.answer;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Template;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** An upstream that accepts and never answers; callers are answered all the same. */
@Command(
        name = "hung",
        description = {
            "2,000 connections ask while the upstream accepts every call and answers none:",
            "how long answers take, without a quota and with ten calls a minute; first of gateways",
            "that have started that moment, on an idle machine and beside a busy process a core,",
            "asked by wrk where it is on the PATH."
        })
public final class HungBench extends Benchmark {
    private static final int CONNECTIONS = 2_000;
    private static final double WANTED_SECONDS = 2;

    /** Of a gateway that has just started, on a machine that has nothing else to do. */
    private static final double COLD_SECONDS = 1.9;

    private static final String PLENTY = "[ { limit: 1000000, window: 1s } ]";
    private static final String TEN = "[ { limit: 10, window: 60s } ]";
    private static final Duration WARM_UP_TIME = Duration.ofSeconds(30);
    private static final Template TEMPLATE = Template.get("/crypto/sign?message=hung+{n}");

    @Option(
            names = "--seconds",
            defaultValue = "15",
            description = "how long they ask (default: ${DEFAULT-VALUE})")
    int seconds = 15;

    @Option(
            names = "--cold",
            defaultValue = "5",
            description = "starts of each kind (default: ${DEFAULT-VALUE})")
    int cold = 5;

    @Option(
            names = "--cold-seconds",
            defaultValue = "6",
            description = "how long each is asked (default: ${DEFAULT-VALUE})")
    int coldSeconds = 6;

    @Option(
            names = "--warm-up",
            defaultValue = "0s",
            description = "what server.warm-up is at these starts (default: ${DEFAULT-VALUE})")
    String warmUp = "0s";

    @Option(names = "--only-cold", description = "no gateway that goes on for longer")
    boolean onlyCold;

    @Override
    public void measure(Report report) throws Exception {
        cold(report);
        if (!onlyCold) {
            warm(report);
        }
    }

    private void cold(Report report) throws IOException, InterruptedException {
        try (Scratch scratch = new Scratch()) {
            Duration time = Duration.ofSeconds(coldSeconds);
            var crowd = new ColdCrowd(report, scratch, CONNECTIONS, time, cold, warmUp);
            report.say("cold starts are asked by %s", crowd.by());
            crowd.idle("no quota", PLENTY, CONNECTIONS, COLD_SECONDS);
            crowd.idle("10 calls a minute", TEN, 10, COLD_SECONDS);
            crowd.busy("no quota", PLENTY, CONNECTIONS, WANTED_SECONDS);
            crowd.busy("10 calls a minute", TEN, 10, WANTED_SECONDS);
        }
    }

    private void warm(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                var upstream =
                        new SimulatedUpstream(vertx, SimulatedUpstream.Options.unlimited(1))) {
            upstream.start().fault(Fault.of(Fault.Mode.HANG));
            ask(report, scratch, "2,000 calls at once", upstream, PLENTY, CONNECTIONS);
            ask(report, scratch, "10 calls a minute", upstream, TEN, 10);
        } finally {
            vertx.close().await();
        }
    }

    private void ask(
            Report report,
            Scratch scratch,
            String what,
            SimulatedUpstream upstream,
            String quota,
            int concurrency)
            throws IOException {
        try (GatewayProcess gateway =
                        GatewayProcess.start(
                                scratch.path(what.replaceAll("\\W", "")),
                                Upstreams.at(upstream.port(), quota, concurrency));
                Load load = new Load(gateway.port(), CONNECTIONS, TEMPLATE, 0)) {
            Load.Result cold = load.run(WARM_UP_TIME);
            report.figure("slowest of a cold gateway with " + what, cold.millis(100) / 1000, "s");
            Load.Result result = load.run(Duration.ofSeconds(seconds));
            report.say(
                    "%s: %,d receipts, %,d refused as the store was too slow",
                    what, result.count(202), result.count(503));
            report.exactly(
                    "other answers with " + what,
                    result.answers() - result.count(202) - result.count(503),
                    0);
            report.figure("p50 with " + what, result.millis(50) / 1000, "s");
            report.figure("slowest with " + what, result.millis(100) / 1000, "s");
            report.below("p99.9 with " + what, result.millis(99.9) / 1000, WANTED_SECONDS, "s");
        }
    }
}
