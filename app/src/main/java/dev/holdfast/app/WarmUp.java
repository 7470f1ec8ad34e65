package dev.holdfast.app;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.ConfigurationException;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.config.Variables;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine;

/**
 * The training run for the AOT cache (JEP 514): starts the gateway on a store of its own, answers
 * once, stops, and has picocli show its help. {@code ./holdfast} runs it after each build.
 */
final class WarmUp {
    static final String COMMAND = "warm-up";

    private WarmUp() {}

    static int run() {
        try {
            Path folder = Files.createTempDirectory("holdfast-warm-up");
            try {
                serveOnce(folder);
                showHelp();
            } finally {
                delete(folder);
            }
            return 0;
        } catch (IOException | ConfigurationException e) {
            System.err.println("holdfast: no training run: " + e.getMessage());
            return Failure.FAILED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Failure.FAILED;
        }
    }

    private static void serveOnce(Path folder)
            throws ConfigurationException, IOException, InterruptedException {
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s/holdfast.db" }
                upstreams: { synthesia: { url: "http://127.0.0.1:1", headers: {} } }
                """
                        .formatted(folder);
        Settings settings =
                Configuration.parse(
                                COMMAND,
                                yaml,
                                Variables.of(Map.of()),
                                Purpose.GATEWAY,
                                store -> false)
                        .settings();
        try (Serve serve = Serve.start(settings);
                var client = new GatewayClient(serve.uri(), null)) {
            client.page("/livez");
            client.page("/readyz");
            client.ask("/crypto/sign", "message", "warm-up", null);
            client.get("/v1/upstreams", null);
            client.page("/metrics");
        }
    }

    private static void showHelp() {
        CommandLine root = CommandLines.root();
        root.setOut(new PrintWriter(Writer.nullWriter()));
        root.execute("--help");
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
