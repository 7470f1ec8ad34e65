package dev.holdfast.app;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.serve.StoreAccess;
import dev.holdfast.app.yaml.ConfigurationException;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.simulator.door.Degradation;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.feed.SimulatedFeed;
import dev.holdfast.simulator.rates.ReferenceRates;
import dev.holdfast.simulator.rates.SimulatedRates;
import dev.holdfast.simulator.receiver.SimulatedReceiver;
import dev.holdfast.simulator.receiver.WebhookVerifier;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The whole program on the real store, between simulated upstream, source, feed and receiver. Its
 * clients are the admin ops and the client shop, or none where it is open.
 */
final class ConsoleWorld implements AutoCloseable {
    static final String ADMIN_KEY = "hf_ops_0123456789abcdef0123456789";
    static final String SHOP_KEY = "hf_shop_0123456789abcdef012345678";
    private static final Pattern ID = Pattern.compile("\"id\":\"([0-9a-f-]{36})\"");

    final Vertx vertx = Vertx.vertx();
    final SimulatedUpstream upstream;
    final SimulatedReceiver receiver;
    private final SimulatedRates rates;
    private final SimulatedFeed feed;
    private final Path folder;
    private final boolean open;
    private final int slots;
    private final String partition;
    private final HttpClient http = HttpClient.newHttpClient();
    private Serve serve;
    private int port;

    private ConsoleWorld(boolean open, int slots, String partition, Degradation degradation) {
        this.open = open;
        this.partition = partition;
        this.slots = slots;
        ReferenceRates history = ReferenceRates.load();
        upstream =
                new SimulatedUpstream(
                                vertx,
                                SimulatedUpstream.Options.unlimited(1)
                                        .degradation(degradation)
                                        .latency(Latency.always(Duration.ofMillis(120))))
                        .start();
        rates =
                new SimulatedRates(
                                vertx,
                                SimulatedRates.Options.recorded(history),
                                InstantSource.system())
                        .start();
        feed =
                new SimulatedFeed(
                                vertx,
                                SimulatedFeed.Options.captured(history, 7, 5),
                                InstantSource.system())
                        .start();
        try {
            folder = Files.createTempDirectory("holdfast-console");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        startGateway();
        String secret = field(get("/v1/webhook-secret", SHOP_KEY), "secret");
        String key = field(get("/.well-known/webhook-keys", null), "public_key");
        receiver =
                new SimulatedReceiver(
                                vertx,
                                SimulatedReceiver.Options.of(
                                        new WebhookVerifier(
                                                List.of(secret),
                                                List.of(key),
                                                Duration.ofMinutes(5))))
                        .start();
    }

    static ConsoleWorld withKeys() {
        return withKeys(40);
    }

    /** With so many calls in three seconds. */
    static ConsoleWorld withKeys(int slots) {
        return new ConsoleWorld(false, slots, "", Degradation.NONE);
    }

    /** As {@link #withKeys}, with an upstream that fails some messages for a while. */
    static ConsoleWorld flaky() {
        return new ConsoleWorld(
                false,
                10,
                "",
                new Degradation(7, 0.4, Duration.ofSeconds(1), Duration.ofSeconds(4)));
    }

    /** As {@link #withKeys}; each tenant may have two calls an hour. */
    static ConsoleWorld ofTenants() {
        return new ConsoleWorld(
                false,
                40,
                "partition: { by: \"{header:x-tenant}\", quota: [ { limit: 2, window: 1h } ] }",
                Degradation.NONE);
    }

    static ConsoleWorld open() {
        return new ConsoleWorld(true, 10, "", Degradation.NONE);
    }

    /** Starts the gateway, again on the same port and store where it ran before. */
    void startGateway() {
        serve = Serve.start(settings());
        port = serve.uri().getPort();
    }

    void stopGateway() {
        serve.close();
    }

    /** A configuration of the same store, for commands that work on it beside the gateway. */
    Path configuration() {
        try {
            return Files.writeString(
                    folder.resolve("holdfast.yaml"),
                    "store: { url: \"sqlite:" + folder.resolve("holdfast.db") + "\" }");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    private Settings settings() {
        String clients =
                """
                clients:
                  - { name: ops, key: %s, admin: true }
                  - { name: shop, key: %s, max-pending: 100000 }
                """
                        .formatted(ADMIN_KEY, SHOP_KEY);
        String yaml =
                """
                server: { port: %d }
                store: { url: "sqlite:%s" }
                upstreams:
                  synthesia:
                    url: %s
                    headers: { Authorization: any }
                    quota: [ { limit: %d, window: 3s }, { limit: 5000, window: 31d } ]
                    retry: { first: 300ms, max: 300ms }
                    %s
                webhooks: { allow-networks: [127.0.0.0/8], schedule: [0s, 60s] }
                rates:
                  feed: %s
                  url: %s
                  api-key: any
                %s
                """
                        .formatted(
                                port,
                                folder.resolve("holdfast.db"),
                                upstream.uri(),
                                slots,
                                partition,
                                feed.uri(),
                                rates.uri(),
                                open ? "" : clients);
        try {
            return Configuration.parse(
                            "test", yaml, Variables.of(Map.of()), Purpose.GATEWAY, store -> false)
                    .settings();
        } catch (ConfigurationException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    /** Asks for a signature as shop without waiting for it, and gives the request's id. */
    String ask(String message, String more) {
        return id(signs(message, more));
    }

    /** The same for a tenant, where there are any. */
    String askAs(String tenant, String message) {
        return id(signs(message, "").header("X-Tenant", tenant));
    }

    private HttpRequest.Builder signs(String message, String more) {
        String encoded = URLEncoder.encode(message, StandardCharsets.UTF_8);
        return request("/crypto/sign?message=" + encoded + more, SHOP_KEY)
                .header("Prefer", "respond-async");
    }

    private String id(HttpRequest.Builder ask) {
        HttpResponse<String> answer = send(ask);
        Matcher id = ID.matcher(answer.body());
        if (!id.find()) {
            throw new AssertionError(answer.statusCode() + " " + answer.body());
        }
        return id.group(1);
    }

    /** With a webhook. */
    String askWithHook(String message) {
        return ask(message, "&webhook_url=" + receiver.uri());
    }

    /** Makes that many clients more, as {@code holdfast keys create} does. */
    void meet(int clients) {
        StoreAccess.withClients(
                settings().store(),
                known -> {
                    for (int i = 0; i < clients; i++) {
                        known.put("customer " + i, null, false, 10);
                    }
                    return clients;
                });
    }

    /** Makes an upstream stop or go on. */
    void pause(String action) {
        send(
                request("/v1/upstreams/synthesia/" + action, ADMIN_KEY)
                        .POST(HttpRequest.BodyPublishers.noBody()));
    }

    /** Gives a tenant something of its own. */
    void set(String tenant, String own) {
        String key = URLEncoder.encode(tenant, StandardCharsets.UTF_8).replace("+", "%20");
        send(
                request("/v1/upstreams/synthesia/partitions/" + key, ADMIN_KEY)
                        .header("Content-Type", "application/json")
                        .PUT(HttpRequest.BodyPublishers.ofString(own)));
    }

    void cancel(String id) {
        send(request("/v1/requests/" + id, ADMIN_KEY).DELETE());
    }

    String get(String path, String key) {
        return send(request(path, key)).body();
    }

    /** Waits until a request has ended. */
    String ended(String id) {
        while (true) {
            String request =
                    send(request("/v1/requests/" + id, ADMIN_KEY).header("Prefer", "wait=10"))
                            .body();
            if (request.contains("\"completed_at\"")) {
                return request;
            }
        }
    }

    HttpRequest.Builder request(String path, String key) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri().resolve(path));
        return key == null ? request : request.header("Authorization", key);
    }

    HttpClient http() {
        return http;
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String field(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\":\"([^\"]+)\"").matcher(json);
        if (!found.find()) {
            throw new AssertionError(json);
        }
        return found.group(1);
    }

    @Override
    public void close() {
        http.close();
        serve.close();
        receiver.close();
        feed.close();
        rates.close();
        upstream.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
