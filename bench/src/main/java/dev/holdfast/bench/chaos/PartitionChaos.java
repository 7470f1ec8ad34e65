package dev.holdfast.bench.chaos;

import dev.holdfast.bench.kit.BenchCaller;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Upstreams;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One gateway on SQLite whose upstream has partitions, all of them with more to do than they may,
 * killed with kill -9 and started again; the stand-in counts each arrival in each window (P1).
 */
final class PartitionChaos {
    /** Calls of each partition in a window, and what they may cost. */
    static final int CALLS = 3;

    static final int TOKENS = 45;
    static final Duration WINDOW = Duration.ofSeconds(2);

    /** Calls of all together in a window, for each partition: fewer than these may make. */
    static final int OF_ALL = 2;

    /** What a call is guessed to cost at most, and costs at most. */
    private static final int DEAREST = 35;

    private static final int ASKED_AT_ONCE = 512;

    /** The first asks come to a process that is cold, some of them too late for a receipt. */
    private static final Duration PROMISED_WITHIN = Duration.ofMinutes(1);

    private static final int AGAIN_AFTER_MILLIS = 200;
    private static final int LIFE_AT_LEAST_MILLIS = 1_500;

    private final int partitions;
    private final Duration length;
    private final Duration killEvery;
    private final Random random;

    /**
     * @param length from the last ask to the end
     * @param killEvery about so long lives the gateway
     * @param seed of the costs and of the moments
     */
    PartitionChaos(int partitions, Duration length, Duration killEvery, long seed) {
        this.partitions = partitions;
        this.length = length;
        this.killEvery = killEvery;
        random = new Random(seed);
    }

    void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        int all = partitions * OF_ALL;
        try (Scratch scratch = new Scratch();
                WindowJudge judge = new WindowJudge(vertx, WINDOW, random.nextLong());
                GatewayProcess gateway =
                        GatewayProcess.start(scratch.path("gateway"), yaml(judge.port(), all))) {
            report.count("requests promised", ask(gateway));
            long end = System.nanoTime() + length.toNanos();
            int kills = 0;
            int cut = 0;
            while (true) {
                long lives =
                        TimeUnit.MILLISECONDS.toNanos(LIFE_AT_LEAST_MILLIS)
                                + random.nextLong(killEvery.toNanos());
                long left = end - System.nanoTime();
                TimeUnit.NANOSECONDS.sleep(Math.max(0, Math.min(lives, left)));
                if (lives >= left) {
                    break;
                }
                judge.awaitCall(Duration.ofNanos(left - lives));
                cut += judge.underWay();
                gateway.kill();
                kills++;
                gateway.startAgain();
            }
            report.atLeast("kills with kill -9", kills, 1, "");
            report.atLeast("calls that were under way then", cut, 1, "");
            report.count("calls", judge.calls());
            report.exactly("partitions called", judge.partitions(), partitions);
            // Else nothing would have been tried: each has more to do than it may.
            report.atLeast("fullest window of a partition, calls", judge.mostCalls(), CALLS, "");
            report.atMost("fullest window of a partition, calls", judge.mostCalls(), CALLS, "");
            report.atLeast(
                    "fullest window of a partition, tokens", judge.mostTokens(), TOKENS * 0.8, "");
            report.atMost("fullest window of a partition, tokens", judge.mostTokens(), TOKENS, "");
            report.atMost("fullest window of all, calls", judge.mostOfAll(), all, "");
        } finally {
            vertx.close().await();
        }
    }

    /** As many as each could be called for, and some more; again where there was no promise. */
    private int ask(GatewayProcess gateway) throws Exception {
        long each = 2 + (CALLS + 1) * length.toMillis() / WINDOW.toMillis();
        List<String> asks = new ArrayList<>();
        for (int n = 0; n < each; n++) {
            for (int i = 0; i < partitions; i++) {
                int tokens = 5 + random.nextInt(DEAREST - 4);
                asks.add("/chat?tenant=t" + i + "&tokens=" + tokens + "&n=" + n);
            }
        }
        long giveUp = System.nanoTime() + PROMISED_WITHIN.toNanos();
        try (BenchCaller caller = new BenchCaller(gateway.port())) {
            List<String> left = asks;
            while (!left.isEmpty()) {
                if (System.nanoTime() > giveUp) {
                    throw new IOException("no promise for " + left.size() + " of " + asks.size());
                }
                List<String> refused = new ArrayList<>();
                for (int from = 0; from < left.size(); from += ASKED_AT_ONCE) {
                    int to = Math.min(left.size(), from + ASKED_AT_ONCE);
                    refused.addAll(refused(caller, left.subList(from, to)));
                }
                left = refused;
                if (!left.isEmpty()) {
                    TimeUnit.MILLISECONDS.sleep(AGAIN_AFTER_MILLIS);
                }
            }
        }
        return asks.size();
    }

    /** Those of these asks that were answered with a 503. */
    private static List<String> refused(BenchCaller caller, List<String> asks) throws IOException {
        List<CompletableFuture<BenchCaller.Reply>> replies =
                asks.stream().map(ask -> caller.send("GET", ask)).toList();
        List<String> refused = new ArrayList<>();
        for (int i = 0; i < asks.size(); i++) {
            BenchCaller.Reply reply = replies.get(i).join();
            if (reply.status() == 503) {
                refused.add(asks.get(i));
            } else if (reply.status() != 200 && reply.status() != 202) {
                throw new IOException("an ask was answered " + reply);
            }
        }
        return refused;
    }

    private static String yaml(int port, int all) {
        return """
        upstreams:
          chat:
            url: http://127.0.0.1:%1$d
            quota: [ { limit: %2$d, window: %3$dms } ]
            concurrency: 200
            timeout: 5s
            partition:
              by: "{tenant}"
              quota:
                - { limit: %4$d, window: %3$dms }
                - { limit: %5$d, window: %3$dms, unit: tokens }
        routes:
          - path: /chat
            upstream: chat
            call: { path: /chat, query: { tenant: "{tenant}", tokens: "{tokens}", n: "{n}" } }
            params:
              tenant: { required: true }
              tokens: { required: true }
              n: { required: true }
            cost:
              tokens: { reserve: { json: /tokens, default: %6$d, most: %6$d }, actual: /usage/total_tokens }
        %7$s\
        """
                .formatted(port, all, WINDOW.toMillis(), CALLS, TOKENS, DEAREST, Upstreams.CALLER);
    }
}
