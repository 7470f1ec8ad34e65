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
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Receipts on PostgreSQL, beside a bare handler's, and single rows inserted by the server's own
 * load program.
 */
@Command(
        name = "postgres-accepts",
        description = {
            "On a real PostgreSQL, each in turn with pgbench, whose 64 clients insert a single row",
            "a transaction on the same server: durable accepts a second by the store alone, without",
            "HTTP, with 64 and with 512 under way; and durable 202s over 64 and 256 connections of",
            "HTTP, beside a bare Vert.x handler that answers 202 after the same rows' group commit",
            "in another database on the same server; also after kill -9 and a restart."
        })
public final class PostgresAcceptsBench extends Benchmark {
    private static final int PGBENCH_CLIENTS = 64;
    private static final int[] CALLERS = {64, 256};
    private static final int[] UNDER_WAY = {64, 512};
    private static final double WANTED_RATIO = 1.3;

    /** Of what a bare handler answers over the same bare rows. */
    private static final double WANTED_OF_BARE = 0.75;

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
                rows[round] = pgbench.perSecond(PGBENCH_CLIENTS, time);
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
        String rows = database.another("bare");
        PostgresStore.open(rows, StoreOptions.DEFAULT).close();
        try (BareReceipts bare = new BareReceipts(Database.jdbc(rows));
                GatewayProcess gateway =
                        GatewayProcess.start(
                                scratch.path("gateway"),
                                Database.url(database.port()),
                                Map.of(),
                                Upstreams.full(upstream))) {
            warmUp(bare.port(), 0);
            // The very first ask gets the one slot, and its result.
            asked += warmUp(gateway.port(), 1);
            for (int callers : CALLERS) {
                compare(report, "at " + callers, callers, gateway, bare, pgbench, rounds.rounds);
            }
            gateway.kill();
            gateway.startAgain();
            asked += warmUp(gateway.port(), 1);
            compare(report, "after a restart", CALLERS[0], gateway, bare, pgbench, 1);
        }
    }

    private long warmUp(int port, int others) throws IOException {
        try (Load load = new Load(port, CALLERS[0], TEMPLATE, asked)) {
            return load.run(WARM_UP_ASKS, WARM_UP_TIME).allBut(others, 202).answers();
        }
    }

    private void compare(
            Report report,
            String when,
            int callers,
            GatewayProcess gateway,
            BareReceipts bare,
            Pgbench pgbench,
            int times)
            throws Exception {
        double[] rows = new double[times];
        double[] ceiling = new double[times];
        double[] receipts = new double[times];
        double[] p99 = new double[times];
        Duration time = Duration.ofSeconds(rounds.seconds);
        try (Load load = new Load(gateway.port(), callers, TEMPLATE, asked);
                Load onBare = new Load(bare.port(), callers, TEMPLATE, 0)) {
            for (int round = 0; round < times; round++) {
                rows[round] = pgbench.perSecond(PGBENCH_CLIENTS, time);
                ceiling[round] = onBare.run(time).all(202).perSecond();
                Load.Result result = load.run(time).all(202);
                asked += result.answers();
                receipts[round] = result.perSecond();
                p99[round] = result.millis(99);
                report.say(
                        "round %d %s: pgbench %,.0f rows/s, bare 202s %,.0f/s, 202s %,.0f/s p50"
                                + " %.2f ms p99 %.2f ms",
                        round + 1,
                        when,
                        rows[round],
                        ceiling[round],
                        receipts[round],
                        result.millis(50),
                        p99[round]);
            }
        }
        double rate = Rounds.median(receipts);
        report.figure("pgbench, in turn with HTTP " + when, Rounds.median(rows), "rows/s");
        report.figure("bare 202s " + when, Rounds.median(ceiling), "answers/s");
        report.figure("durable 202s " + when, rate, "answers/s");
        report.atLeast(
                "202s to bare 202s " + when, rate / Rounds.median(ceiling), WANTED_OF_BARE, "");
        if (callers == CALLERS[0]) {
            report.atLeast("202s to pgbench " + when, rate / Rounds.median(rows), WANTED_RATIO, "");
            report.below("p99 of 202s " + when, Rounds.median(p99), WANTED_P99_MILLIS, "ms");
        }
    }
}
