package dev.holdfast.bench.quota;

import dev.holdfast.bench.kit.BenchCaller;
import dev.holdfast.bench.kit.BesideWorld;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** One burst from its first ask to its last webhook. */
final class BurstRun implements Callable<BurstRun.Story> {
    static final int MESSAGES = 60;

    /** In the real API's time: when it is given up. */
    private static final Duration GIVE_UP = Duration.ofMinutes(25);

    /** In the real API's time: the plug is pulled at some moment before. */
    private static final Duration KILL_BEFORE = Duration.ofMinutes(8);

    private static final long LOOK_EVERY_MILLIS = 100;
    private static final Duration WEBHOOKS_WITHIN = Duration.ofMinutes(1);

    private final BesideWorld world;
    private final SimulatedUpstream.Options api;
    private final long seed;
    private final double speed;
    private final boolean kill;
    private final Duration after;

    BurstRun(
            BesideWorld world,
            SimulatedUpstream.Options api,
            long seed,
            double speed,
            boolean kill,
            Duration after) {
        this.world = world;
        this.api = api;
        this.seed = seed;
        this.speed = speed;
        this.kill = kill;
        this.after = after;
    }

    /** What happened; times in seconds since the first ask. */
    record Story(
            long seed,
            double killedAt,
            double speed,
            int results,
            int receipts,
            double slowestAnswer,
            long calls,
            long worstWindow,
            long refused,
            long signatures,
            double fullWindow,
            double lastFirstCall,
            String tens,
            long signed,
            double done,
            double oracle,
            double bestOracle,
            long webhooks,
            long notGenuine) {

        boolean killed() {
            return killedAt > 0;
        }

        long answered() {
            return (long) results + receipts;
        }

        double ratio() {
            return done / oracle;
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "seed %d%s: %d results, %d receipts, slowest %.3f s; %d calls, worst window %d,"
                            + " %d refused, at most %d signatures a message; in the API's time last"
                            + " first call %.1f s (every tenth at %s), done %.1f s, oracle %.1f s (in"
                            + " best order %.1f), ratio %.3f; %d signed, %d webhooks",
                    seed,
                    killed()
                            ? String.format(Locale.ROOT, ", killed at %.1f s", killedAt * speed)
                            : "",
                    results,
                    receipts,
                    slowestAnswer,
                    calls,
                    worstWindow,
                    refused,
                    signatures,
                    lastFirstCall * speed,
                    tens,
                    done * speed,
                    oracle * speed,
                    bestOracle * speed,
                    ratio(),
                    signed,
                    webhooks);
        }
    }

    @Override
    public Story call() throws Exception {
        try (world) {
            TimeUnit.MILLISECONDS.sleep(after.toMillis());
            return play();
        }
    }

    private Story play() throws Exception {
        long began = System.nanoTime();
        Instant beganAt = Instant.now();
        List<CompletableFuture<BenchCaller.Reply>> asks = new ArrayList<>();
        for (int i = 0; i < MESSAGES; i++) {
            asks.add(world.caller.sign(message(i), world.hook(i)));
        }
        List<BenchCaller.Reply> replies = asks.stream().map(CompletableFuture::join).toList();
        double killedAt = kill ? pullThePlug(began) : 0;
        Duration done = awaitAll(replies, beganAt);
        awaitWebhooks();
        JsonObject stats = world.upstream.stats(true);
        List<Called> called = called(stats.getJsonObject("each"), began);
        List<Duration> recoveries =
                called.stream().map(c -> api.degradation().recovery(c.message)).toList();
        Oracle oracle =
                new Oracle(api.limit().calls(), api.limit().window(), api.latency().median());
        return new Story(
                seed,
                killedAt,
                speed,
                count(replies, 200),
                count(replies, 202),
                replies.stream().mapToDouble(BenchCaller.Reply::seconds).max().orElse(0),
                stats.getLong("calls"),
                stats.getLong("worst_window"),
                stats.getLong("refused"),
                stats.getLong("max_signatures_per_message"),
                called.get(api.limit().calls() - 1).seconds,
                called.getLast().seconds,
                tens(called),
                stats.getLong("signed_messages"),
                seconds(done),
                seconds(oracle.finish(recoveries)),
                seconds(oracle.finishInBestOrder(recoveries)),
                world.receiverFigure("accepted_webhooks"),
                world.receiverFigure("not_genuine"));
    }

    private String message(int number) {
        return "burst " + number + " of seed " + seed;
    }

    private double pullThePlug(long began) throws Exception {
        double seconds = RandomGenerator.getDefault().nextDouble(seconds(KILL_BEFORE) / speed);
        TimeUnit.NANOSECONDS.sleep(began + (long) (seconds * 1e9) - System.nanoTime());
        world.gateway.kill();
        double at = (System.nanoTime() - began) / 1e9;
        world.gateway.startAgain();
        return at;
    }

    /** When the last request had ended, by the gateway's word; each of them well. */
    private Duration awaitAll(List<BenchCaller.Reply> replies, Instant began) throws Exception {
        Instant last = began;
        long giveUp = System.nanoTime() + (long) (GIVE_UP.toNanos() / speed);
        for (BenchCaller.Reply reply : replies) {
            JsonObject request = reply.body();
            while (request.getString("completed_at") == null) {
                if (System.nanoTime() > giveUp) {
                    throw new IllegalStateException("not done: " + request);
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
                request = look(reply.id());
            }
            if (!"succeeded".equals(request.getString("status"))) {
                throw new IllegalStateException("not succeeded: " + request);
            }
            Instant at = Instant.parse(request.getString("completed_at"));
            last = at.isAfter(last) ? at : last;
        }
        return Duration.between(began, last);
    }

    private JsonObject look(String id) {
        try {
            return world.caller.get("/v1/requests/" + id);
        } catch (CompletionException _) {
            return new JsonObject(); // a connection from before the kill; look again
        }
    }

    private void awaitWebhooks() throws InterruptedException {
        long giveUp = System.nanoTime() + WEBHOOKS_WITHIN.toNanos();
        while (world.receiverFigure("accepted_webhooks") < MESSAGES && System.nanoTime() < giveUp) {
            TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
        }
    }

    /** A message and when its first call arrived. */
    private record Called(String message, double seconds) {}

    private List<Called> called(JsonObject messages, long began) {
        List<Called> called = new ArrayList<>();
        double start = (began - world.upstreamStart) / 1e6;
        for (Map.Entry<String, Object> entry : messages) {
            if (entry.getValue() instanceof JsonObject message) {
                double at = (message.getDouble("first_call_ms") - start) / 1000;
                called.add(new Called(entry.getKey(), at));
            }
        }
        called.sort(Comparator.comparingDouble(Called::seconds));
        return called;
    }

    private String tens(List<Called> called) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < called.size(); i += api.limit().calls()) {
            text.append(String.format(Locale.ROOT, " %.1f", called.get(i).seconds * speed));
        }
        return text.toString().strip();
    }

    private static int count(List<BenchCaller.Reply> replies, int status) {
        return (int) replies.stream().filter(reply -> reply.status() == status).count();
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }
}
