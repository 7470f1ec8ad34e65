package dev.holdfast.gateway;

import dev.holdfast.engine.Engine;
import dev.holdfast.engine.EngineParts;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.engine.loop.Loop;
import dev.holdfast.gateway.pass.PassRoute;
import dev.holdfast.gateway.ports.WebhookPorts;
import dev.holdfast.gateway.ports.WebhookUrls;
import dev.holdfast.gateway.server.Authenticator;
import dev.holdfast.gateway.server.RequestTraces;
import dev.holdfast.gateway.wire.Entrance;
import dev.holdfast.outbound.HttpCallTemplate;
import dev.holdfast.outbound.HttpUpstream;
import dev.holdfast.outbound.HttpUpstreamOptions;
import dev.holdfast.outbound.body.AsItCame;
import dev.holdfast.outbound.body.CallMemory;
import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.Body;
import dev.holdfast.request.CostRule;
import dev.holdfast.request.HeaderChoice;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.StatusRules;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.sqlite.Clocks;
import dev.holdfast.store.sqlite.SqliteStore;
import dev.holdfast.wire.PathTemplate;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * A gateway with routes that pass requests on to a {@link PassPeer}: {@code /any/{rest...}} takes
 * whatever there is, {@code /any/v2/{id}/x} goes before it, {@code /held/{rest...}} is held for a
 * minute, and so is {@code /asked?q=}, which has a parameter and a text. The client's key is {@code
 * key-alice}.
 */
final class PassWorld implements AutoCloseable {
    static final Duration ANSWER_WITHIN = Duration.ofMillis(1500);
    static final int MAX_ANSWER = 16 << 20;
    private static final int STATUS_BYTES = "HTTP/1.1 200".length();

    final Vertx vertx = Entrance.open(new VertxOptions());
    final PassPeer peer;
    final SqliteStore store;
    final Engine engine;
    final int port;
    private final Loop loop = new Loop("engine");
    private final HttpUpstream http;
    private final Gateway gateway;
    private final HttpClient client = HttpClient.newHttpClient();

    PassWorld(Path folder) {
        this(folder, WriteProbe.NONE);
    }

    /** On a disk that does as the probe says. */
    PassWorld(Path folder, WriteProbe disk) {
        this(folder, disk, PassPeer::ok, StoreOptions.DEFAULT, 100_000);
    }

    /**
     * And with an upstream that answers so from the first call on, which comes at once if a job is
     * left.
     */
    PassWorld(Path folder, WriteProbe disk, PassPeer.Answering answering) {
        this(folder, disk, answering, StoreOptions.DEFAULT, 100_000);
    }

    /**
     * One that keeps so much.
     *
     * @param maxPending of alice
     */
    PassWorld(Path folder, WriteProbe disk, StoreOptions options, int maxPending) {
        this(folder, disk, PassPeer::ok, options, maxPending);
    }

    /** Whose upstream counts other units than calls, too, and what calls cost of them. */
    PassWorld(Path folder, Map<String, Quota> units, Map<String, CostRule> costs) {
        this(folder, WriteProbe.NONE, PassPeer::ok, StoreOptions.DEFAULT, 100_000, units, costs);
    }

    private PassWorld(
            Path folder,
            WriteProbe disk,
            PassPeer.Answering answering,
            StoreOptions options,
            int maxPending) {
        this(folder, disk, answering, options, maxPending, Map.of(), Map.of());
    }

    private PassWorld(
            Path folder,
            WriteProbe disk,
            PassPeer.Answering answering,
            StoreOptions options,
            int maxPending,
            Map<String, Quota> units,
            Map<String, CostRule> costs) {
        peer = new PassPeer(answering);
        store = SqliteStore.open(folder.resolve("holdfast.db"), options, Clocks.system(), disk);
        store.clients().put("alice", TestClients.hash("key-alice"), false, maxPending);
        List<RouteDoor> doors = new ArrayList<>();
        doors.add(door("/any/{rest...}", "/{rest}", Duration.ZERO, costs));
        doors.add(door("/any/v2/{id}/x", "/two/{id}", Duration.ZERO, costs));
        doors.add(door("/held/{rest...}", "/{rest}", Duration.ofMinutes(1), costs));
        Map<String, HttpCallTemplate> calls = new HashMap<>();
        TreeSet<Integer> done = new TreeSet<>(IntStream.range(200, 300).boxed().toList());
        for (RouteDoor door : doors) {
            calls.put(
                    door.path(),
                    HttpCallTemplate.passing(
                                    StatusRules.of(done),
                                    false,
                                    door.policy().shape(),
                                    new AsItCame(
                                            true,
                                            HeaderChoice.ofAnswers(
                                                    List.of("x-*", "location", "etag")),
                                            MAX_ANSWER))
                            .costing(costs));
        }
        RouteDoor asked = asked();
        calls.put(
                asked.path(),
                HttpCallTemplate.of(
                        "GET",
                        "/asked",
                        Map.of("q", "{q}"),
                        Set.of(200),
                        Set.of(400),
                        asked.policy().shape()));
        doors.add(asked);
        http =
                new HttpUpstream(
                        vertx,
                        new HttpUpstreamOptions(
                                peer.url(),
                                Map.of("Authorization", "upstream-secret"),
                                Duration.ofSeconds(60),
                                true,
                                200,
                                calls),
                        InstantSource.system(),
                        store.contents(),
                        CallMemory.UNBOUNDED,
                        () -> 0);
        engine = engine(doors, units);
        gateway =
                new Gateway(
                        vertx,
                        new GatewaySettings("127.0.0.1", 0, ANSWER_WITHIN, 2),
                        engine,
                        doors,
                        new Authenticator(store.clients(), false),
                        new WebhookPorts(
                                url -> new WebhookUrls.Verdict.Allowed(URI.create(url)),
                                (_, _) -> new CompletableFuture<>(),
                                store.clients()::rotateWebhookSecret,
                                List::of),
                        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                        new ArrayList<>(),
                        RequestTraces.NONE);
        port = gateway.start().toCompletionStage().toCompletableFuture().join();
    }

    private static RouteDoor asked() {
        return new RouteDoor(
                new RoutePolicy(
                        "/asked",
                        "api",
                        true,
                        Duration.ZERO,
                        1000,
                        new ResultShape("a", ResultShape.From.TEXT, Map.of())),
                Set.of("GET"),
                List.of(new RouteDoor.Param("q", true, 100)),
                Duration.ofMinutes(1),
                null);
    }

    private static RouteDoor door(
            String path, String target, Duration hold, Map<String, CostRule> costs) {
        PassRoute pass =
                new PassRoute(
                        PathTemplate.parse(path),
                        target,
                        true,
                        PassRoute.choice(List.of("accept", "x-*", "idempotency-key")),
                        Body.MAX_BYTES,
                        null);
        return new RouteDoor(
                new RoutePolicy(
                        path,
                        "api",
                        false,
                        Duration.ZERO,
                        1000,
                        new ResultShape("body", ResultShape.From.BYTES, Map.of()),
                        costs),
                PassRoute.METHODS,
                List.of(),
                hold,
                pass);
    }

    private Engine engine(List<RouteDoor> doors, Map<String, Quota> units) {
        RetryPolicy retry =
                new RetryPolicy(
                        RetryPolicy.Backoff.FIXED,
                        Duration.ofMillis(20),
                        Duration.ofMillis(20),
                        0,
                        0,
                        Duration.ofHours(1));
        UpstreamPolicy policy =
                new UpstreamPolicy(
                        "api",
                        Quota.NONE,
                        new TreeMap<>(units),
                        200,
                        Duration.ofSeconds(60),
                        retry,
                        BreakerPolicy.DEFAULT,
                        null,
                        100_000,
                        null);
        Engine made =
                new Engine(
                        new EngineParts(
                                store,
                                Map.of("api", http),
                                List.of(policy),
                                doors.stream().map(RouteDoor::policy).toList(),
                                loop,
                                loop,
                                loop.readers(),
                                RandomGenerator.getDefault(),
                                ANSWER_WITHIN,
                                _ -> {}));
        made.start();
        return made;
    }

    HttpRequest.Builder to(String path, String... headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .timeout(Duration.ofSeconds(90))
                        .header("Authorization", "Bearer key-alice");
        return headers.length == 0 ? request : request.headers(headers);
    }

    HttpResponse<byte[]> send(HttpRequest.Builder request) {
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    CompletableFuture<HttpResponse<byte[]>> sendLater(HttpRequest.Builder request) {
        return client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    HttpResponse<byte[]> get(String path, String... headers) {
        return send(to(path, headers));
    }

    HttpResponse<byte[]> post(String path, byte[] body, String... headers) {
        return send(to(path, headers).POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    /** Bytes as they are, and all that comes back until the gateway closes. */
    String raw(String bytes) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            try {
                socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
                socket.getOutputStream().flush();
            } catch (SocketException refused) {
                // It answers and closes without hearing all of it.
            }
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    /** The same, and what comes back first: at least a status line, unless nothing comes. */
    String start(String bytes) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            return new String(
                    socket.getInputStream().readNBytes(STATUS_BYTES), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    /** Ends what is held early, as a stop does. */
    void release() {
        gateway.release();
    }

    /** How many answers are held. */
    int held() {
        return gateway.holds.count();
    }

    static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        client.close();
        gateway.stop().toCompletionStage().toCompletableFuture().join();
        engine.close();
        loop.close();
        http.close();
        peer.close();
        store.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
