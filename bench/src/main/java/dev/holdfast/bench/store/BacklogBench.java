package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Rounds;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Template;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A million queued requests: memory, restart, and accepting beside an empty queue. */
@Command(
        name = "backlog",
        description = {
            "1,000,000 queued requests: resident memory, kill -9 and restart to ready, and accepts",
            "a second beside a gateway whose queue was empty in the same run."
        })
public final class BacklogBench extends Benchmark {
    private static final int CALLERS = 64;
    private static final int FILLERS = 256;
    private static final Duration FILL_TIME = Duration.ofMinutes(3);

    /** Asks before it counts: the compiler's work is not the server's. */
    private static final long WARM_UP_ASKS = 100_000;

    private static final double WANTED_MEGABYTES = 450;
    private static final double WANTED_SECONDS = 2;
    private static final double WANTED_RATIO = 0.7;
    private static final Template TEMPLATE = Template.get("/crypto/sign?message=queued+{n}");

    @Mixin Rounds rounds = new Rounds();

    @Option(
            names = "--requests",
            defaultValue = "1000000",
            description = "requests that are queued (default: ${DEFAULT-VALUE})")
    long requests = 1_000_000;

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                var upstream =
                        new SimulatedUpstream(vertx, SimulatedUpstream.Options.unlimited(1));
                GatewayProcess full =
                        GatewayProcess.start(
                                scratch.path("full"), Upstreams.full(upstream.start()));
                GatewayProcess empty =
                        GatewayProcess.start(scratch.path("empty"), Upstreams.full(upstream))) {
            try (Load load = new Load(full.port(), FILLERS, TEMPLATE, 0)) {
                Load.Result filled = load.run(requests, FILL_TIME).allBut(1, 202);
                report.say("filled at %,.0f/s", filled.perSecond());
            }
            double resident = full.residentMegabytes();
            restart(report, full);
            accept(report, full, empty);
            report.figure(
                    "resident after the restart and its asks", full.residentMegabytes(), "MB");
            report.below("resident with all queued", resident, WANTED_MEGABYTES, "MB");
        } finally {
            vertx.close().await();
        }
    }

    private void restart(Report report, GatewayProcess full) throws Exception {
        double[] seconds = new double[rounds.rounds];
        for (int round = 0; round < rounds.rounds; round++) {
            full.kill();
            full.startAgain();
            seconds[round] = full.startTime().toMillis() / 1000.0;
            report.say("restart %d: ready after %.2f s", round + 1, seconds[round]);
        }
        report.below("restart to ready", Rounds.median(seconds), WANTED_SECONDS, "s");
    }

    private void accept(Report report, GatewayProcess full, GatewayProcess empty)
            throws IOException {
        double[] withBacklog = new double[rounds.rounds];
        double[] without = new double[rounds.rounds];
        try (Load onFull = new Load(full.port(), CALLERS, TEMPLATE, requests);
                Load onEmpty = new Load(empty.port(), CALLERS, TEMPLATE, 0)) {
            onFull.run(WARM_UP_ASKS, FILL_TIME).all(202);
            onEmpty.run(WARM_UP_ASKS, FILL_TIME).allBut(1, 202);
            Duration time = Duration.ofSeconds(rounds.seconds);
            for (int round = 0; round < rounds.rounds; round++) {
                Load.Result few = onEmpty.run(time).all(202);
                Load.Result many = onFull.run(time).all(202);
                without[round] = few.perSecond();
                withBacklog[round] = many.perSecond();
                report.say(
                        "round %d: empty %,.0f/s p99 %.2f ms, with backlog %,.0f/s p99 %.2f ms",
                        round + 1,
                        without[round],
                        few.millis(99),
                        withBacklog[round],
                        many.millis(99));
            }
        }
        report.figure("accepts, empty at first", Rounds.median(without), "answers/s");
        report.figure("accepts behind the backlog", Rounds.median(withBacklog), "answers/s");
        report.atLeast(
                "accepts behind the backlog to empty",
                Rounds.median(withBacklog) / Rounds.median(without),
                WANTED_RATIO,
                "");
    }
}
