package dev.holdfast.app.rehearsal;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.serve.Logging;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.yaml.ConfigurationException;
import dev.holdfast.app.yaml.Variables;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A gateway of its own on a store of its own, asked by callers of its own, as a crowd asks one
 * whose upstream hangs or has no slot left: what is compiled for it serves the real one in this
 * process from its first caller on. On SQLite, whatever the real one is on. Nothing of it is left,
 * and nothing of it is told but that it failed.
 */
public final class SelfPlay {
    private static final Logger LOG = LoggerFactory.getLogger(SelfPlay.class);

    /** Callers at once. */
    private static final int CALLERS = 64;

    /** Asks on a connection, after which the next one is made: connecting is played, too. */
    private static final int ASKS_A_CONNECTION = 20;

    /** What its folder's name begins with. */
    static final String FOLDER = "holdfast-rehearsal";

    private static final List<String> ROUTES = List.of("/signed", "/hung", "/queued", "/hung");

    private SelfPlay() {}

    /**
     * What came of it.
     *
     * @param answers by status
     * @param failure or null
     */
    record Played(Map<Integer, Integer> answers, @Nullable Exception failure) {}

    /** Plays for about so long; blocks. That it failed is told and does no harm. */
    public static void warmUp(Duration time) {
        LOG.info("warming up for {} s", time.toMillis() / 1000.0);
        Exception failure = play(time).failure();
        if (failure != null) {
            LOG.warn("not warmed up; the first answers are slower for it", failure);
        }
    }

    /** The same, which says what came of it. */
    static Played play(Duration time) {
        Map<Integer, Integer> answers = new ConcurrentHashMap<>();
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        Logging.quietly(
                () -> {
                    try {
                        play(time, answers);
                    } catch (IOException | RuntimeException e) {
                        failure.set(e);
                    }
                });
        return new Played(answers, failure.get());
    }

    private static void play(Duration time, Map<Integer, Integer> answers) throws IOException {
        Path folder = Files.createTempDirectory(FOLDER);
        // Whoever connects there is never accepted.
        try (var hung = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
                var peer = new WarmUpPeer();
                Serve serve = Serve.start(settings(folder, peer.port(), hung.getLocalPort()))) {
            ask(serve.uri().getPort(), System.nanoTime() + time.toNanos(), answers);
        } finally {
            delete(folder);
        }
    }

    private static Settings settings(Path folder, int peer, int hung) throws IOException {
        String yaml =
                """
                server: { port: 0, answer-within: 100ms }
                store: { url: "sqlite:%1$s/rehearsal.db" }
                upstreams:
                  signed: { url: "http://127.0.0.1:%2$d", concurrency: 64 }
                  hung: { url: "http://127.0.0.1:%3$d", timeout: 100ms, concurrency: 64 }
                  queued: { url: "http://127.0.0.1:%2$d", quota: [ { limit: 1, window: 1h } ] }
                routes:
                """
                        .formatted(folder, peer, hung);
        StringBuilder routes = new StringBuilder(yaml);
        for (String name : List.of("signed", "hung", "queued")) {
            routes.append(
                    """
                      - path: /%1$s
                        methods: [GET, POST]
                        upstream: %1$s
                        call: { method: GET, path: /, query: { message: "{message}" } }
                        params: { message: { required: true, max-bytes: 4096 } }
                        result: { field: signature, from: text }
                    """
                            .formatted(name));
        }
        Path file = Files.writeString(folder.resolve("holdfast.yaml"), routes);
        try {
            return Configuration.load(file, Variables.of(Map.of()), Purpose.GATEWAY, _ -> false)
                    .settings();
        } catch (ConfigurationException e) {
            throw Failure.usage("the rehearsal: " + e.mistakes());
        }
    }

    private static void ask(int port, long until, Map<Integer, Integer> answers)
            throws IOException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> callers = new ArrayList<>();
            for (int caller = 0; caller < CALLERS; caller++) {
                String asks = ROUTES.get(caller % ROUTES.size()) + "?message=" + caller + "-";
                callers.add(
                        threads.submit(
                                () -> {
                                    ask(port, asks, until, answers);
                                    return null;
                                }));
            }
            for (Future<?> caller : callers) {
                caller.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
    }

    private static void ask(int port, String asks, long until, Map<Integer, Integer> answers)
            throws IOException {
        for (int ask = 0; System.nanoTime() - until < 0; ) {
            try (var caller = new WarmUpCaller(port)) {
                for (int i = 0; i < ASKS_A_CONNECTION && System.nanoTime() - until < 0; i++) {
                    answers.merge(caller.get(asks + ask++).status(), 1, Integer::sum);
                }
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
