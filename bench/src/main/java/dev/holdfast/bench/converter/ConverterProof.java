package dev.holdfast.bench.converter;

import dev.holdfast.app.Main;
import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.feed.FeedFault;
import dev.holdfast.simulator.feed.FeedFault.Kind;
import dev.holdfast.simulator.feed.FeedLimits;
import dev.holdfast.simulator.feed.FeedVerdict;
import dev.holdfast.simulator.feed.SimulatedFeed;
import dev.holdfast.simulator.rates.ReferenceRates;
import dev.holdfast.simulator.rates.SimulatedRates;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * Holds the converter to its promises (docs/converter.md): {@code holdfast rates} in a process of
 * its own between a simulated feed of 50 messages a second and a simulated rates API, once for each
 * way in which one of them misbehaves.
 */
@Command(
        name = "feed",
        description = "The converter between a feed and a source that misbehave in every known way")
public final class ConverterProof extends Benchmark {
    private static final ReferenceRates HISTORY = ReferenceRates.load();
    private static final int PER_SECOND = 50;
    private static final int SEED = 2022;
    private static final int SOURCE_LIMIT = 10;
    private static final Duration STEADY = Duration.ofSeconds(60);
    private static final Duration USUAL = Duration.ofSeconds(20);

    /** From the start, so that most days are wanted while it lasts. */
    private static final Duration BROKEN_FOR = Duration.ofSeconds(8);

    private static final Duration FAULT_AFTER = Duration.ofSeconds(6);
    private static final Duration KNOWN_WITHIN = Duration.ofMillis(50);

    /** A case's end beyond its feed's: start, last answers, stop. */
    private static final Duration SLACK = Duration.ofSeconds(30);

    /** One case: how long, how the source is, what the feed does. */
    private record Case(
            Duration lasting, Latency latency, @Nullable Fault source, @Nullable FeedFault feed) {

        static Case steady(Duration lasting, int millis) {
            return new Case(lasting, Latency.always(Duration.ofMillis(millis)), null, null);
        }

        /** Long enough for the first seconds of a process not to count. */
        boolean undisturbed() {
            return lasting.compareTo(STEADY) >= 0 && source == null && feed == null;
        }

        static Case source(Fault fault) {
            return new Case(
                    USUAL, Latency.always(Duration.ofMillis(200)), fault.lasting(BROKEN_FOR), null);
        }

        static Case feed(Kind kind, Duration lasting) {
            return new Case(
                    USUAL.plus(lasting),
                    Latency.always(Duration.ofMillis(200)),
                    null,
                    new FeedFault(kind, FAULT_AFTER, lasting));
        }
    }

    private static final Map<String, Case> CASES = cases();

    @Option(
            names = "--case",
            paramLabel = "NAME",
            description = "only this one, may be repeated: ${COMPLETION-CANDIDATES}",
            completionCandidates = Names.class)
    List<String> chosen = new ArrayList<>();

    /** The cases' names, for the help. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return CASES.keySet().iterator();
        }
    }

    @Override
    public void measure(Report report) throws Exception {
        for (String name : chosen.isEmpty() ? List.copyOf(CASES.keySet()) : chosen) {
            Case what = CASES.get(name);
            if (what == null) {
                throw new ParameterException(
                        Objects.requireNonNull(spec).commandLine(),
                        "no case " + name + "; there are " + String.join(", ", CASES.keySet()));
            }
            run(report, name, what);
        }
    }

    private static Map<String, Case> cases() {
        Map<String, Case> cases = new LinkedHashMap<>();
        cases.put("steady", Case.steady(STEADY, 200));
        cases.put("source-3s", Case.steady(USUAL, 3000));
        cases.put("source-hung", Case.source(Fault.of(Fault.Mode.HANG)));
        cases.put("source-429", Case.source(Fault.status(429)));
        cases.put("source-429-later", Case.source(Fault.status(429).retryAfter(10)));
        cases.put("source-html", Case.source(Fault.of(Fault.Mode.HTML)));
        cases.put("source-401", Case.source(Fault.status(401)));
        cases.put("feed-silence", Case.feed(Kind.SILENCE, Kind.SILENCE.usual()));
        cases.put("feed-no-heartbeats", Case.feed(Kind.NO_HEARTBEATS, Kind.NO_HEARTBEATS.usual()));
        cases.put("feed-reset", Case.feed(Kind.RESET, Duration.ZERO));
        cases.put("feed-close", Case.feed(Kind.CLOSE, Duration.ZERO));
        cases.put("feed-half-open", Case.feed(Kind.HALF_OPEN, Duration.ZERO));
        cases.put("feed-garbage", Case.feed(Kind.GARBAGE, Duration.ZERO));
        cases.put("feed-refused-minute", Case.feed(Kind.REFUSE, Duration.ofMinutes(1)));
        return cases;
    }

    private static void run(Report report, String name, Case what) throws Exception {
        Vertx world = Vertx.vertx();
        try (var rates =
                        new SimulatedRates(
                                        world,
                                        SimulatedRates.Options.recorded(HISTORY)
                                                .latency(what.latency()),
                                        InstantSource.system())
                                .start();
                var feed = new SimulatedFeed(world, feed(what), InstantSource.system()).start();
                var converter = new Child(rates, feed)) {
            if (what.source() != null) {
                rates.fault(what.source());
            }
            long seconds = what.lasting().plus(SLACK).toSeconds();
            FeedVerdict verdict =
                    feed.verdict()
                            .toCompletableFuture()
                            .applyToEither(converter.ended(), done -> done)
                            .get(seconds, TimeUnit.SECONDS);
            tell(report, name, what, verdict, rates.stats(), converter.alive());
        } finally {
            world.close().await(10, TimeUnit.SECONDS);
        }
    }

    private static SimulatedFeed.Options feed(Case what) {
        FeedLimits usual = FeedLimits.USUAL;
        FeedLimits limits =
                new FeedLimits(
                        usual.answerWithin(),
                        usual.heartbeatGap(),
                        what.source() == null ? usual.refusedShare() : 1,
                        what.undisturbed() ? KNOWN_WITHIN : Duration.ZERO,
                        usual.base(),
                        usual.digits(),
                        usual.target(),
                        usual.scale());
        var options =
                SimulatedFeed.Options.captured(HISTORY, SEED, PER_SECOND)
                        .lasting(what.lasting())
                        .limits(limits);
        return what.feed() == null ? options : options.faults(what.feed());
    }

    private static void tell(
            Report report,
            String name,
            Case what,
            FeedVerdict verdict,
            JsonObject source,
            boolean alive) {
        JsonObject figures = verdict.figures();
        report.say(
                "%s: %d messages, %d converted, %d refused, %d wrong, %d lost with a connection;"
                        + " p99 of known days %.1f ms, longest %.0f ms; %d connections, slowest"
                        + " renewal %d ms; %d source calls",
                name,
                figures.getLong("messages"),
                figures.getLong("converted"),
                figures.getLong("refused"),
                figures.getLong("wrong"),
                figures.getLong("lost_with_connection"),
                figures.getDouble("known_p99_ms"),
                figures.getDouble("max_ms"),
                figures.getLong("connections"),
                figures.getLong("slowest_renewal_ms"),
                source.getInteger("calls"));
        FeedLimits usual = FeedLimits.USUAL;
        report.atMost(
                name + ": longest gap between heartbeats",
                figures.getDouble("longest_heartbeat_gap_ms"),
                (double) usual.heartbeatGap().toMillis(),
                "ms");
        report.atMost(
                name + ": worst minute at the source",
                source.getInteger("worst_window"),
                SOURCE_LIMIT,
                "calls");
        List<String> problems = problems(what, verdict, source, alive);
        problems.forEach(problem -> report.say("  ! %s", problem));
        report.exactly(name + ": problems", problems.size(), 0);
    }

    private static List<String> problems(
            Case what, FeedVerdict verdict, JsonObject source, boolean alive) {
        List<String> problems = new ArrayList<>(verdict.problems());
        JsonObject figures = verdict.figures();
        if (what.source() != null && source.getInteger("spoilt") == 0) {
            problems.add("the source's fault never fired");
        }
        if (figures.getLong("converted") == 0) {
            problems.add("nothing was converted");
        }
        boolean anew = what.feed() != null && what.feed().kind() != Kind.GARBAGE;
        if (anew && figures.getLong("renewals") == 0) {
            problems.add("the feed's fault never fired, or nobody came back");
        }
        if (!anew && figures.getLong("connections") != 1) {
            problems.add("the session did not live on");
        }
        if (!alive) {
            problems.add("the converter ended");
        }
        return problems;
    }

    /** {@code holdfast rates} in a process and a folder of its own. */
    private static final class Child implements AutoCloseable {
        private static final long STOP_SECONDS = 10;

        private final Path folder;
        private final Process process;

        Child(SimulatedRates rates, SimulatedFeed feed) throws IOException {
            folder = Files.createTempDirectory("holdfast-proof");
            int port;
            try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = free.getLocalPort();
            }
            var builder =
                    new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-XX:+UseSerialGC",
                            "-XX:+UseCompactObjectHeaders",
                            "-cp",
                            classPath(),
                            Main.class.getName(),
                            "rates");
            builder.directory(folder.toFile());
            builder.environment()
                    .putAll(
                            Map.of(
                                    "HOLDFAST_SERVER_PORT", Integer.toString(port),
                                    "HOLDFAST_STORE_URL", "sqlite:" + folder.resolve("rates.db"),
                                    "HOLDFAST_RATES_URL", rates.uri().toString(),
                                    "CURRENCY_ASSIGNMENT_WS_URI", feed.uri().toString(),
                                    "FREECURRENCY_API_KEY", "any"));
            process = builder.redirectErrorStream(true).redirectOutput(log().toFile()).start();
        }

        /** Ours, for another working folder. */
        private static String classPath() {
            return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                    .map(entry -> Path.of(entry).toAbsolutePath().toString())
                    .collect(Collectors.joining(File.pathSeparator));
        }

        boolean alive() {
            return process.isAlive();
        }

        /** Fails with its last words when it ends before it is stopped. */
        CompletableFuture<FeedVerdict> ended() {
            return process.onExit()
                    .thenApply(
                            ended -> {
                                throw new IllegalStateException("the converter ended: " + said());
                            });
        }

        private String said() {
            try {
                return Files.readString(log());
            } catch (IOException e) {
                return e.toString();
            }
        }

        private Path log() {
            return folder.resolve("log");
        }

        @Override
        public void close() throws IOException {
            process.destroy();
            try {
                if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
            try (var files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }
}
