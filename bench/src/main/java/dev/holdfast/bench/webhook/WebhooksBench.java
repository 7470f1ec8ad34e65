package dev.holdfast.bench.webhook;

import dev.holdfast.bench.kit.BenchCaller;
import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Rounds;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Upstreams;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** From a result to its webhook on the wire, through the whole gateway. */
@Command(
        name = "webhooks",
        description = {
            "100 asks a second, each with a webhook: the time from the moment the upstream sends",
            "the result to the moment its webhook arrives at the receiver."
        })
public final class WebhooksBench extends Benchmark {
    private static final int PER_SECOND = 100;
    private static final double WANTED_MILLIS = 50;
    private static final int WARM_UP_SECONDS = 10;
    private static final Duration ARRIVE_WITHIN = Duration.ofSeconds(20);
    private static final String SIGNATURE = "s".repeat(344);

    @Mixin Rounds rounds = new Rounds();

    private final Map<String, Long> sent = new ConcurrentHashMap<>();
    private final Map<String, Long> arrived = new ConcurrentHashMap<>();

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        int upstream = upstream(vertx);
        int receiver = receiver(vertx);
        try (Scratch scratch = new Scratch();
                GatewayProcess gateway =
                        GatewayProcess.start(
                                scratch.path("gateway"),
                                Upstreams.at(upstream, "[ { limit: 1000000, window: 1s } ]", 64));
                BenchCaller caller = new BenchCaller(gateway.port())) {
            round(caller, receiver, "warm-up", WARM_UP_SECONDS);
            double[] p99 = new double[rounds.rounds];
            for (int i = 0; i < rounds.rounds; i++) {
                Histogram micros = round(caller, receiver, "round-" + i, rounds.seconds);
                p99[i] = micros.getValueAtPercentile(99) / 1000.0;
                report.say(
                        "round %d: %,d webhooks, p50 %.1f, p99 %.1f, longest %.1f ms",
                        i + 1,
                        micros.getTotalCount(),
                        micros.getValueAtPercentile(50) / 1000.0,
                        p99[i],
                        micros.getMaxValue() / 1000.0);
            }
            report.below(
                    "p99 from result to webhook, median of rounds",
                    Rounds.median(p99),
                    WANTED_MILLIS,
                    "ms");
        } finally {
            vertx.close().await();
        }
    }

    private Histogram round(BenchCaller caller, int receiver, String name, int seconds)
            throws InterruptedException {
        int count = seconds * PER_SECOND;
        long began = System.nanoTime();
        List<CompletableFuture<BenchCaller.Reply>> asks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            LockSupport.parkNanos(
                    began + TimeUnit.SECONDS.toNanos(i) / PER_SECOND - System.nanoTime());
            String id = name + "-" + i;
            asks.add(caller.sign(id, "http://127.0.0.1:" + receiver + "/" + id));
        }
        asks.forEach(CompletableFuture::join);
        long giveUp = System.nanoTime() + ARRIVE_WITHIN.toNanos();
        Histogram micros = new Histogram(ARRIVE_WITHIN.toNanos() / 1000, 3);
        for (int i = 0; i < count; i++) {
            String id = name + "-" + i;
            while (!arrived.containsKey(id)) {
                if (System.nanoTime() > giveUp) {
                    throw new IllegalStateException("no webhook for " + id);
                }
                TimeUnit.MILLISECONDS.sleep(1);
            }
            micros.recordValue((arrived.getOrDefault(id, 0L) - sent.getOrDefault(id, 0L)) / 1000);
        }
        return micros;
    }

    private int upstream(Vertx vertx) {
        return vertx.createHttpServer()
                .requestHandler(
                        request -> {
                            sent.put(request.getParam("message", ""), System.nanoTime());
                            var _ = request.response().end(SIGNATURE);
                        })
                .listen(0, "127.0.0.1")
                .await()
                .actualPort();
    }

    private int receiver(Vertx vertx) {
        return vertx.createHttpServer()
                .requestHandler(
                        request -> {
                            arrived.putIfAbsent(request.path().substring(1), System.nanoTime());
                            var _ = request.response().setStatusCode(204).end();
                        })
                .listen(0, "127.0.0.1")
                .await()
                .actualPort();
    }
}
