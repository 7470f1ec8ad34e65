package dev.holdfast.app.demo;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.app.command.ServeCommand;
import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.yaml.ConfigurationException;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.gateway.console.Console;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast demo}: the main job in one command, nothing else needed. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "The main job in one command, nothing else needed.",
            "Starts a simulated upstream that fails half the time and allows ten calls a minute, a"
                    + " rates API, a trade feed, a webhook receiver, and the gateway on SQLite in a"
                    + " temporary folder. Sends a burst of signatures, prints what happened and keeps"
                    + " serving until Ctrl-C. The upstream runs ten times faster than the real one."
        })
public final class DemoCommand implements Runnable {
    private static final double FAST = 10;
    private static final int USUAL_PORT = 8000;
    private static final List<Asked> CONVERSIONS =
            List.of(
                    new Asked("253.67", "USD", "2021-05-18"),
                    new Asked("1000", "CZK", "2011-11-11"),
                    new Asked("99.95", "GBP", "2016-06-24"));
    private static final Duration WEBHOOKS_WITHIN = Duration.ofSeconds(20);
    private static final Duration RATES_WITHIN = Duration.ofSeconds(20);
    private static final int MAX_PORT = 65_535;
    private static final int MAX_MESSAGES = 10_000;

    /** A conversion to show. */
    private record Asked(String amount, String from, String date) {}

    @Option(names = "--exit", description = "stop after the burst")
    boolean exit;

    @Option(names = "--real-time", description = "with the real API's figures; takes some minutes")
    boolean realTime;

    @Option(
            names = "--messages",
            defaultValue = "20",
            description = "size of the burst (default: ${DEFAULT-VALUE})")
    int messages = 20;

    @Option(
            names = "--port",
            description =
                    "where the gateway listens (default: 8000, or a free one if that is taken)")
    @Nullable Integer port;

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("picocli has not set the command up");
        }
        if (messages < 1 || messages > MAX_MESSAGES) {
            throw Failure.usage("holdfast: --messages is 1 to " + MAX_MESSAGES);
        }
        if (port != null && (port < 0 || port > MAX_PORT)) {
            throw Failure.usage("holdfast: --port is 0 to " + MAX_PORT);
        }
        int listening = freePort();
        List<AutoCloseable> parts = new ArrayList<>();
        try {
            DemoReport report =
                    play(
                            parts,
                            listening,
                            spec.commandLine().getOut(),
                            spec.commandLine().getErr());
            String left = report.left();
            if (left != null && exit) {
                throw Failure.failed(left);
            }
            if (left != null) {
                spec.commandLine().getErr().println(left);
            }
            if (!exit) {
                spec.commandLine().getOut().println("Still serving; Ctrl-C ends it.");
                spec.commandLine().getOut().flush();
                ServeCommand.untilStopped(() -> close(parts));
            }
        } catch (IOException e) {
            throw Failure.failed("holdfast: the demo failed: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.failed(
                    "holdfast: the demo was interrupted before all was signed; run it again");
        } finally {
            close(parts);
        }
    }

    private DemoReport play(
            List<AutoCloseable> parts, int listening, PrintWriter out, PrintWriter err)
            throws IOException, InterruptedException {
        double speed = realTime ? 1 : FAST;
        Vertx vertx = Vertx.vertx();
        parts.add(
                () ->
                        vertx.close()
                                .toCompletionStage()
                                .toCompletableFuture()
                                .get(3, TimeUnit.SECONDS));
        var world = new DemoWorld(vertx, speed);
        parts.add(world);
        var folder = new TemporaryFolder("holdfast-demo");
        parts.add(folder);
        Serve serve = Serve.start(settings(folder.path(), listening, world, speed));
        parts.add(serve);
        var client = new GatewayClient(serve.uri(), null);
        parts.add(client);
        world.receive(secret(client), publicKeys(client));
        out.printf(
                "Gateway on %s, upstream on %s: 10 calls in %s s, half of all messages fail at"
                        + " first.%n",
                serve.uri(), world.upstreamUrl(), Math.round(60 / speed));
        out.printf("Console: %s%s%n", serve.uri(), Console.PATH);
        out.printf("Asking for %d signatures at once…%n", messages);
        out.flush();
        List<String> burst =
                IntStream.rangeClosed(1, messages).mapToObj(i -> "message " + i).toList();
        long began = System.nanoTime();
        List<Burst.Story> stories = new Burst(client, world.hook(), err, messages).send(burst);
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        awaitWebhooks(world);
        var report = new DemoReport(world, stories, took, speed, conversions(client));
        report.print(out);
        return report;
    }

    /** A few conversions, as lines. */
    private static List<String> conversions(GatewayClient client)
            throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        for (Asked asked : CONVERSIONS) {
            GatewayClient.Reply reply = converted(client, asked);
            String result =
                    reply.status() == 200
                            ? reply.body().path("result").asText() + " " + reply.text("to")
                            : reply.problem();
            lines.add(
                    "%s %s of %s = %s"
                            .formatted(asked.amount(), asked.from(), asked.date(), result));
        }
        return lines;
    }

    /** Asked again as long as its rates are on their way: a day that is new may take its time. */
    private static GatewayClient.Reply converted(GatewayClient client, Asked asked)
            throws IOException, InterruptedException {
        String path =
                "/v1/convert?amount=%s&from=%s&date=%s"
                        .formatted(asked.amount(), asked.from(), asked.date());
        long deadline = System.nanoTime() + RATES_WITHIN.toNanos();
        GatewayClient.Reply reply = client.get(path, null);
        while (reply.status() == 503 && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(100);
            reply = client.get(path, null);
        }
        return reply;
    }

    private static Settings settings(Path folder, int listening, DemoWorld world, double speed) {
        String yaml =
                """
                server: { port: %d }
                store: { url: "sqlite:%s" }
                upstreams:
                  synthesia:
                    url: %s
                    headers: { Authorization: demo }
                    quota: [ { limit: 10, window: %dms } ]
                    retry: { first: %dms, max: %dms }
                webhooks: { allow-networks: [127.0.0.0/8] }
                rates:
                  feed: %s
                  url: %s
                  api-key: demo
                  quota: [ { limit: 10, window: %dms } ]
                """
                        .formatted(
                                listening,
                                folder.resolve("holdfast.db"),
                                world.upstreamUrl(),
                                Math.round(60_000 / speed),
                                Math.round(5_000 / speed),
                                Math.round(60_000 / speed),
                                world.feedUrl(),
                                world.ratesUrl(),
                                Math.round(60_000 / speed));
        try {
            return Configuration.parse(
                            "the demo's configuration",
                            yaml,
                            Variables.of(Map.of()),
                            Purpose.GATEWAY,
                            store -> false)
                    .settings();
        } catch (ConfigurationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Looked for before anything starts: whoever names a taken port is told at once. */
    private int freePort() {
        int wanted = port == null ? USUAL_PORT : port;
        try (var probe = new ServerSocket(wanted, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        } catch (IOException e) {
            if (port == null) {
                return 0;
            }
            throw Failure.failed(
                    "holdfast: --port "
                            + port
                            + " cannot be had ("
                            + e.getMessage()
                            + "); name another, or none: then a free one is found");
        }
    }

    private static String secret(GatewayClient client) throws IOException, InterruptedException {
        JsonNode body = client.get("/v1/webhook-secret", null).body();
        String secret = body.path("secret").asText("");
        return secret.isEmpty() ? body.path("secrets").path(0).asText("") : secret;
    }

    private static List<String> publicKeys(GatewayClient client)
            throws IOException, InterruptedException {
        List<String> keys = new ArrayList<>();
        for (JsonNode key : client.get("/.well-known/webhook-keys", null).body().path("keys")) {
            String text = key.isTextual() ? key.asText() : key.path("public_key").asText("");
            if (!text.isEmpty()) {
                keys.add(text);
            }
        }
        return keys;
    }

    private void awaitWebhooks(DemoWorld world) throws InterruptedException {
        long deadline = System.nanoTime() + WEBHOOKS_WITHIN.toNanos();
        while (world.receiverFigure("accepted_webhooks") < messages
                && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private static synchronized void close(List<AutoCloseable> parts) {
        while (!parts.isEmpty()) {
            try {
                parts.removeLast().close();
            } catch (Exception e) {
                // The demo is over: what cannot be closed ends with the process.
            }
        }
    }

    /** A folder that is gone, with all in it, when closed. */
    static final class TemporaryFolder implements AutoCloseable {
        private final Path path;

        TemporaryFolder(String name) throws IOException {
            path = Files.createTempDirectory(name);
        }

        Path path() {
            return path;
        }

        @Override
        public void close() throws IOException {
            try (var files = Files.walk(path)) {
                for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
