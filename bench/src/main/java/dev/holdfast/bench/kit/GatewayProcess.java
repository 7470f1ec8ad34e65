package dev.holdfast.bench.kit;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** {@code holdfast serve} in a process of its own, with the flags that {@code ./holdfast} gives. */
public final class GatewayProcess implements AutoCloseable {
    /** Set by {@code ./holdfast bench}: the JVM's arguments for serve, a line each. */
    public static final String ARGUMENTS = "holdfast.serve";

    private static final Duration START_WITHIN = Duration.ofSeconds(60);
    private static final Duration STOP_WITHIN = Duration.ofSeconds(20);

    /** Pause between two looks at whether it is ready. */
    private static final Duration LOOK_EVERY = Duration.ofMillis(2);

    private final Path folder;
    private final Path config;
    private final int port;
    private final List<String> arguments;
    private final Map<String, String> environment;
    private Process process;
    private Duration startTime = Duration.ZERO;
    private volatile long readyNanos;

    private GatewayProcess(
            Path folder,
            Path config,
            int port,
            List<String> arguments,
            Map<String, String> environment)
            throws IOException {
        this.arguments = arguments;
        this.folder = folder;
        this.config = config;
        this.port = port;
        this.environment = environment;
        process = start();
    }

    /** Starts it on a free port; the configuration says all but that and where the store is. */
    public static GatewayProcess start(Path folder, String yaml) throws IOException {
        return start(folder, yaml, arguments());
    }

    /** As {@link #start(Path, String)}, with these arguments for the JVM. */
    public static GatewayProcess start(Path folder, String yaml, List<String> arguments)
            throws IOException {
        String store = "sqlite:" + folder.resolve("holdfast.db");
        return start(folder, store, arguments, Map.of(), yaml);
    }

    /**
     * The same on another store.
     *
     * @param environment added to this process's own
     */
    public static GatewayProcess start(
            Path folder, String store, Map<String, String> environment, String yaml)
            throws IOException {
        return start(folder, store, arguments(), environment, yaml);
    }

    private static GatewayProcess start(
            Path folder,
            String store,
            List<String> arguments,
            Map<String, String> environment,
            String yaml)
            throws IOException {
        Files.createDirectories(folder);
        int port = freePort();
        Path config = folder.resolve("holdfast.yaml");
        String head =
                ("server: { port: %d, max-queue: 100000000, max-connections-per-address: 25000 }%n"
                                + "store: { url: \"%s\" }%n")
                        .formatted(port, store);
        Files.writeString(config, head + yaml);
        return new GatewayProcess(folder, config, port, arguments, environment);
    }

    public int port() {
        return port;
    }

    /** The time from the start of its process to its first 200 on /readyz. */
    public Duration startTime() {
        return startTime;
    }

    /** How long ago it was ready for the last time, in seconds. */
    public double upSeconds() {
        return (System.nanoTime() - readyNanos) / 1e9;
    }

    /** Where its store is. */
    Path folder() {
        return folder;
    }

    /** Resident memory in MB (10^6 bytes). */
    public double residentMegabytes() throws IOException {
        return megabytes("VmRSS:");
    }

    /** The most that was resident since its start, in MB. */
    public double peakMegabytes() throws IOException {
        return megabytes("VmHWM:");
    }

    private double megabytes(String what) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
            if (line.startsWith(what)) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024 / 1e6;
            }
        }
        throw new IOException("no " + what + " in /proc");
    }

    /** Its process's number. */
    public long pid() {
        return process.pid();
    }

    /** A figure without labels of its /metrics. */
    public double metric(String name) throws IOException {
        var url = URI.create("http://127.0.0.1:" + port + "/metrics").toURL();
        try (InputStream in = url.openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(name + " "))
                    .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no " + name + " in /metrics"));
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Ends it as a power cut does. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Starts it again on the same store, and waits until it is ready. */
    public void startAgain() throws IOException {
        process = start();
    }

    private Process start() throws IOException {
        long began = System.nanoTime();
        ProcessBuilder serve =
                new ProcessBuilder(command(arguments, "serve", "--config", config.toString()))
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(Redirect.appendTo(folder.resolve("log").toFile()));
        serve.environment().putAll(environment);
        Process started = serve.start();
        while (!isReady()) {
            if (!started.isAlive() || System.nanoTime() - began > START_WITHIN.toNanos()) {
                started.destroyForcibly();
                throw new IOException(
                        "the gateway did not start: "
                                + Files.readString(folder.resolve("log")).strip());
            }
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
        }
        readyNanos = System.nanoTime();
        startTime = Duration.ofNanos(readyNanos - began);
        return started;
    }

    /** What runs a command of Holdfast as {@code ./holdfast} does. */
    public static List<String> command(String... words) {
        return command(arguments(), words);
    }

    /** The JVM's arguments as {@code ./holdfast} gives them, with the class to run. */
    public static List<String> arguments() {
        String arguments = System.getProperty(ARGUMENTS);
        if (arguments == null) {
            throw new IllegalStateException("run this with ./holdfast bench");
        }
        return arguments.lines().toList();
    }

    private static List<String> command(List<String> arguments, String... words) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        command.addAll(List.of(words));
        return command;
    }

    private boolean isReady() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(1000);
            socket.getOutputStream()
                    .write(
                            "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                                    .getBytes(StandardCharsets.ISO_8859_1));
            InputStream in = socket.getInputStream();
            byte[] start = in.readNBytes(12);
            return new String(start, StandardCharsets.ISO_8859_1).endsWith(" 200");
        } catch (IOException _) {
            return false;
        }
    }

    public static int freePort() throws IOException {
        try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(STOP_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
