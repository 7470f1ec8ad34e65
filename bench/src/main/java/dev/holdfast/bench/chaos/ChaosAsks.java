package dev.holdfast.bench.chaos;

import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Upstreams;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Callers that want to be sure: each sends its request with an Idempotency-Key to some replica, and
 * again to another until it gets a result or a receipt.
 */
final class ChaosAsks implements AutoCloseable {
    /** More than the quota, so that there is a backlog; asks a second. */
    static final int A_SECOND = 14;

    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration AGAIN_AFTER = Duration.ofMillis(100);
    private static final Duration GIVE_UP = Duration.ofMinutes(1);

    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(TIMEOUT)
                    .build();
    private final List<GatewayProcess> replicas;
    private final URI hook;
    private final int requests;
    private final CountDownLatch left;
    private final Map<Integer, String> ids = new ConcurrentHashMap<>();
    private final AtomicLong results = new AtomicLong();
    private final AtomicLong again = new AtomicLong();
    private final AtomicLong unavailable = new AtomicLong();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private Slow slowest = new Slow(0, 0, 0);

    /**
     * An answer.
     *
     * @param seconds from sending to all of it
     * @param status 0 if it did not come within {@link #TIMEOUT}
     * @param up how long its replica had been ready when it was asked; below zero: not yet
     */
    record Slow(double seconds, int status, double up) {}

    ChaosAsks(List<GatewayProcess> replicas, URI hook, int requests) {
        this.replicas = replicas;
        this.hook = hook;
        this.requests = requests;
        this.left = new CountDownLatch(requests);
    }

    /** Sends all, each when it is due; on threads of their own. */
    void start() {
        long began = System.nanoTime();
        Thread.ofVirtual()
                .start(
                        () -> {
                            for (int i = 0; i < requests; i++) {
                                long due = began + i * TimeUnit.SECONDS.toNanos(1) / A_SECOND;
                                int number = i;
                                pause(Duration.ofNanos(Math.max(0, due - System.nanoTime())));
                                Thread.ofVirtual().start(() -> ask(number));
                            }
                        });
    }

    /** Whether all have what they wanted, or gave up. */
    boolean done() {
        return left.getCount() == 0;
    }

    /** Ids of what was promised, by the request's number. */
    Map<Integer, String> ids() {
        return Map.copyOf(ids);
    }

    int promised() {
        return ids.size();
    }

    /** Answered with the result at once. */
    long results() {
        return results.get();
    }

    /** Sends that had to be made again. */
    long again() {
        return again.get();
    }

    /** Of those, the ones that were told 503. */
    long unavailable() {
        return unavailable.get();
    }

    /** Answers that are none of those that an ask may have. */
    List<String> wrong() {
        return List.copyOf(wrong);
    }

    /** The answer of a live replica that took longest. */
    synchronized Slow slowest() {
        return slowest;
    }

    private synchronized void answered(Slow answer) {
        slowest = answer.seconds > slowest.seconds ? answer : slowest;
    }

    private void ask(int number) {
        try {
            long giveUp = System.nanoTime() + GIVE_UP.toNanos();
            while (System.nanoTime() < giveUp) {
                if (sent(number)) {
                    return;
                }
                again.incrementAndGet();
                pause(AGAIN_AFTER);
            }
        } finally {
            left.countDown();
        }
    }

    private boolean sent(int number) {
        GatewayProcess replica = replicas.get(ThreadLocalRandom.current().nextInt(replicas.size()));
        HttpRequest request =
                HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + replica.port() + "/crypto/sign"))
                        .header("Authorization", Upstreams.KEY)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .header("Idempotency-Key", "chaos-" + number)
                        .timeout(TIMEOUT)
                        .POST(
                                BodyPublishers.ofString(
                                        "message=chaos+"
                                                + number
                                                + "&webhook_url="
                                                + URLEncoder.encode(
                                                        hook.toString(), StandardCharsets.UTF_8)))
                        .build();
        long sent = System.nanoTime();
        try {
            HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
            int status = answer.statusCode();
            double seconds = (System.nanoTime() - sent) / 1e9;
            answered(new Slow(seconds, status, replica.upSeconds() - seconds));
            if (status == 200 || status == 202) {
                ids.put(number, new JsonObject(answer.body()).getString("id"));
                (status == 200 ? results : new AtomicLong()).incrementAndGet();
                return true;
            }
            if (status == 503) {
                unavailable.incrementAndGet();
            } else {
                wrong.add(status + ": " + answer.body());
            }
            return false;
        } catch (HttpTimeoutException _) {
            double seconds = (System.nanoTime() - sent) / 1e9;
            answered(new Slow(seconds, 0, replica.upSeconds() - seconds));
            return false;
        } catch (IOException _) {
            return false; // Dead, or it died with the answer on its lips.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void pause(Duration time) {
        try {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
