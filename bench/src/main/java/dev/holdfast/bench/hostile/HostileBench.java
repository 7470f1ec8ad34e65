package dev.holdfast.bench.hostile;

import dev.holdfast.bench.answer.BareServer;
import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Others;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
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
    /** Each limit of the configuration that bounds what is held, as high as it may be. */
    private static final Map<String, String> HIGHEST =
            Map.of(
                    "HOLDFAST_SERVER_MAX_CONNECTIONS", "1000000",
                    "HOLDFAST_SERVER_MAX_CONNECTIONS_PER_ADDRESS", "1000000",
                    "HOLDFAST_SERVER_IDLE", "1h",
                    "HOLDFAST_SERVER_HEAD_WITHIN", "1h",
                    "HOLDFAST_SERVER_BODY_WITHIN", "1h",
                    "HOLDFAST_UPSTREAMS_SYNTHESIA_CONCURRENCY", "10000",
                    "HOLDFAST_UPSTREAMS_OTHERS_CONCURRENCY", "10000",
                    "HOLDFAST_UPSTREAMS_ANSWERS_CONCURRENCY", "10000");

    private static final String KEY = "a-key-for-measuring";
    private static final double ANSWER_MILLIS = 2_000;
    private static final double P99_AFTER_MILLIS = 100;

    /** Time until a wave's last connections are gone, and then for others' answers after it. */
    private static final Duration AFTER = Duration.ofSeconds(4);

    /** Longest time until the memory of a wave is back. */
    private static final Duration BACK_WITHIN = Duration.ofSeconds(30);

    /** How often a gateway is asked that is cold, or too busy for an answer in time. */
    private static final int TRIES = 100;

    /** Large results that the gateway knows: many times more than fit into its memory. */
    private static final int LARGE_RESULTS = 100;

    private static final Set<String> ANSWERED = Set.of("/large", "/new");

    private static final int LARGE_BYTES = (1 << 20) - 1;
    private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]+)\"");
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

    @Option(names = "--together", description = "plays all waves at once alone")
    boolean together;

    @Option(names = "--wave", description = "plays this one alone: ${COMPLETION-CANDIDATES}")
    HostileSwarm.@Nullable Wave only;

    @Option(
            names = "--highest",
            description = "sets each limit of the configuration to its highest value")
    boolean highest;

    @Option(names = "--bare", description = "plays all at once on a bare Vert.x handler, too")
    boolean bare;

    private int asked = 1;
    private HostileSwarm.@Nullable Known known;

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        int others = serveOthers(vertx);
        try (Scratch scratch = new Scratch();
                var upstream =
                        new SimulatedUpstream(
                                        vertx,
                                        SimulatedUpstream.Options.unlimited(1)
                                                .key("upstream-key")
                                                .latency(Latency.always(Duration.ofMillis(80))))
                                .start();
                GatewayProcess gateway = gateway(scratch.path("gateway"), upstream, others)) {
            known = warmUp(gateway, others);
            if (bare) {
                ceiling(report, scratch.path("answer"));
            }
            calm(report, gateway, "before any wave");
            if (only != null) {
                alone(report, gateway, only);
            } else {
                if (!together) {
                    oneByOne(report, gateway);
                }
                together(report, gateway);
            }
            report.exactly("gateways that ended", gateway.isAlive() ? 0 : 1, 0);
            report.figure("resident memory at the end", gateway.residentMegabytes(), "MB");
            for (String figure : List.of("overloads", "connections_slow", "connections_deaf")) {
                report.count(figure, (long) figure(gateway, "holdfast_http_" + figure + "_total"));
            }
        } finally {
            vertx.close().await();
        }
    }

    private void oneByOne(Report report, GatewayProcess gateway)
            throws InterruptedException, ExecutionException, IOException {
        for (HostileSwarm.Wave wave : HostileSwarm.Wave.values()) {
            alone(report, gateway, wave);
        }
        try (SlowSwarm slow = slow(gateway.port())) {
            slow.start();
            beside(report, gateway, "slow clients");
        }
        after(report, gateway, "slow clients");
    }

    private void alone(Report report, GatewayProcess gateway, HostileSwarm.Wave wave)
            throws InterruptedException, ExecutionException, IOException {
        String name = wave.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        try (HostileSwarm swarm = swarm(gateway.port()).add(wave, part(wave.clients))) {
            swarm.start();
            beside(report, gateway, name);
            report.atLeast(name + ": sent", swarm.bytes() / 1e6, 0.1 * part, "MB");
        }
        after(report, gateway, name);
    }

    private void together(Report report, GatewayProcess gateway)
            throws InterruptedException, ExecutionException, IOException {
        try (SlowSwarm slow = slow(gateway.port());
                HostileSwarm swarm = crowd(gateway.port())) {
            slow.start();
            swarm.start();
            beside(report, gateway, "all together");
        }
        after(report, gateway, "all together");
    }

    /** What the crowd and the machine leave to one who answers everybody at once with a word. */
    private void ceiling(Report report, Path answer)
            throws InterruptedException, ExecutionException, IOException {
        Files.writeString(answer, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        try (BareServer server = new BareServer(answer);
                SlowSwarm slow = slow(server.port());
                HostileSwarm swarm = crowd(server.port())) {
            slow.start();
            swarm.start();
            Others.Seen seen = others(server.port(), Duration.ofSeconds(seconds));
            report.say(
                    "a bare handler beside all: others' answers p50 %.2f, p99 %.2f, max %.1f ms"
                            + " (%,d asks, %,d of them without an answer)",
                    seen.millis(50),
                    seen.millis(99),
                    seen.millis(100),
                    seen.micros().getTotalCount(),
                    seen.wrong());
        }
    }

    private HostileSwarm crowd(int port) {
        HostileSwarm swarm = swarm(port);
        for (HostileSwarm.Wave wave : HostileSwarm.Wave.values()) {
            swarm.add(wave, part(wave.clients));
        }
        return swarm;
    }

    /** An upstream with large answers, or none, and a receiver that hangs; its port. */
    private static int serveOthers(Vertx vertx) {
        Buffer large = Buffer.buffer("r".repeat(LARGE_BYTES));
        return vertx.createHttpServer()
                .requestHandler(
                        request -> {
                            if (ANSWERED.contains(request.path())) {
                                request.response().end(large);
                            }
                        })
                .listen(0, "127.0.0.1")
                .await()
                .actualPort();
    }

    private GatewayProcess gateway(Path folder, SimulatedUpstream upstream, int others)
            throws IOException {
        // Nobody feeds the converter: its WebSockets for callers are what is wanted.
        return GatewayProcess.start(
                folder,
                "sqlite:" + folder.resolve("holdfast.db"),
                highest ? HIGHEST : Map.of(),
                """
                clients: [ { name: bench, key: %s, max-pending: 100000000 } ]
                upstreams:
                  synthesia:
                    url: %s
                    headers: { Authorization: upstream-key }
                  others:
                    url: http://127.0.0.1:%d
                    timeout: 1h
                  answers:
                    url: http://127.0.0.1:%d
                routes:
                  - path: /crypto/sign
                    upstream: synthesia
                    call: { path: /crypto/sign, query: { message: "{message}" } }
                    params: { message: {} }
                    result: { field: signature }
                    cache: { ttl: 30d }
                  - path: /large
                    upstream: others
                    call: { path: /large, query: { n: "{n}" } }
                    params: { n: {} }
                    cache: { ttl: 30d }
                  - path: /new
                    upstream: answers
                    call: { path: /new, query: { n: "{n}" } }
                    params: { n: {} }
                  - path: /hang
                    upstream: others
                    call: { method: POST, path: /hang, form: { n: "{n}", text: "{text}" } }
                    params: { n: {}, text: { max-bytes: 1048576 } }
                    repeatable: true
                webhooks: { allow-networks: [127.0.0.0/8] }
                rates: { feed: "ws://127.0.0.1:%d", source: ecb }
                """
                        .formatted(KEY, upstream.uri(), others, others, GatewayProcess.freePort()));
    }

    /** A cold process on a busy machine may give a receipt first. */
    private static HostileSwarm.Known warmUp(GatewayProcess gateway, int others)
            throws IOException, InterruptedException {
        get(gateway, "/crypto/sign?message=known");
        for (int n = 1; n <= LARGE_RESULTS; n++) {
            get(gateway, "/large?n=" + n);
        }
        String large = id(gateway, "/large?n=1");
        String pending = id(gateway, "/hang?n=0&text=x");
        return new HostileSwarm.Known(
                KEY,
                large,
                LARGE_RESULTS,
                pending,
                "http%3A%2F%2F127.0.0.1%3A" + others + "%2Fhook");
    }

    private static void get(GatewayProcess gateway, String path) throws IOException {
        for (int i = 0; Others.get(gateway.port(), KEY, path, "") != 200; i++) {
            if (i >= TRIES) {
                throw new IOException("no result for " + path);
            }
        }
    }

    private static String id(GatewayProcess gateway, String path)
            throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + gateway.port() + path);
        HttpRequest request =
                HttpRequest.newBuilder(uri)
                        .header("Authorization", KEY)
                        .header("Prefer", "respond-async")
                        .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            String text = client.send(request, BodyHandlers.ofString()).body();
            Matcher id = ID.matcher(text);
            if (!id.find()) {
                throw new IOException("no receipt: " + text);
            }
            return id.group(1);
        }
    }

    private HostileSwarm swarm(int port) {
        return new HostileSwarm(port, Objects.requireNonNull(known, "warmed up"));
    }

    private SlowSwarm slow(int port) throws IOException {
        return new SlowSwarm(port, KEY)
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
        Others.Seen seen = others(gateway.port(), Duration.ofSeconds(seconds));
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
        if (anySpeed) {
            // Who waits too long on a busy machine is not told from who is refused.
            long answered = seen.micros().getTotalCount() - seen.wrong();
            report.atLeast(wave + ": others answered", (double) answered, 1, "asks");
        } else {
            report.exactly(wave + ": others not answered", seen.wrong(), 0);
            report.count(wave + ": of them refused in time with a 503", seen.refused());
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
        Others.Seen seen = others(gateway.port(), AFTER);
        if (anySpeed) {
            // On a busy machine a 503 in time is an answer, too.
            report.exactly(when + ": not answered", seen.lost(), 0);
            report.count(when + ": refused", seen.refused());
            report.figure(when + ": p99", seen.millis(99), "ms");
        } else {
            report.exactly(when + ": not answered", seen.wrong(), 0);
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

    private Others.Seen others(int port, Duration length)
            throws InterruptedException, ExecutionException {
        try (var others = new Others(port, KEY, asked)) {
            asked += 100_000;
            LockSupport.parkNanos(length.toNanos());
            return others.seen();
        }
    }
}
