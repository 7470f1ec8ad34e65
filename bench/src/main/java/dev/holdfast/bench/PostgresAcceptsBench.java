package dev.holdfast.bench;

import dev.holdfast.simulator.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Receipts on PostgreSQL, beside single rows inserted by the server's own load program. */
@Command(
        name = "postgres-accepts",
        description = {
            "Durable 202s a second over 64 connections on a real PostgreSQL, beside pgbench",
            "with 64 clients that insert a single row a transaction on the same server, in turn;",
            "then once more after kill -9 and a restart."
        })
final class PostgresAcceptsBench extends Benchmark {
    private static final int CALLERS = 64;
    private static final double WANTED_RATIO = 1.3;
    private static final double WANTED_P99_MILLIS = 20;

    /** Asks before it counts: the compiler's work is not the server's. */
    private static final long WARM_UP_ASKS = 100_000;

    private static final Duration WARM_UP_TIME = Duration.ofSeconds(45);
    private static final Template TEMPLATE = Template.get("/crypto/sign?message=durable+{n}");

    @Mixin Rounds rounds = new Rounds();

    private long asked;

    @Override
    void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                Database database = new Database(scratch.path("database"));
                var upstream =
                        new SimulatedUpstream(vertx, SimulatedUpstream.Options.unlimited(1));
                Gateway gateway =
                        Gateway.start(
                                scratch.path("gateway"),
                                Database.url(database.port()),
                                Map.of(),
                                Upstreams.full(upstream.start()))) {
            Pgbench pgbench = new Pgbench(scratch.path("pgbench"), database);
            // The very first ask gets the one slot, and its result.
            warmUp(gateway);
            compare(report, "", gateway, pgbench, rounds.rounds);
            gateway.kill();
            gateway.startAgain();
            warmUp(gateway);
            compare(report, " after a restart", gateway, pgbench, 1);
            report.count("asks in all", asked);
        } finally {
            vertx.close().await();
        }
    }

    private void warmUp(Gateway gateway) throws Exception {
        try (Load load = new Load(gateway.port(), CALLERS, TEMPLATE, asked)) {
            asked += load.run(WARM_UP_ASKS, WARM_UP_TIME).allBut(1, 202).answers();
        }
    }

    private void compare(Report report, String when, Gateway gateway, Pgbench pgbench, int times)
            throws Exception {
        double[] rows = new double[times];
        double[] receipts = new double[times];
        double[] p99 = new double[times];
        Duration time = Duration.ofSeconds(rounds.seconds);
        try (Load load = new Load(gateway.port(), CALLERS, TEMPLATE, asked)) {
            for (int round = 0; round < times; round++) {
                rows[round] = pgbench.perSecond(CALLERS, time);
                Load.Result result = load.run(time).all(202);
                asked += result.answers();
                receipts[round] = result.perSecond();
                p99[round] = result.millis(99);
                report.say(
                        "round %d%s: pgbench %,.0f rows/s, 202s %,.0f/s p50 %.2f ms p99 %.2f ms",
                        round + 1,
                        when,
                        rows[round],
                        receipts[round],
                        result.millis(50),
                        p99[round]);
            }
        }
        double rate = Rounds.median(receipts);
        report.figure("pgbench, 64 clients" + when, Rounds.median(rows), "rows/s");
        report.figure("durable 202s, 64 connections" + when, rate, "answers/s");
        report.atLeast("202s to pgbench" + when, rate / Rounds.median(rows), WANTED_RATIO, "");
        report.below("p99 of 202s" + when, Rounds.median(p99), WANTED_P99_MILLIS, "ms");
    }
}
