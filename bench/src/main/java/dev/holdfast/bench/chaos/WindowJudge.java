package dev.holdfast.bench.chaos;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/**
 * An API that takes every call and counts its arrival in the window of its partition, and of all,
 * in calls and in what they cost; it answers a while later, and says what that was: no more than
 * was reserved. On one event loop; what it counted may be read from any thread.
 */
final class WindowJudge implements AutoCloseable {
    private static final int SOONEST_MILLIS = 20;
    private static final int LATEST_MILLIS = 300;

    private final Vertx vertx;
    private final long windowNanos;
    private final Random random;
    private final HttpServer server;
    private final Map<String, Deque<Arrival>> arrived = new HashMap<>();
    private final Deque<Arrival> all = new ArrayDeque<>();
    private long calls;
    private int underWay;
    private int mostCalls;
    private int mostTokens;
    private int mostOfAll;

    private record Arrival(long at, int tokens) {}

    /**
     * Listens.
     *
     * @param seed of what calls cost and how long they take
     */
    WindowJudge(Vertx vertx, Duration window, long seed) {
        this.vertx = vertx;
        windowNanos = window.toNanos();
        random = new Random(seed);
        server =
                vertx.createHttpServer()
                        .requestHandler(this::take)
                        .listen(0, "127.0.0.1")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .join();
    }

    int port() {
        return server.actualPort();
    }

    private synchronized void take(HttpServerRequest request) {
        int reserved = Integer.parseInt(request.getParam("tokens"));
        int tokens = reserved - random.nextInt(1 + reserved / 4);
        Arrival arrival = new Arrival(System.nanoTime(), tokens);
        Deque<Arrival> its =
                arrived.computeIfAbsent(request.getParam("tenant"), _ -> new ArrayDeque<>());
        add(its, arrival);
        add(all, arrival);
        mostCalls = Math.max(mostCalls, its.size());
        mostTokens = Math.max(mostTokens, its.stream().mapToInt(Arrival::tokens).sum());
        mostOfAll = Math.max(mostOfAll, all.size());
        calls++;
        underWay++;
        notifyAll();
        boolean[] over = {false};
        request.connection().closeHandler(_ -> ended(over));
        vertx.setTimer(
                SOONEST_MILLIS + random.nextInt(LATEST_MILLIS - SOONEST_MILLIS),
                _ -> {
                    if (ended(over)) {
                        request.response()
                                .putHeader("Content-Type", "application/json")
                                .end("{\"usage\":{\"total_tokens\":" + tokens + "}}");
                    }
                });
    }

    /** Whether it had not before. */
    private synchronized boolean ended(boolean[] over) {
        if (over[0]) {
            return false;
        }
        over[0] = true;
        underWay--;
        return true;
    }

    private void add(Deque<Arrival> window, Arrival arrival) {
        window.add(arrival);
        while (arrival.at() - window.getFirst().at() > windowNanos) {
            window.remove();
        }
    }

    synchronized long calls() {
        return calls;
    }

    /** Calls that have arrived and are neither answered nor cut off yet. */
    synchronized int underWay() {
        return underWay;
    }

    /** Waits until a call is under way, or for so long. */
    synchronized void awaitCall(Duration most) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        for (long left = most.toMillis();
                underWay == 0 && left > 0;
                left = Duration.ofNanos(end - System.nanoTime()).toMillis()) {
            wait(left);
        }
    }

    synchronized int partitions() {
        return arrived.size();
    }

    /** In any partition's window. */
    synchronized int mostCalls() {
        return mostCalls;
    }

    synchronized int mostTokens() {
        return mostTokens;
    }

    synchronized int mostOfAll() {
        return mostOfAll;
    }

    @Override
    public void close() {
        server.close().await();
    }
}
