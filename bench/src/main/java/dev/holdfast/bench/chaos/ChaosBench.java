package dev.holdfast.bench.chaos;

import dev.holdfast.bench.kit.BenchCaller;
import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Rounds;
import dev.holdfast.bench.kit.Scratch;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Several replicas on one PostgreSQL under faults, and what became of each promise. */
@Command(
        name = "chaos",
        description = {
            "Replicas in processes of their own on one real PostgreSQL, callers that repeat their",
            "asks with an Idempotency-Key, a quota of 10 calls a second. Meanwhile replicas are",
            "killed with kill -9 and started again, all connections to the database are cut, the",
            "database is stopped at once and started again, and the replicas' clocks are apart.",
            "About four minutes with the usual 2,000 requests."
        })
public final class ChaosBench extends Benchmark {
    private static final Duration PROGRESS_EVERY = Duration.ofSeconds(10);
    private static final long LOOK_EVERY_MILLIS = 200;

    /** Beside what the quota allows: what the dead held, and the end. */
    private static final Duration SPARE = Duration.ofSeconds(90);

    /** What P2 promises at most. */
    private static final double ANSWER_SECONDS = 2;

    private static final int READS_AT_ONCE = 32;
    private static final String STARTED = "process_start_time_seconds";

    @Option(
            names = "--requests",
            defaultValue = "2000",
            description = "asked in all (default: ${DEFAULT-VALUE})")
    int requests = 2_000;

    @Option(
            names = "--replicas",
            defaultValue = "3",
            description = "processes (default: ${DEFAULT-VALUE})")
    int replicas = 3;

    @Option(
            names = "--kill-every",
            paramLabel = "SECONDS",
            defaultValue = "5",
            description = "about so long between two kills (default: ${DEFAULT-VALUE})")
    int killEvery = 5;

    @Option(
            names = "--restart-after",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "when the database is restarted; 0 = never (default: ${DEFAULT-VALUE})")
    int restartAfter = 60;

    @Option(
            names = "--clock-skew",
            paramLabel = "SECONDS",
            defaultValue = "300",
            description =
                    "how far the replicas' wall clocks are apart (needs cc); 0 = not at all"
                            + " (default: ${DEFAULT-VALUE})")
    int clockSkew = 300;

    @Option(
            names = "--patience",
            defaultValue = "1",
            description = "factor on all limits of time, for a busy machine (default: 1)")
    double patience = 1;

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "the order of the faults (default: ${DEFAULT-VALUE})")
    long seed = 1;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "0",
            description = {
                "instead: one gateway on SQLite whose upstream has so many partitions, each with",
                "more to do than its quota in calls and tokens lets it; judged at each arrival.",
                "Of the faults the kills; 0 = the replicas (default: ${DEFAULT-VALUE})"
            })
    int partitions = 0;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "60",
            description = "of a run with --partitions (default: ${DEFAULT-VALUE})")
    int seconds = 60;

    @Override
    public void measure(Report report) throws Exception {
        if (partitions > 0) {
            Duration apart = Duration.ofSeconds(killEvery);
            new PartitionChaos(partitions, Duration.ofSeconds(seconds), apart, seed)
                    .measure(report);
        } else {
            replicas(report);
        }
    }

    private void replicas(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                ChaosWorld world =
                        ChaosWorld.start(
                                vertx,
                                scratch.path("chaos"),
                                seed,
                                environments(report, scratch.path("clock")));
                ChaosAsks asks = new ChaosAsks(world.replicas, world.receiver().uri(), requests);
                ChaosFaults faults =
                        new ChaosFaults(
                                world,
                                Duration.ofSeconds(killEvery),
                                Duration.ofSeconds(restartAfter),
                                new Random(seed));
                ExecutorService thread = Executors.newSingleThreadExecutor()) {
            if (clockSkew > 0) {
                report.atLeast(
                        "replicas' wall clocks are apart", apart(world), clockSkew - 30.0, "s");
            }
            long began = System.nanoTime();
            Future<ChaosFaults.Fired> firing = thread.submit(faults);
            asks.start();
            awaitEnd(report, world, asks, faults);
            report.figure("until all had ended", (System.nanoTime() - began) / 1e9, "s");
            faults.stop();
            ChaosFaults.Fired fired = firing.get();
            judge(report, world, asks, fired);
        } finally {
            vertx.close().await();
        }
    }

    private List<Map<String, String>> environments(Report report, Path folder) throws Exception {
        Optional<SkewedClock> clock =
                clockSkew > 0 ? SkewedClock.compile(folder) : Optional.empty();
        if (clockSkew > 0 && clock.isEmpty()) {
            report.say("SKIPPED clocks apart: it needs a C compiler, cc (apt-get install gcc)");
            clockSkew = 0;
        }
        List<Map<String, String>> environments = new ArrayList<>();
        for (int i = 0; i < replicas; i++) {
            // Evenly from half of it slow to half of it fast.
            long off = (long) clockSkew * i / Math.max(1, replicas - 1) - clockSkew / 2;
            environments.add(
                    clock.map(wrong -> wrong.off(Duration.ofSeconds(off))).orElse(Map.of()));
        }
        return environments;
    }

    /** How far the wall clocks of the replicas' own processes are apart, in seconds. */
    private static double apart(ChaosWorld world) throws Exception {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (GatewayProcess replica : world.replicas) {
            double started = replica.metric(STARTED);
            least = Math.min(least, started);
            most = Math.max(most, started);
        }
        return most - least;
    }

    private void awaitEnd(Report report, ChaosWorld world, ChaosAsks asks, ChaosFaults faults)
            throws Exception {
        long began = System.nanoTime();
        long giveUp =
                began
                        + SPARE.toNanos()
                        + 2L * requests * ChaosWorld.WINDOW.toNanos() / ChaosWorld.QUOTA;
        long tell = began;
        while (!hasEnded(world, asks) && System.nanoTime() < giveUp) {
            if (System.nanoTime() - tell > PROGRESS_EVERY.toNanos()) {
                tell = System.nanoTime();
                report.say(
                        "%3d s: %,d of %,d promised, %,d webhooks; %s",
                        TimeUnit.NANOSECONDS.toSeconds(tell - began),
                        asks.promised(),
                        requests,
                        world.receiver().stats(false).getLong("accepted_webhooks"),
                        faults.soFar());
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
        }
    }

    private boolean hasEnded(ChaosWorld world, ChaosAsks asks) {
        return asks.done()
                && world.receiver().stats(false).getLong("accepted_webhooks") >= asks.promised();
    }

    private void judge(Report report, ChaosWorld world, ChaosAsks asks, ChaosFaults.Fired fired)
            throws Exception {
        report.atLeast("replicas killed with kill -9", fired.kills(), 1, "");
        report.atLeast("times that all connections were cut", fired.cuts(), 1, "");
        report.atLeast("connections cut", fired.connectionsCut(), 1, "");
        report.exactly("restarts of the database", fired.restarts(), restartAfter > 0 ? 1 : 0);
        report.count("asks sent again", asks.again());
        report.count("answers 503", asks.unavailable());
        report.count("results at once", asks.results());
        asks.wrong().forEach(answer -> report.say("an ask was answered %s", answer));
        report.exactly("answers that no ask may have", asks.wrong().size(), 0);
        ChaosAsks.Slow slowest = asks.slowest();
        report.atMost("slowest answer", slowest.seconds(), ANSWER_SECONDS * patience, "s");
        report.count("its status", slowest.status());
        report.figure("its replica had been ready for", slowest.up(), "s");
        report.exactly("requests promised", asks.promised(), requests);
        report.exactly(
                "requests in the store",
                world.database.number("SELECT count(*) FROM request"),
                requests);
        readEverywhere(report, world, asks);
        judgeCalls(report, world.upstream.stats(false));
        judgeWebhooks(report, world.receiver().stats(true), asks);
        judgeTakeovers(report, fired.takeovers());
    }

    /** Reads every request at every replica. */
    private void readEverywhere(Report report, ChaosWorld world, ChaosAsks asks) {
        List<List<JsonObject>> read = new ArrayList<>();
        List<String> ids = List.copyOf(asks.ids().values());
        for (GatewayProcess replica : world.replicas) {
            try (BenchCaller caller = new BenchCaller(replica.port())) {
                List<JsonObject> all = new ArrayList<>();
                for (int from = 0; from < ids.size(); from += READS_AT_ONCE) {
                    ids.subList(from, Math.min(ids.size(), from + READS_AT_ONCE)).stream()
                            .map(id -> caller.send("GET", "/v1/requests/" + id))
                            .toList()
                            .stream()
                            .map(CompletableFuture::join)
                            .forEach(
                                    reply -> {
                                        if (reply.status() != 200) {
                                            report.say("a request was told as %s", reply);
                                        }
                                        all.add(reply.body());
                                    });
                }
                read.add(all);
            }
        }
        long succeeded =
                read.getFirst().stream()
                        .filter(request -> "succeeded".equals(request.getString("status")))
                        .count();
        report.exactly("requests that succeeded", succeeded, requests);
        long different = 0;
        for (int i = 0; i < ids.size(); i++) {
            for (List<JsonObject> one : read) {
                if (!one.get(i).equals(read.getFirst().get(i))) {
                    different++;
                    report.say("told as %s and as %s", read.getFirst().get(i), one.get(i));
                }
            }
        }
        report.exactly(
                "requests that a replica tells differently, of "
                        + String.format("%,d read", (long) ids.size() * read.size()),
                different,
                0);
    }

    private void judgeCalls(Report report, JsonObject upstream) {
        report.atMost(
                "worst window at the upstream",
                upstream.getInteger("worst_window"),
                ChaosWorld.QUOTA,
                "");
        report.exactly("calls over the quota, refused", upstream.getLong("refused"), 0);
        report.count("calls", upstream.getLong("calls"));
        report.count("of them answered 502", upstream.getLong("degraded"));
        report.count(
                "messages signed again after a kill", upstream.getLong("signatures") - requests);
    }

    private void judgeWebhooks(Report report, JsonObject receiver, ChaosAsks asks) {
        Set<String> told = new HashSet<>();
        for (Map.Entry<String, Object> entry : receiver.getJsonObject("each")) {
            if (entry.getValue() instanceof JsonObject webhook && webhook.getLong("accepted") > 0) {
                told.add(webhook.getString("request"));
            }
        }
        long missing = asks.ids().values().stream().filter(id -> !told.contains(id)).count();
        report.exactly("requests whose webhook did not come", missing, 0);
        report.exactly("webhooks delivered", receiver.getLong("accepted_webhooks"), requests);
        report.exactly("webhooks not genuine", receiver.getLong("not_genuine"), 0);
        report.count("webhooks delivered twice", receiver.getLong("accepted_twice"));
    }

    private void judgeTakeovers(Report report, List<ChaosFaults.Takeover> takeovers) {
        report.atLeast("calls that the dead had under way", takeovers.size(), 1, "");
        double[] settled =
                takeovers.stream().mapToDouble(ChaosFaults.Takeover::settled).sorted().toArray();
        double[] called =
                takeovers.stream().mapToDouble(ChaosFaults.Takeover::called).sorted().toArray();
        if (settled.length > 0) {
            report.figure("from a kill to the takeover, median", Rounds.median(settled), "s");
            report.atMost(
                    "from a kill to the takeover, longest",
                    settled[settled.length - 1],
                    ChaosFaults.TAKEN_OVER_WITHIN.toSeconds() * patience,
                    "s");
            report.figure("from a kill to the call made again, median", Rounds.median(called), "s");
            report.figure(
                    "from a kill to the call made again, longest", called[called.length - 1], "s");
        }
    }
}
