package dev.holdfast.bench.hostile;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Plays what strangers and clients can send to use up a gateway's memory, each kind by itself and
 * all together, and looks what others notice of it.
 */
@Command(
        name = "hostile",
        description = "answers to others, and memory, while clients hold all they can")
public final class HostileBench extends Benchmark {
    private static final String KEY = "a-key-for-measuring";
    private static final double ANSWER_MILLIS = 2_000;
    private static final double P99_AFTER_MILLIS = 100;

    /** Time until a wave's last connections are gone, and then for others' answers after it. */
    private static final Duration AFTER = Duration.ofSeconds(4);

    /** Longest time until the memory of a wave is back. */
    private static final Duration BACK_WITHIN = Duration.ofSeconds(30);

    /** How often a gateway is asked that is cold, or too busy for an answer in time. */
    private static final int TRIES = 100;

    private static final Duration LOOK_EVERY = Duration.ofMillis(100);

    /** What is in hand of those who go on, of all that may be. */
    private static final double BACK = 0.05;

    @Option(names = "--seconds", defaultValue = "40", description = "length of each wave")
    int seconds;

    @Option(
            names = "--part",
            defaultValue = "1.0",
            description = "part of each wave's clients that come (default: ${DEFAULT-VALUE})")
    double part;

    @Option(
            names = "--any-speed",
            description = "shows how fast others are answered, and does not decide by it")
    boolean anySpeed;

    private int asked = 1;

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                var upstream =
                        new SimulatedUpstream(
                                        vertx,
                                        SimulatedUpstream.Options.unlimited(1)
                                                .key("upstream-key")
                                                .latency(Latency.always(Duration.ofMillis(80))))
                                .start();
                GatewayProcess gateway = gateway(scratch.path("gateway"), upstream)) {
            warmUp(gateway);
            calm(report, gateway, "before any wave");
            for (HostileSwarm.Wave wave : HostileSwarm.Wave.values()) {
                String name = wave.name().toLowerCase(Locale.ROOT).replace('_', ' ');
                try (HostileSwarm swarm = swarm(gateway).add(wave, part(wave.clients))) {
                    swarm.start();
                    beside(report, gateway, name);
                    report.atLeast(name + ": sent", swarm.bytes() / 1e6, 0.1 * part, "MB");
                }
                after(report, gateway, name);
            }
            try (SlowSwarm slow = slow(gateway)) {
                slow.start();
                beside(report, gateway, "slow clients");
            }
            after(report, gateway, "slow clients");
            try (SlowSwarm slow = slow(gateway);
                    HostileSwarm swarm = swarm(gateway)) {
                for (HostileSwarm.Wave wave : HostileSwarm.Wave.values()) {
                    swarm.add(wave, part(wave.clients));
                }
                slow.start();
                swarm.start();
                beside(report, gateway, "all together");
            }
            after(report, gateway, "all together");
            report.exactly("gateways that ended", gateway.isAlive() ? 0 : 1, 0);
            report.figure("resident memory at the end", gateway.residentMegabytes(), "MB");
            for (String figure : List.of("overloads", "connections_slow", "connections_deaf")) {
                report.count(figure, (long) figure(gateway, "holdfast_http_" + figure + "_total"));
            }
        } finally {
            vertx.close().await();
        }
    }

    private static GatewayProcess gateway(Path folder, SimulatedUpstream upstream)
            throws IOException {
        // Nobody feeds the converter: its WebSockets for callers are what is wanted.
        return GatewayProcess.start(
                folder,
                """
                clients: [ { name: bench, key: %s, max-pending: 1000000 } ]
                upstreams:
                  synthesia:
                    url: %s
                    headers: { Authorization: upstream-key }
                rates: { feed: "ws://127.0.0.1:%d", source: ecb }
                """
                        .formatted(KEY, upstream.uri(), GatewayProcess.freePort()));
    }

    /** A cold process on a busy machine may give a receipt first. */
    private static void warmUp(GatewayProcess gateway) throws IOException {
        for (int i = 0; i < TRIES; i++) {
            if (Others.ask(gateway.port(), KEY, "known") == 200) {
                return;
            }
        }
        throw new IOException("the first ask got no result");
    }

    private static HostileSwarm swarm(GatewayProcess gateway) {
        return new HostileSwarm(gateway.port(), KEY);
    }

    private SlowSwarm slow(GatewayProcess gateway) throws IOException {
        return new SlowSwarm(gateway.port(), KEY)
                .add(SlowSwarm.Kind.SLOW_HEAD, part(1000))
                .add(SlowSwarm.Kind.SLOW_BODY, part(1000))
                .add(SlowSwarm.Kind.IDLE, part(1000))
                .add(SlowSwarm.Kind.ENDLESS_HEAD, part(50))
                .add(SlowSwarm.Kind.DEAF, part(50));
    }

    private int part(int clients) {
        return Math.max(1, (int) (clients * part));
    }

    private void beside(Report report, GatewayProcess gateway, String wave)
            throws InterruptedException, ExecutionException, IOException {
        Others.Seen seen = others(gateway, Duration.ofSeconds(seconds));
        report.say(
                "%s: others' answers p50 %.2f, p99 %.2f, max %.1f ms (%,d asks); in hand %.1f MB,"
                        + " resident %.0f MB",
                wave,
                seen.millis(50),
                seen.millis(99),
                seen.millis(100),
                seen.micros().getTotalCount(),
                figure(gateway, "holdfast_http_in_hand_bytes") / 1e6,
                gateway.residentMegabytes());
        report.exactly(wave + ": others not answered", seen.wrong(), 0);
        if (!anySpeed) {
            report.below(wave + ": slowest answer", seen.millis(100), ANSWER_MILLIS, "ms");
        }
    }

    private void after(Report report, GatewayProcess gateway, String wave)
            throws InterruptedException, ExecutionException, IOException {
        double most = figure(gateway, "holdfast_http_in_hand_limit_bytes") * BACK;
        long giveUp = System.nanoTime() + BACK_WITHIN.toNanos();
        double inHand;
        do {
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
            inHand = figure(gateway, "holdfast_http_in_hand_bytes");
        } while (inHand > most && System.nanoTime() < giveUp);
        report.atMost("after " + wave + ": in hand", inHand / 1e6, most / 1e6, "MB");
        calm(report, gateway, "after " + wave);
    }

    private void calm(Report report, GatewayProcess gateway, String when)
            throws InterruptedException, ExecutionException {
        Others.Seen seen = others(gateway, AFTER);
        report.exactly(when + ": not answered", seen.wrong(), 0);
        if (anySpeed) {
            report.figure(when + ": p99", seen.millis(99), "ms");
        } else {
            report.below(when + ": p99", seen.millis(99), P99_AFTER_MILLIS, "ms");
        }
    }

    /** A figure of its /metrics, asked again while the gateway is too busy to tell. */
    private static double figure(GatewayProcess gateway, String name) throws IOException {
        for (int i = 1; ; i++) {
            try {
                return gateway.metric(name);
            } catch (IOException busy) {
                if (i >= TRIES || !gateway.isAlive()) {
                    throw busy;
                }
                LockSupport.parkNanos(LOOK_EVERY.toNanos());
            }
        }
    }

    private Others.Seen others(GatewayProcess gateway, Duration length)
            throws InterruptedException, ExecutionException {
        try (var others = new Others(gateway.port(), KEY, asked)) {
            asked += 100_000;
            LockSupport.parkNanos(length.toNanos());
            return others.seen();
        }
    }
}
