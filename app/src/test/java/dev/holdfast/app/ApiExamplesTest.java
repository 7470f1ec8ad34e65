package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.simulator.door.Degradation;
import dev.holdfast.simulator.upstream.ApiKeyPair;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs each example of docs/api.md that has a file name, against a gateway whose signing API fails
 * every message for seconds, and compares what it prints with the document. Those that poll do so
 * over a line that refuses the first one.
 */
@Timeout(600)
class ApiExamplesTest {
    /** Surefire runs in the module's folder. */
    private static final Path DOCUMENT = Path.of("../docs/api.md");

    private static final long SEED = 1;
    private static final Duration RECOVERY = Duration.ofMillis(2500);
    private static final int EXAMPLE_WITHIN_SECONDS = 240;

    /** Most of their time they wait for a signature. */
    private static final int AT_ONCE = 4;

    /** A fenced block: its language, its file's name if it has one, and what is in it. */
    private static final Pattern BLOCK =
            Pattern.compile("(?ms)^```(\\w+)(?: (\\S+))?\\n(.*?)^```$");

    private static final Pattern SIGNED = Pattern.compile("(hello from \\w+): (\\S+)");

    @TempDir static Path folder;

    private static final ExecutorService pool = Executors.newFixedThreadPool(AT_ONCE);
    private static Vertx vertx;
    private static SimulatedUpstream upstream;
    private static Serve serve;
    private static HttpServer line;

    /** Requests whose first poll was refused on the line. */
    private static final Set<String> REFUSED = ConcurrentHashMap.newKeySet();

    /**
     * An example and what it prints.
     *
     * @param expected the text, in which {@code …} stands for anything
     */
    private record Example(String language, String file, String expected) {
        boolean shared() {
            return file.toLowerCase(Locale.ROOT).startsWith("holdfast.");
        }

        /** Whether it follows a receipt by polling. */
        boolean polls() {
            return file.toLowerCase(Locale.ROOT).startsWith("ask.");
        }

        Pattern pattern() {
            return Pattern.compile(
                    Stream.of(expected.strip().split("…", -1))
                            .map(Pattern::quote)
                            .collect(Collectors.joining("(?s:.+?)")));
        }

        List<String> command() {
            return switch (language) {
                case "sh" -> List.of("bash", "-euo", "pipefail", file);
                case "python" -> List.of("python3", file);
                case "js" -> List.of("node", "--no-warnings", "--experimental-websocket", file);
                case "java" ->
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "--class-path",
                                System.getProperty("java.class.path"),
                                file);
                default -> throw new AssertionError("no way to run " + language);
            };
        }

        /** Programs that it needs beside the JDK. */
        List<String> tools() {
            return switch (language) {
                case "sh" -> List.of("bash", "curl");
                case "python" -> List.of("python3");
                case "js" -> List.of("node");
                default -> List.of();
            };
        }
    }

    @BeforeAll
    static void start() throws Exception {
        vertx = Vertx.vertx();
        upstream =
                new SimulatedUpstream(
                                vertx,
                                SimulatedUpstream.Options.unlimited(SEED)
                                        .degradation(new Degradation(SEED, 1, RECOVERY, RECOVERY)))
                        .start();
        HttpServer signing = line(upstream.uri(), ApiExamplesTest::isOrder);
        String yaml =
                """
                server: { port: 0, answer-within: 1800ms }
                store: { url: "sqlite:%s" }
                clients: [ { name: docs, key: %s } ]
                upstreams:
                  synthesia:
                    url: %s
                    headers: {}
                    quota: [ { limit: 1000, window: 1s } ]
                    retry: { backoff: fixed, first: 250ms, max: 250ms }
                webhooks: { allow-networks: [127.0.0.0/8] }
                rates: { source: ecb, feed: "ws://127.0.0.1:1" }
                """
                        .formatted(
                                folder.resolve("holdfast.db"),
                                Running.KEY,
                                "http://127.0.0.1:" + signing.actualPort());
        serve =
                Serve.start(
                        Configuration.parse(
                                        "test",
                                        yaml,
                                        Variables.of(Map.of()),
                                        Purpose.GATEWAY,
                                        store -> false)
                                .settings());
        try (var client = new GatewayClient(serve.uri(), Running.KEY)) {
            // A gateway that has just started may refuse on a busy machine.
            int status;
            do {
                status = client.ask("/crypto/sign", "message", "warm-up", null).status();
            } while (status == 503);
        }
        line = line(serve.uri(), ApiExamplesTest::isFirstPoll);
    }

    /** The first poll of each request is refused on its way to the gateway. */
    private static boolean isFirstPoll(HttpServerRequest asked) {
        return asked.path().startsWith("/v1/requests/") && REFUSED.add(asked.path());
    }

    /** An order is to be cancelled, however long that takes: the signing API never does it. */
    private static boolean isOrder(HttpServerRequest asked) {
        return asked.getParam("message", "").startsWith("order ");
    }

    /** What passes all on to {@code target}, but what is refused with 503. */
    private static HttpServer line(URI target, Predicate<HttpServerRequest> refused) {
        HttpClient client = vertx.createHttpClient();
        return vertx.createHttpServer()
                .requestHandler(
                        asked -> {
                            if (refused.test(asked)) {
                                asked.response()
                                        .setStatusCode(503)
                                        .putHeader("Content-Type", "application/problem+json")
                                        .end("{\"type\":\"/problems/overloaded\",\"status\":503}");
                                return;
                            }
                            asked.body()
                                    .onSuccess(body -> passOn(client, target, asked, body))
                                    .onFailure(_ -> asked.connection().close());
                        })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    private static void passOn(
            HttpClient client, URI target, HttpServerRequest asked, Buffer body) {
        client.request(asked.method(), target.getPort(), target.getHost(), asked.uri())
                .compose(
                        call -> {
                            call.headers().addAll(asked.headers());
                            call.headers().remove("Host");
                            return call.send(body);
                        })
                .compose(
                        answer -> {
                            asked.response().setStatusCode(answer.statusCode());
                            asked.response().headers().addAll(answer.headers());
                            return answer.body();
                        })
                .onSuccess(asked.response()::end)
                .onFailure(_ -> asked.connection().close());
    }

    @AfterAll
    static void stop() {
        pool.shutdownNow();
        if (serve != null) {
            serve.close();
        }
        if (upstream != null) {
            upstream.close();
        }
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /** The blocks with a file name; each prints what the next text block says. */
    private static List<Example> examples(String document) throws IOException {
        List<Example> examples = new ArrayList<>();
        List<String[]> waiting = new ArrayList<>();
        Matcher block = BLOCK.matcher(document);
        while (block.find()) {
            String file = block.group(2);
            if (file != null) {
                Files.writeString(folder.resolve(file), block.group(3));
                waiting.add(new String[] {block.group(1), file});
            } else if (block.group(1).equals("text")) {
                waiting.forEach(w -> examples.add(new Example(w[0], w[1], block.group(3))));
                waiting.clear();
            }
        }
        assertThat(waiting).as("examples without what they print").isEmpty();
        return examples;
    }

    @TestFactory
    Stream<DynamicTest> eachExamplePrintsWhatTheDocumentSays() throws IOException {
        return examples(Files.readString(DOCUMENT)).stream()
                .filter(example -> !example.shared())
                .map(example -> new Begun(example, pool.submit(() -> run(example))))
                .toList()
                .stream()
                .map(begun -> DynamicTest.dynamicTest(begun.example().file(), begun::check));
    }

    @Test
    void everyLanguageHasItsExamples() throws IOException {
        Set<String> languages = new LinkedHashSet<>();
        examples(Files.readString(DOCUMENT)).forEach(example -> languages.add(example.language()));

        assertThat(languages).containsExactlyInAnyOrder("sh", "python", "js", "java");
    }

    /** What an example said; null if a tool that it needs is missing. */
    private record Said(int status, String out, String err) {}

    private record Begun(Example example, Future<@Nullable Said> said) {
        void check() throws Exception {
            Said all = said.get();
            if (all == null) {
                String missing = example.tools() + ": one is missing; ./test installs it";
                assertThat(System.getenv("CI")).as(missing).isNull();
                assumeTrue(false, missing);
                return;
            }
            assertThat(all.status()).as(all.err() + all.out()).isZero();
            assertThat(all.out()).as(all.err()).matches(example.pattern());
            if (example.polls()) {
                assertThat(REFUSED).as("polls that were refused once").isNotEmpty();
            }
            Matcher signed = SIGNED.matcher(all.out());
            if (signed.find()) {
                assertThat(ApiKeyPair.seeded(SEED).verifies(signed.group(1), signed.group(2)))
                        .isTrue();
            }
        }
    }

    private static @Nullable Said run(Example example) throws Exception {
        if (!example.tools().stream().allMatch(ApiExamplesTest::onPath)) {
            return null;
        }
        Path out = folder.resolve(example.file() + ".out");
        Path err = folder.resolve(example.file() + ".err");
        var builder =
                new ProcessBuilder(example.command())
                        .directory(folder.toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
        builder.environment()
                .put(
                        "HOLDFAST_URL",
                        example.polls()
                                ? "http://127.0.0.1:" + line.actualPort()
                                : serve.uri().toString());
        builder.environment().put("HOLDFAST_KEY", Running.KEY);
        builder.environment().put("PYTHONIOENCODING", "utf-8");
        Process process = builder.start();
        boolean ended = process.waitFor(EXAMPLE_WITHIN_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
        }
        return new Said(
                ended ? process.exitValue() : -1,
                Files.readString(out).strip(),
                Files.readString(err));
    }

    private static boolean onPath(String tool) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(place -> Files.isExecutable(Path.of(place, tool)));
    }
}
