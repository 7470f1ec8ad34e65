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
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Receipts: 202s that are on disk, beside a bare handler's, and the rows that they leave. */
@Command(
        name = "accepts",
        description = {
            "Durable 202s a second over 64 and 256 connections, beside a bare Vert.x handler that",
            "answers 202 after the same rows' group commit and does nothing else; beside the rows",
            "inserted by bare JDBC with the same settings and batches; and the store without HTTP."
        })
public final class AcceptsBench extends Benchmark {
    private static final double WANTED_RATIO = 0.75;

    /** Asks before it counts: the compiler's work is not the server's. */
    private static final long WARM_UP_ASKS = 250_000;

    private static final int WARM_UP_CALLERS = 256;
    private static final Duration WARM_UP_TIME = Duration.ofMinutes(1);
    private static final Template TEMPLATE = Template.get("/crypto/sign?message=durable+{n}");

    /** What a prototype reached. */
    private record Prototype(int connections, double perSecond, double p99Millis) {}

    private static final List<Prototype> PROTOTYPE =
            List.of(new Prototype(64, 15_000, 15), new Prototype(256, 20_000, 30));

    @Mixin Rounds rounds = new Rounds();

    private long asked;

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                var upstream =
                        new SimulatedUpstream(vertx, SimulatedUpstream.Options.unlimited(1));
                GatewayProcess gateway =
                        GatewayProcess.start(
                                scratch.path("gateway"), Upstreams.full(upstream.start()));
                BareReceipts bare = new BareReceipts(scratch.path("bare.db").toString());
                RawRows raw = new RawRows(scratch.path("raw.db"));
                StoreAccepts store = new StoreAccepts(scratch.path("store.db"))) {
            // The very first ask gets the one slot, and its result.
            warmUp(gateway.port(), 1);
            warmUp(bare.port(), 0);
            asked = WARM_UP_ASKS;
            for (Prototype prototype : PROTOTYPE) {
                compare(report, prototype, gateway, bare, raw, store);
            }
            report.figure("resident after " + asked + " asks", gateway.residentMegabytes(), "MB");
        } finally {
            vertx.close().await();
        }
    }

    private static void warmUp(int port, int others) throws IOException {
        try (Load load = new Load(port, WARM_UP_CALLERS, TEMPLATE, 0)) {
            load.run(WARM_UP_ASKS, WARM_UP_TIME).allBut(others, 202);
        }
    }

    private void compare(
            Report report,
            Prototype prototype,
            GatewayProcess gateway,
            BareReceipts bare,
            RawRows raw,
            StoreAccepts store)
            throws Exception {
        int callers = prototype.connections;
        double[] rows = new double[rounds.rounds];
        double[] alone = new double[rounds.rounds];
        double[] ceiling = new double[rounds.rounds];
        double[] receipts = new double[rounds.rounds];
        double[] p99 = new double[rounds.rounds];
        Duration time = Duration.ofSeconds(rounds.seconds);
        try (Load load = new Load(gateway.port(), callers, TEMPLATE, asked);
                Load onBare = new Load(bare.port(), callers, TEMPLATE, 0)) {
            for (int round = -1; round < rounds.rounds; round++) {
                double rowsNow = raw.perSecond(callers, time);
                double aloneNow = store.perSecond(callers, time);
                double ceilingNow = onBare.run(time).all(202).perSecond();
                Load.Result result = load.run(time).all(202);
                asked += result.answers();
                if (round >= 0) {
                    rows[round] = rowsNow;
                    alone[round] = aloneNow;
                    ceiling[round] = ceilingNow;
                    receipts[round] = result.perSecond();
                    p99[round] = result.millis(99);
                    report.say(
                            "%d callers, round %d: bare rows of %,.0f asks/s, store %,.0f/s, bare"
                                    + " 202s %,.0f/s, 202s %,.0f/s p50 %.2f ms p99 %.2f ms",
                            callers,
                            round + 1,
                            rowsNow,
                            aloneNow,
                            ceilingNow,
                            receipts[round],
                            result.millis(50),
                            p99[round]);
                }
            }
        }
        String of = " at " + callers;
        double rate = Rounds.median(receipts);
        report.figure("bare rows" + of, Rounds.median(rows), "asks/s");
        report.figure("store without HTTP" + of, Rounds.median(alone), "accepts/s");
        report.figure("bare 202s" + of, Rounds.median(ceiling), "answers/s");
        report.beside("durable 202s" + of, rate, prototype.perSecond, "answers/s");
        report.beside("p99 of 202s" + of, Rounds.median(p99), prototype.p99Millis, "ms");
        report.figure("202s to store without HTTP" + of, rate / Rounds.median(alone), "");
        report.figure("202s to bare rows" + of, rate / Rounds.median(rows), "");
        report.atLeast("202s to bare 202s" + of, rate / Rounds.median(ceiling), WANTED_RATIO, "");
    }
}
