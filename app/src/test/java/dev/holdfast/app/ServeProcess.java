package dev.holdfast.app;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** {@code holdfast serve} as a process of its own, from the tests' class path. */
public final class ServeProcess implements AutoCloseable {
    private static final Duration START_WITHIN = Duration.ofMinutes(3);
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(60);
    private static final Duration LOOK_EVERY = Duration.ofMillis(20);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Path log;
    private final URI root;
    private final Path config;
    private final String first;
    private final Process process;

    /** Starts it on a free port and waits until it is ready. */
    ServeProcess(Path folder, String store, String yaml) throws IOException {
        this(folder, store, yaml, Map.of());
    }

    /**
     * The same with more in its environment.
     *
     * @param environment added to this process's own
     */
    public ServeProcess(Path folder, String store, String yaml, Map<String, String> environment)
            throws IOException {
        this(folder, store, environment, yaml);
        awaitReady();
    }

    /**
     * Starts it, and waits for nothing.
     *
     * @param yaml null if the configuration is there already, or is to come
     */
    ServeProcess(Path folder, String store, Map<String, String> environment, String yaml)
            throws IOException {
        Files.createDirectories(folder);
        int port = freePort();
        root = URI.create("http://127.0.0.1:" + port);
        log = folder.resolve("log");
        config = folder.resolve("holdfast.yaml");
        first = "server: { port: %d }%nstore: { url: \"%s\" }%n".formatted(port, store);
        if (yaml != null) {
            Files.writeString(config, first + yaml);
        }
        ProcessBuilder serve =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "-XX:+ExitOnOutOfMemoryError",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Main.class.getName(),
                                "serve",
                                "--config",
                                config.toString())
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(Redirect.to(log.toFile()));
        serve.environment().putAll(environment);
        process = serve.start();
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    /** Waits until it is ready. */
    void awaitReady() throws IOException {
        long giveUp = System.nanoTime() + START_WITHIN.toNanos();
        while (!ready()) {
            if (!process.isAlive() || System.nanoTime() > giveUp) {
                process.destroyForcibly();
                throw new IOException("it did not start: " + Files.readString(log));
            }
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
        }
    }

    /** Writes another configuration and has it read (SIGHUP), whatever comes of it. */
    void reload(String yaml) throws IOException, InterruptedException {
        reloadWhole(first + yaml);
    }

    /** The same, with other settings of the server and the store, too. */
    void reloadWhole(String yaml) throws IOException, InterruptedException {
        Files.writeString(config, yaml);
        hangUp();
    }

    /** Where it listens and keeps, which stands before its configuration. */
    String first() {
        return first;
    }

    /** Sends SIGHUP. */
    void hangUp() throws IOException, InterruptedException {
        int told =
                new ProcessBuilder("kill", "-HUP", Long.toString(process.pid())).start().waitFor();
        if (told != 0) {
            throw new IOException("it cannot be told to reload");
        }
    }

    /** What it has logged. */
    String log() throws IOException {
        return Files.readString(log);
    }

    boolean ready() {
        try {
            return get("/readyz").statusCode() == 200;
        } catch (IOException _) {
            return false;
        }
    }

    HttpResponse<String> get(String path, String... headers) throws IOException {
        try {
            return http.send(request("GET", path, headers), BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    HttpResponse<String> delete(String path) throws IOException, InterruptedException {
        return http.send(request("DELETE", path), BodyHandlers.ofString());
    }

    /** Asks for a signature, without waiting for the answer. */
    CompletableFuture<HttpResponse<String>> sign(String message, String... headers) {
        String query = "message=" + URLEncoder.encode(message, StandardCharsets.UTF_8);
        return http.sendAsync(
                request("GET", "/crypto/sign?" + query, headers), BodyHandlers.ofString());
    }

    /** The lines of a stream of events, as they come. */
    Stream<String> stream(String path) throws IOException, InterruptedException {
        return http.send(request("GET", path), BodyHandlers.ofLines()).body();
    }

    private HttpRequest request(String method, String path, String... headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(root.resolve(path))
                        .method(method, BodyPublishers.noBody())
                        .timeout(ANSWER_WITHIN);
        return (headers.length == 0 ? request : request.headers(headers)).build();
    }

    /** Sends SIGTERM, and waits for its end; what it took. */
    Duration terminate(Duration atMost) throws InterruptedException {
        long began = System.nanoTime();
        process.destroy();
        if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("it did not end within " + atMost);
        }
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** Where it listens. */
    public URI root() {
        return root;
    }

    /** Waits for its end, which something else brings about; false if it is still there. */
    public boolean awaitEnd(Duration atMost) throws InterruptedException {
        return process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        process.destroyForcibly();
        http.shutdownNow();
    }
}
