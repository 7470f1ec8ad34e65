package dev.holdfast.app.warmup;

import dev.holdfast.app.command.ServeCommand;
import dev.holdfast.app.rehearsal.SelfPlay;
import dev.holdfast.app.rehearsal.WarmUpCaller;
import dev.holdfast.app.rehearsal.WarmUpPeer;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.store.sqlite.SqliteLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntSupplier;
import java.util.stream.Stream;

/**
 * The training run for the AOT cache (JEP 514, JEP 515): serves on a store of its own, answers all
 * kinds of requests and some thousand asks, delivers webhooks, and stops. What it loads is loaded
 * at every start from then on, so it calls the gateway over plain sockets. {@code ./holdfast} runs
 * it after each build.
 */
public final class WarmUp {
    public static final String COMMAND = "warm-up";

    /** A training takes some ten seconds; one that hangs must not hold up a start for ever. */
    private static final Duration WITHIN = Duration.ofMinutes(3);

    /** How long a crowd is played whose upstream hangs. */
    private static final Duration HUNG_FOR = Duration.ofSeconds(2);

    private static final int CALLERS = 16;

    /** Asks of one caller, each of them twice: the second time it is known. */
    private static final int ASKS = 250;

    /** Every so many asks one wants a webhook. */
    private static final int ASKS_A_WEBHOOK = 10;

    private static final List<String> PAGES =
            List.of(
                    "/readyz",
                    "/livez",
                    "/metrics",
                    "/v1/upstreams",
                    "/v1/upstreams/synthesia",
                    "/v1/requests?limit=5",
                    "/v1/deliveries?limit=5",
                    "/v1/webhook-secret",
                    "/.well-known/webhook-keys",
                    "/openapi.yaml",
                    "/console",
                    "/no-such-page");

    private WarmUp() {}

    public static int run() {
        return within(WITHIN, WarmUp::train);
    }

    /**
     * What a training says of its end; a failure if it has none in time. Its threads may go on
     * then: whoever called this ends the process.
     */
    static int within(Duration limit, IntSupplier training) {
        var status = new CompletableFuture<Integer>();
        Thread.ofPlatform()
                .daemon()
                .name("holdfast-training")
                .start(
                        () -> {
                            try {
                                status.complete(training.getAsInt());
                            } catch (Throwable e) {
                                status.completeExceptionally(e);
                            }
                        });
        try {
            return status.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            System.err.println(
                    "holdfast: the training run was given up after "
                            + limit.toSeconds()
                            + " s; everything works without it, only each start is slower. `holdfast"
                            + " train`, or a new build, tries it again");
        } catch (ExecutionException e) {
            System.err.println("holdfast: no training run: " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Failure.FAILED;
    }

    private static int train() {
        try {
            SqliteLibrary.unpack();
            Path folder = Files.createTempDirectory("holdfast-warm-up");
            try (var peer = new WarmUpPeer()) {
                serve(folder, peer.port());
                SelfPlay.warmUp(HUNG_FOR);
            } finally {
                delete(folder);
            }
            return 0;
        } catch (IOException | Failure | ExecutionException e) {
            System.err.println("holdfast: no training run: " + e.getMessage());
            return Failure.FAILED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Failure.FAILED;
        }
    }

    private static void serve(Path folder, int peer)
            throws IOException, ExecutionException, InterruptedException {
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s/holdfast.db" }
                upstreams:
                  synthesia:
                    url: "http://127.0.0.1:%d"
                    headers: {}
                    quota: [ { limit: 1000000, window: 1s } ]
                    concurrency: 32
                webhooks: { allow-networks: [127.0.0.0/8] }
                """
                        .formatted(folder, peer);
        Path file = Files.writeString(folder.resolve("holdfast.yaml"), yaml);
        try (Serve serve = ServeCommand.start(file, variables())) {
            int port = serve.uri().getPort();
            try (var caller = new WarmUpCaller(port)) {
                for (String page : PAGES) {
                    caller.get(page);
                }
            }
            ask(port, "webhook_url=http%3A%2F%2F127.0.0.1%3A" + peer + "%2F");
        }
    }

    /** The environment without Holdfast's own part, which is meant for later. */
    private static Variables variables() {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.keySet().removeIf(name -> name.startsWith("HOLDFAST_"));
        return Variables.of(environment);
    }

    private static void ask(int port, String webhook)
            throws ExecutionException, InterruptedException {
        try (ExecutorService threads = Executors.newFixedThreadPool(CALLERS)) {
            List<Future<?>> callers = new ArrayList<>();
            for (int caller = 0; caller < CALLERS; caller++) {
                String messages = "/crypto/sign?message=" + caller + "-";
                callers.add(
                        threads.submit(
                                () -> {
                                    ask(port, messages, webhook);
                                    return null;
                                }));
            }
            for (Future<?> caller : callers) {
                caller.get();
            }
        }
    }

    private static void ask(int port, String messages, String webhook) throws IOException {
        try (var caller = new WarmUpCaller(port)) {
            caller.get(messages + "later&not_before=1"); // answered when its time has come
            for (int ask = 0; ask < ASKS; ask++) {
                boolean told = ask % ASKS_A_WEBHOOK == 0;
                String path = messages + ask + (told ? "&" + webhook : "");
                String id = caller.get(path).id();
                caller.get(messages + ask);
                if (told && !id.isEmpty()) {
                    caller.get("/v1/requests/" + id);
                    caller.get("/v1/requests/" + id + "/attempts");
                    caller.get("/v1/requests/" + id + "/events");
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
