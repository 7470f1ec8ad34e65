package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Rounds;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Result;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.Store;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A hundred thousand partitions beside one, and what one of them notices of the others. */
@Command(
        name = "ledger",
        description = {
            "100,000 partitions with 1,000,000 queued jobs beside one with as many: claims, receipts a",
            "second, resident memory, restart to ready; and how soon a partition's call leaves beside",
            "one with 10,000 jobs and one whose credential is refused."
        })
public final class LedgerBench extends Benchmark {
    private static final int CALLERS = 64;
    private static final Duration WARM_UP_TIME = Duration.ofMinutes(1);

    /** Claims of one call that count, and as many before, at most. */
    private static final int CLAIMS = 500;

    /** The same of larger ones. */
    private static final int MANY_CLAIMS = 60;

    /** Of all jobs no more than one in so many is called in all rounds of claims of one size. */
    private static final int CALLED_PART = 4;

    /** Of the jobs in a hundredth of the partitions no more than one in so many is called. */
    private static final int FREE_PART = 8;

    /** Calls that these are for. */
    private static final int MANY_CALLS = 64;

    private static final long WAIT_SECONDS = 60;
    private static final double WANTED_MEGABYTES = 450;
    private static final double WANTED_SECONDS = 2;
    private static final double WANTED_RECEIPTS = 0.7;
    private static final double WANTED_CLAIM = 2;

    /** How often all callers together may have a 503 before it counts. */
    private static final int STALLS = 4;

    private static final Quota PLENTY =
            new Quota(List.of(new Window(1_000_000_000, Duration.ofDays(30))));
    private static final PartitionRules EACH =
            new PartitionRules(
                    new Quota(List.of(new Window(1_000_000, Duration.ofMinutes(1)))),
                    new TreeMap<>(),
                    1_000,
                    false);

    @Mixin Rounds rounds = new Rounds();

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "100000",
            description = "partitions with queued jobs (default: ${DEFAULT-VALUE})")
    long partitions = 100_000;

    @Option(
            names = "--requests",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "jobs that are queued in them together (default: ${DEFAULT-VALUE})")
    long requests = 1_000_000;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "100000",
            description = "asks of each gateway before it counts (default: ${DEFAULT-VALUE})")
    long warmUp = 100_000;

    @Option(
            names = "--hot",
            paramLabel = "N",
            defaultValue = "10000",
            description =
                    "jobs of the partition beside which others are called (default: ${DEFAULT-VALUE})")
    int hot = 10_000;

    @Option(
            names = "--others",
            paramLabel = "N",
            defaultValue = "300",
            description = "calls of others that are measured beside it (default: ${DEFAULT-VALUE})")
    int others = 300;

    @Option(
            names = "--postgres",
            description = "on PostgreSQL, a server for each store, instead of SQLite")
    boolean postgres;

    @Override
    public void measure(Report report) throws Exception {
        try (Scratch scratch = new Scratch()) {
            try (LedgerStore turns = LedgerStore.of(scratch.path("turns"), postgres)) {
                LedgerTurns.measure(report, turns, hot, others);
            }
            try (LedgerStore many = LedgerStore.of(scratch.path("many"), postgres);
                    LedgerStore one = LedgerStore.of(scratch.path("one"), postgres)) {
                many.fill(partitions, requests);
                one.fill(1, requests);
                claims(report, one, many);
                gateways(report, one, many);
                blocked(report, many);
            }
        }
    }

    /** A claim beside as many partitions as there are, of which a hundredth may be called. */
    private void blocked(Report report, LedgerStore many) throws Exception {
        int each = Math.clamp(requests / 100 / FREE_PART, 1, CLAIMS);
        double free = claimMicros(many, 1, each);
        many.block(partitions);
        double beside = claimMicros(many, 1, each);
        report.figure("a claim of one call, before they are blocked", free, "us");
        report.figure("a claim of one call, where 99 of 100 are blocked", beside, "us");
        report.atMost("blocked to not blocked", beside / free, WANTED_CLAIM, "");
    }

    /** The processor's time of the gateways is theirs alone: the stores are closed before. */
    private void claims(Report report, LedgerStore one, LedgerStore many) throws Exception {
        for (int calls : new int[] {1, MANY_CALLS}) {
            double[] ofOne = new double[rounds.rounds];
            double[] ofMany = new double[rounds.rounds];
            long most = requests / CALLED_PART / (2L * rounds.rounds * calls);
            int each = Math.clamp(most, 1, calls == 1 ? CLAIMS : MANY_CLAIMS);
            for (int round = 0; round < rounds.rounds; round++) {
                ofOne[round] = claimMicros(one, calls, each);
                ofMany[round] = claimMicros(many, calls, each);
                report.say(
                        "round %d: a claim of %d: %,.0f us of one partition, %,.0f us of many",
                        round + 1, calls, ofOne[round], ofMany[round]);
            }
            String what =
                    calls == 1 ? "a claim of one call" : "a claim of %d calls".formatted(calls);
            report.figure(what + ", one partition", Rounds.median(ofOne), "us");
            report.figure(what + ", many", Rounds.median(ofMany), "us");
            report.atMost(
                    what + ", many to one",
                    Rounds.median(ofMany) / Rounds.median(ofOne),
                    WANTED_CLAIM,
                    "");
        }
    }

    private static double claimMicros(LedgerStore in, int calls, int each) throws Exception {
        ClaimAsk ask =
                new ClaimAsk(
                        LedgerRows.API,
                        PLENTY,
                        new TreeMap<>(),
                        List.of(),
                        BreakerPolicy.DEFAULT,
                        calls,
                        Duration.ofMinutes(1),
                        EACH);
        try (Store store = in.open()) {
            while (!store.healthy()) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
            double[] micros = new double[each];
            for (int i = -each; i < each; i++) {
                long began = System.nanoTime();
                Claim claim = done(store.claim(ask));
                double took = (System.nanoTime() - began) / 1e3;
                if (claim.jobs().size() != calls) {
                    throw new IllegalStateException("a claim gave " + claim.jobs().size());
                }
                settle(store, claim.jobs());
                if (i >= 0) {
                    micros[i] = took;
                }
            }
            return Rounds.median(micros);
        }
    }

    private static void settle(Store store, List<ClaimedJob> jobs) throws Exception {
        List<CompletionStage<?>> settling = new ArrayList<>();
        for (ClaimedJob job : jobs) {
            Decision decision = new Decision.Succeed(new Result(200, "signature"));
            settling.add(store.settle(new Settlement(job, "done", 200, Duration.ZERO, decision)));
        }
        for (CompletionStage<?> each : settling) {
            done(each);
        }
    }

    private static <T> T done(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    /** Nothing is called: the first call of the day is all that may be. */
    private static String configured() throws IOException {
        return """
        upstreams:
          synthesia:
            url: http://127.0.0.1:%d
            headers: { Authorization: simulated }
            quota: [ { limit: 1, window: 24h } ]
            partition:
              by: "{header:x-tenant}"
              quota: [ { limit: 60, window: 60s } ]
        %s"""
                .formatted(GatewayProcess.freePort(), Upstreams.CALLER);
    }

    private void gateways(Report report, LedgerStore one, LedgerStore many) throws Exception {
        String yaml = configured();
        try (GatewayProcess ofOne = one.gateway(yaml);
                GatewayProcess ofMany = many.gateway(yaml)) {
            restart(report, ofOne, ofMany);
            double resident = ofMany.residentMegabytes();
            report.figure("resident of one partition's", ofOne.residentMegabytes(), "MB");
            receipts(report, ofOne, ofMany);
            report.below("resident with all queued", resident, WANTED_MEGABYTES, "MB");
            report.below(
                    "resident after its asks", ofMany.residentMegabytes(), WANTED_MEGABYTES, "MB");
        }
    }

    private void restart(Report report, GatewayProcess one, GatewayProcess many) throws Exception {
        double[] ofOne = new double[rounds.rounds];
        double[] ofMany = new double[rounds.rounds];
        for (int round = 0; round < rounds.rounds; round++) {
            ofOne[round] = restart(one);
            ofMany[round] = restart(many);
            report.say(
                    "restart %d: ready after %.2f s with one partition, %.2f s with many",
                    round + 1, ofOne[round], ofMany[round]);
        }
        report.figure("restart to ready with one partition", Rounds.median(ofOne), "s");
        report.below("restart to ready", Rounds.median(ofMany), WANTED_SECONDS, "s");
    }

    private static double restart(GatewayProcess gateway) throws Exception {
        gateway.kill();
        gateway.startAgain();
        return gateway.startTime().toMillis() / 1000.0;
    }

    private void receipts(Report report, GatewayProcess one, GatewayProcess many)
            throws IOException {
        double[] ofOne = new double[rounds.rounds];
        double[] ofMany = new double[rounds.rounds];
        LedgerAsks toOne = new LedgerAsks("more", _ -> 0);
        LedgerAsks toMany = new LedgerAsks("more", number -> number % partitions);
        try (Load onOne = new Load(one.port(), CALLERS, toOne, 0);
                Load onMany = new Load(many.port(), CALLERS, toMany, 0)) {
            // While the disk still writes what was filled in, all of a moment may get a 503 in
            // time.
            report.say(
                    "warm-up of one partition: %s",
                    onOne.run(warmUp, WARM_UP_TIME).allBut(STALLS * CALLERS, 202).statuses());
            report.say(
                    "warm-up of many: %s",
                    onMany.run(warmUp, WARM_UP_TIME).allBut(STALLS * CALLERS, 202).statuses());
            Duration time = Duration.ofSeconds(rounds.seconds);
            for (int round = 0; round < rounds.rounds; round++) {
                Load.Result first = onOne.run(time).all(202);
                Load.Result second = onMany.run(time).all(202);
                ofOne[round] = first.perSecond();
                ofMany[round] = second.perSecond();
                report.say(
                        "round %d: one partition %,.0f/s p99 %.2f ms, many %,.0f/s p99 %.2f ms",
                        round + 1,
                        ofOne[round],
                        first.millis(99),
                        ofMany[round],
                        second.millis(99));
            }
        }
        report.figure("receipts in one partition", Rounds.median(ofOne), "answers/s");
        report.figure("receipts in many", Rounds.median(ofMany), "answers/s");
        report.atLeast(
                "receipts in many to one",
                Rounds.median(ofMany) / Rounds.median(ofOne),
                WANTED_RECEIPTS,
                "");
    }
}
