package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.Database;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Rounds;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Template;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.postgresql.PostgresStore;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Receipts on PostgreSQL, beside single rows inserted by the server's own load program. */
@Command(
        name = "postgres-accepts",
        description = {
            "On a real PostgreSQL, each in turn with pgbench, whose 64 clients insert a single row",
            "a transaction on the same server: durable accepts a second by the store alone, without",
            "HTTP, with 64 and with 512 under way; and durable 202s over 64 connections of HTTP,",
            "also after kill -9 and a restart."
        })
public final class PostgresAcceptsBench extends Benchmark {
    private static final int CALLERS = 64;
    private static final int[] UNDER_WAY = {64, 512};
    private static final double WANTED_RATIO = 1.3;
    private static final double WANTED_P99_MILLIS = 20;

    /** Asks before it counts: the compiler's work is not the server's. */
    private static final long WARM_UP_ASKS = 250_000;

    private static final Duration WARM_UP_TIME = Duration.ofSeconds(45);
    private static final Duration STORE_WARM_UP_TIME = Duration.ofSeconds(10);
    private static final Template TEMPLATE = Template.get("/crypto/sign?message=durable+{n}");

    @Mixin Rounds rounds = new Rounds();

    private long asked;

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                Database database = new Database(scratch.path("database"));
                var upstream =
                        new SimulatedUpstream(vertx, SimulatedUpstream.Options.unlimited(1))) {
            upstream.start();
            Pgbench pgbench = alone(report, scratch, database);
            overHttp(report, scratch, database, pgbench, upstream);
            report.count("asks over HTTP in all", asked);
        } finally {
            vertx.close().await();
        }
    }

    /** The store, one writer, in this process; gives what it was measured beside. */
    private Pgbench alone(Report report, Scratch scratch, Database database) throws Exception {
        Pgbench pgbench;
        Duration time = Duration.ofSeconds(rounds.seconds);
        double[] rows = new double[rounds.rounds];
        double[][] accepts = new double[UNDER_WAY.length][rounds.rounds];
        try (PostgresStore store =
                        PostgresStore.open(Database.url(database.port()), StoreOptions.DEFAULT);
                StoreAccepts asks = new StoreAccepts(store, "store")) {
            // Its table comes after the store's: a new store wants an empty database.
            pgbench = new Pgbench(scratch.path("pgbench"), database);
            asks.perSecond(UNDER_WAY[1], STORE_WARM_UP_TIME);
            for (int round = 0; round < rounds.rounds; round++) {
                rows[round] = pgbench.perSecond(CALLERS, time);
                for (int i = 0; i < UNDER_WAY.length; i++) {
                    accepts[i][round] = asks.perSecond(UNDER_WAY[i], time);
                }
                report.say(
                        "round %d: pgbench %,.0f rows/s, store alone %,.0f/s and %,.0f/s",
                        round + 1, rows[round], accepts[0][round], accepts[1][round]);
            }
        }
        double bare = Rounds.median(rows);
        report.figure("pgbench, 64 clients, in turn with the store", bare, "rows/s");
        for (int i = 0; i < UNDER_WAY.length; i++) {
            double rate = Rounds.median(accepts[i]);
            String what = "store alone, no HTTP, " + UNDER_WAY[i] + " under way";
            report.figure(what, rate, "accepts/s");
            report.atLeast(what + ", to pgbench", rate / bare, WANTED_RATIO, "");
        }
        return pgbench;
    }

    private void overHttp(
            Report report,
            Scratch scratch,
            Database database,
            Pgbench pgbench,
            SimulatedUpstream upstream)
            throws Exception {
        try (GatewayProcess gateway =
                GatewayProcess.start(
                        scratch.path("gateway"),
                        Database.url(database.port()),
                        Map.of(),
                        Upstreams.full(upstream))) {
            // The very first ask gets the one slot, and its result.
            warmUp(gateway);
            compare(report, "", gateway, pgbench, rounds.rounds);
            gateway.kill();
            gateway.startAgain();
            warmUp(gateway);
            compare(report, " after a restart", gateway, pgbench, 1);
        }
    }

    private void warmUp(GatewayProcess gateway) throws Exception {
        try (Load load = new Load(gateway.port(), CALLERS, TEMPLATE, asked)) {
            asked += load.run(WARM_UP_ASKS, WARM_UP_TIME).allBut(1, 202).answers();
        }
    }

    private void compare(
            Report report, String when, GatewayProcess gateway, Pgbench pgbench, int times)
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
        report.figure(
                "pgbench, 64 clients, in turn with HTTP" + when, Rounds.median(rows), "rows/s");
        report.figure("durable 202s, 64 connections" + when, rate, "answers/s");
        report.atLeast("202s to pgbench" + when, rate / Rounds.median(rows), WANTED_RATIO, "");
        report.below("p99 of 202s" + when, Rounds.median(p99), WANTED_P99_MILLIS, "ms");
    }
}
