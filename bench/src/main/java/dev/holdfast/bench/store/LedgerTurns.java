package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.BenchCaller;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Upstreams;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** How soon a partition's call arrives beside a busy one and one that is refused. */
final class LedgerTurns {
    /** How long the stand-in takes for a call. */
    private static final int ANSWER_MILLIS = 100;

    /** Between two that are measured, in milliseconds: no multiple of anything here. */
    private static final int APART_MILLIS = 23;

    /** Calls of others at most that do not count: the compiler's work is not the queue's. */
    private static final int WARM_UP = 200;

    private static final int FILLERS = 64;
    private static final Duration FILL_TIME = Duration.ofMinutes(1);
    private static final long WAIT_SECONDS = 60;
    private static final double WANTED_MILLIS = 50;

    /** Partitions by their numbers; those that are measured come after. */
    private static final int HOT = 0;

    private static final int REFUSED = 1;
    private static final int FIRST = 2;

    private final Map<String, Long> arrived = new ConcurrentHashMap<>();
    private final CountDownLatch all;
    private final Vertx vertx;

    private LedgerTurns(Vertx vertx, int calls) {
        this.vertx = vertx;
        all = new CountDownLatch(calls);
    }

    /**
     * Fills one partition, has another refused, and asks for others, each in a partition of its
     * own.
     *
     * @param hot jobs of the first
     * @param others calls that are measured
     */
    static void measure(Report report, LedgerStore store, int hot, int others) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (HttpClient client = HttpClient.newHttpClient()) {
            LedgerTurns turns = new LedgerTurns(vertx, warmUp(others) + others);
            HttpServer server =
                    vertx.createHttpServer()
                            .requestHandler(turns::answer)
                            .listen(0, "127.0.0.1")
                            .await();
            try (GatewayProcess gateway = store.gateway(configured(server.actualPort()))) {
                turns.measure(report, gateway, client, hot, others);
            }
        } finally {
            vertx.close().await();
        }
    }

    private static String configured(int port) {
        return """
        upstreams:
          synthesia:
            url: http://127.0.0.1:%d
            headers: { Authorization: simulated }
            quota: [ { limit: 1000000, window: 1s } ]
            concurrency: 64
            partition: { by: "{header:x-tenant}", concurrency: 8 }
        %s"""
                .formatted(port, Upstreams.CALLER);
    }

    private void answer(HttpServerRequest call) {
        long now = System.nanoTime();
        String message = call.getParam("message");
        if (message.startsWith("refused")) {
            call.response().setStatusCode(401).end();
            return;
        }
        if (message.startsWith("other") && arrived.putIfAbsent(message, now) == null) {
            all.countDown();
        }
        vertx.setTimer(ANSWER_MILLIS, _ -> call.response().end("signature"));
    }

    private void measure(
            Report report, GatewayProcess gateway, HttpClient client, int hot, int others)
            throws Exception {
        LedgerAsks asks = new LedgerAsks("hot", _ -> HOT);
        try (Load load = new Load(gateway.port(), FILLERS, asks, 0)) {
            load.run(hot, FILL_TIME).all(202);
        }
        ask(client, gateway.port(), "refused", REFUSED);
        try (BenchCaller caller = new BenchCaller(gateway.port())) {
            awaitRefused(caller);
            double[] late = new double[others];
            int before = warmUp(others);
            long[] asked = new long[before + others];
            long next = System.nanoTime();
            for (int i = 0; i < asked.length; i++) {
                next += TimeUnit.MILLISECONDS.toNanos(APART_MILLIS);
                LockSupport.parkNanos(next - System.nanoTime());
                asked[i] = System.nanoTime();
                ask(client, gateway.port(), "other" + i, FIRST + i);
            }
            if (!all.await(WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException(all.getCount() + " calls never came");
            }
            long waiting = partition(caller, HOT).getJsonObject("backlog").getLong("queued");
            for (int i = 0; i < others; i++) {
                int at = before + i;
                late[i] = (arrived.getOrDefault("other" + at, 0L) - asked[at]) / 1e6;
            }
            Arrays.sort(late);
            report.atLeast(
                    "jobs that wait in the busy partition at the end", (double) waiting, 1, "");
            report.exactly(
                    "partitions whose credential is refused at the end",
                    "unauthorized".equals(partition(caller, REFUSED).getString("state")) ? 1 : 0,
                    1);
            report.figure("from an ask to its call's arrival, the latest", late[others - 1], "ms");
            report.below("half of them within", late[others / 2], WANTED_MILLIS, "ms");
            report.below("95 of 100 within", late[others * 95 / 100], WANTED_MILLIS, "ms");
        }
    }

    private static int warmUp(int others) {
        return Math.min(WARM_UP, others);
    }

    private static void awaitRefused(BenchCaller caller) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (!"unauthorized".equals(partition(caller, REFUSED).getString("state"))) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException("no partition was refused");
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static JsonObject partition(BenchCaller caller, int number) {
        return caller.get(
                "/v1/upstreams/" + LedgerRows.API + "/partitions/" + LedgerRows.key(number));
    }

    private static void ask(HttpClient client, int port, String message, int partition) {
        var _ =
                client.sendAsync(
                        HttpRequest.newBuilder(
                                        URI.create(
                                                "http://127.0.0.1:"
                                                        + port
                                                        + "/crypto/sign?message="
                                                        + message))
                                .header("Authorization", Upstreams.KEY)
                                .header("X-Tenant", LedgerRows.key(partition))
                                .header("Prefer", "respond-async")
                                .build(),
                        BodyHandlers.discarding());
    }
}
