package dev.holdfast.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.bulk.OperationRunner;
import dev.holdfast.engine.Engine;
import dev.holdfast.engine.EngineParts;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.engine.loop.Loop;
import dev.holdfast.gateway.console.Console;
import dev.holdfast.gateway.console.ConverterView;
import dev.holdfast.gateway.ports.WebhookPorts;
import dev.holdfast.gateway.ports.WebhookUrls;
import dev.holdfast.gateway.server.Authenticator;
import dev.holdfast.gateway.server.Endpoint;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.server.Place;
import dev.holdfast.gateway.server.RequestTraces;
import dev.holdfast.gateway.wire.Entrance;
import dev.holdfast.gateway.wire.ListenerLimits;
import dev.holdfast.http.Headers;
import dev.holdfast.outbound.AddressGuard;
import dev.holdfast.outbound.CallBody;
import dev.holdfast.outbound.HttpCallTemplate;
import dev.holdfast.outbound.HttpUpstream;
import dev.holdfast.outbound.HttpUpstreamOptions;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.PartitionBy;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.StatusRules;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.sqlite.Clocks;
import dev.holdfast.store.sqlite.SqliteStore;
import dev.holdfast.webhook.Webhooks;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * A gateway on a real engine and store, before a simulated upstream without failures, with three
 * clients: alice, bob and the admin ops, whose keys are {@code key-} and their names.
 */
public final class Rig implements AutoCloseable {
    public static final Duration ANSWER_WITHIN = Duration.ofMillis(1500);

    /** What {@code /third/large} answers: more than the kernel's buffers keep for one. */
    static final int LARGE_BYTES = 8 << 20;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String UPSTREAM_KEY = "upstream-secret";
    private static final ResultShape VERIFIED =
            new ResultShape("valid", ResultShape.From.STATUS, Map.of(200, "true", 400, "false"));

    /** A converter that has answered two messages. */
    static final ConverterView CONVERTER =
            new ConverterView() {
                @Override
                public Snapshot snapshot() {
                    return new Snapshot(
                            true,
                            "EUR",
                            3,
                            Duration.ofMillis(700),
                            null,
                            Map.of("messages", 2L),
                            Map.of("date_in_future", 1L));
                }

                @Override
                public List<Message> messages() {
                    LocalDate day = LocalDate.of(2021, 5, 18);
                    BigDecimal stake = new BigDecimal("253.67");
                    BigDecimal result = new BigDecimal("207.55195");
                    return List.of(
                            new Message(1, Instant.EPOCH, "7", stake, "USD", day, result, null),
                            new Message(2, Instant.EPOCH, "8", null, null, null, null, "no"));
                }

                @Override
                public RateTable rates() {
                    LocalDate day = LocalDate.of(2021, 5, 18);
                    return new RateTable(day, day, Map.of("USD", new BigDecimal("0.8182")));
                }
            };

    final Vertx vertx = Entrance.open(new VertxOptions());
    final SimulatedUpstream upstream;
    final SqliteStore store;
    final Engine engine;
    final Loop loop = new Loop("engine");
    final Console console;
    public final Gateway gateway;
    public final int port;
    private final HttpUpstream http;
    private final HttpClient client;
    private final String origin;
    final OpenApi openApi = new OpenApi();

    /**
     * What differs from test to test.
     *
     * @param quota calls in ten minutes; 0 = no quota
     * @param maxPending of alice and bob
     * @param maxAttempts 0 = no limit
     */
    public record Figures(int quota, int maxPending, int maxQueue, int maxAttempts) {
        public static final Figures FREE = new Figures(0, 1000, 1000, 0);

        Figures quota(int calls) {
            return new Figures(calls, maxPending, maxQueue, maxAttempts);
        }

        Figures maxPending(int requests) {
            return new Figures(quota, requests, maxQueue, maxAttempts);
        }

        Figures maxQueue(int requests) {
            return new Figures(quota, maxPending, requests, maxAttempts);
        }

        Figures maxAttempts(int attempts) {
            return new Figures(quota, maxPending, maxQueue, attempts);
        }
    }

    public Rig(Path folder, Figures figures) {
        this(folder, figures, WriteProbe.NONE);
    }

    /** On a disk that does as the probe says. */
    Rig(Path folder, Figures figures, WriteProbe disk) {
        this(folder, figures, false, new GatewaySettings("127.0.0.1", 0, ANSWER_WITHIN, 2), disk);
    }

    /**
     * @param open whether no client has a key
     */
    public Rig(Path folder, Figures figures, boolean open, GatewaySettings settings) {
        this(folder, figures, open, settings, WriteProbe.NONE);
    }

    private Rig(
            Path folder, Figures figures, boolean open, GatewaySettings settings, WriteProbe disk) {
        this(folder, figures, open, settings, disk, HttpClient.newHttpClient());
    }

    /** One that is asked over HTTP/2. */
    static Rig http2(Path folder, Figures figures) {
        try {
            return http2(folder, figures, PemCertificate.make(folder), ListenerLimits.DEFAULT);
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    static Rig http2(
            Path folder, Figures figures, PemCertificate certificate, ListenerLimits limits) {
        var settings =
                new GatewaySettings(
                        new Place("127.0.0.1", 0),
                        null,
                        certificate.files(),
                        limits,
                        ANSWER_WITHIN,
                        2);
        try {
            HttpClient client =
                    HttpClient.newBuilder()
                            .sslContext(certificate.trusting())
                            .version(HttpClient.Version.HTTP_2)
                            .build();
            return new Rig(folder, figures, false, settings, WriteProbe.NONE, client);
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private Rig(
            Path folder,
            Figures figures,
            boolean open,
            GatewaySettings settings,
            WriteProbe disk,
            HttpClient client) {
        this.client = client;
        upstream =
                new SimulatedUpstream(
                                vertx,
                                SimulatedUpstream.Options.unlimited(1)
                                        .key(UPSTREAM_KEY)
                                        .latency(Latency.always(Duration.ofMillis(5))))
                        .start();
        store =
                SqliteStore.open(
                        folder.resolve("holdfast.db"), StoreOptions.DEFAULT, Clocks.system(), disk);
        if (open) {
            store.clients().put("anybody", null, true, figures.maxPending());
        } else {
            store.clients()
                    .put("alice", TestClients.hash("key-alice"), false, figures.maxPending());
            store.clients().put("bob", TestClients.hash("key-bob"), false, figures.maxPending());
            store.clients().put("ops", TestClients.hash("key-ops"), true, 1000);
        }
        http = new HttpUpstream(vertx, calls(), InstantSource.system());
        engine = engine(figures);
        console = new Console(vertx, engine, CONVERTER, "holdfast 1.2.3");
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        gateway =
                new Gateway(
                        vertx,
                        settings,
                        engine,
                        doors(),
                        new Authenticator(store.clients(), open),
                        webhooks(),
                        registry,
                        others(registry),
                        RequestTraces.NONE);
        console.start();
        port = gateway.start().toCompletionStage().toCompletableFuture().join();
        origin = (settings.tls() == null ? "http://127.0.0.1:" : "https://localhost:") + port;
    }

    private List<Endpoint> others(MeterRegistry registry) {
        List<Endpoint> others = new ArrayList<>(console.endpoints(registry));
        others.add(
                endpoint(
                        "/third/admins",
                        Endpoint.Access.ADMIN,
                        exchange -> text(exchange, "for admins"),
                        registry));
        others.add(
                endpoint(
                        "/third/large",
                        Endpoint.Access.CLIENT,
                        exchange -> text(exchange, "x".repeat(LARGE_BYTES)),
                        registry));
        others.add(
                endpoint(
                        "/third/socket",
                        Endpoint.Access.CLIENT,
                        exchange ->
                                exchange.upgrade()
                                        .onSuccess(
                                                socket ->
                                                        socket.textMessageHandler(
                                                                socket::writeTextMessage)),
                        registry));
        for (String path : List.of("/third/mount", "/third/mount/{+below}")) {
            others.add(
                    endpoint(
                            path,
                            Endpoint.Access.ANYBODY,
                            exchange -> text(exchange, "the mount"),
                            registry));
        }
        return others;
    }

    private static void text(Exchange exchange, String text) {
        exchange.send(200, Headers.TEXT, Buffer.buffer(text));
    }

    private static Endpoint endpoint(
            String template,
            Endpoint.Access access,
            Consumer<Exchange> get,
            MeterRegistry registry) {
        return new Endpoint(
                template,
                access,
                Map.of(HttpMethod.GET, (exchange, _) -> get.accept(exchange)),
                registry);
    }

    /** Takes a route out of the engine, as a reload does, while its door is open still. */
    void takeOut(String route) {
        List<RoutePolicy> left =
                engine.routes().stream().filter(policy -> !policy.path().equals(route)).toList();
        engine.reload(Map.of("signing", http), List.of(policy(Figures.FREE)), left)
                .toCompletableFuture()
                .join();
    }

    private static UpstreamPolicy policy(Figures figures) {
        Quota quota =
                figures.quota() == 0
                        ? Quota.NONE
                        : new Quota(List.of(new Window(figures.quota(), Duration.ofMinutes(10))));
        RetryPolicy retry =
                new RetryPolicy(
                        RetryPolicy.Backoff.FIXED,
                        Duration.ofMillis(20),
                        Duration.ofMillis(20),
                        0,
                        figures.maxAttempts(),
                        Duration.ofHours(1));
        return new UpstreamPolicy(
                "signing", quota, 10, Duration.ofSeconds(20), retry, figures.maxQueue());
    }

    private Engine engine(Figures figures) {
        Engine made =
                new Engine(
                        new EngineParts(
                                store,
                                Map.of("signing", http),
                                List.of(policy(figures)),
                                doors().stream().map(RouteDoor::policy).toList(),
                                loop,
                                loop,
                                loop.readers(),
                                RandomGenerator.getDefault(),
                                ANSWER_WITHIN,
                                _ -> {}));
        made.start();
        new OperationRunner(made, loop, loop, loop.readers(), UUID.randomUUID()).start();
        return made;
    }

    private HttpUpstreamOptions calls() {
        Set<Integer> rejectOn = Set.of(400, 401, 403, 404, 413, 422);
        return new HttpUpstreamOptions(
                upstream.uri(),
                Map.of("Authorization", UPSTREAM_KEY),
                Duration.ofSeconds(20),
                true,
                10,
                Map.of(
                        "/crypto/sign",
                        HttpCallTemplate.of(
                                "GET",
                                "/crypto/sign",
                                Map.of("message", "{message}"),
                                Set.of(200),
                                rejectOn,
                                text("signature")),
                        "/crypto/verify",
                        HttpCallTemplate.of(
                                "GET",
                                "/crypto/verify",
                                Map.of("message", "{message}", "signature", "{signature}"),
                                Set.of(200, 400),
                                Set.of(),
                                VERIFIED),
                        "/missing",
                        HttpCallTemplate.of(
                                "GET", "/missing", Map.of(), Set.of(200), rejectOn, text("x")),
                        "/third/echo",
                        new HttpCallTemplate(
                                "POST",
                                "/v1/echo-json",
                                Map.of(),
                                Map.of(),
                                new CallBody.Json("{\"text\":\"{text}\",\"lang\":\"{lang}\"}"),
                                new StatusRules(Set.of(200), rejectOn),
                                false,
                                new ResultShape("answer", ResultShape.From.JSON, Map.of()))));
    }

    static List<RouteDoor> doors() {
        RouteDoor.Param message = new RouteDoor.Param("message", true, 4096);
        RouteDoor.Param signature = new RouteDoor.Param("signature", true, 4096);
        return List.of(
                door("/crypto/sign", text("signature"), Set.of("GET", "POST"), message),
                door("/crypto/verify", VERIFIED, Set.of("GET", "POST"), message, signature),
                door("/missing", text("x"), Set.of("GET")),
                door(
                        "/third/echo",
                        new ResultShape("answer", ResultShape.From.JSON, Map.of()),
                        Set.of("POST"),
                        new RouteDoor.Param("text", true, 100),
                        new RouteDoor.Param("lang", false, 10)));
    }

    private static ResultShape text(String field) {
        return new ResultShape(field, ResultShape.From.TEXT, Map.of());
    }

    private static RouteDoor door(
            String path, ResultShape shape, Set<String> methods, RouteDoor.Param... params) {
        boolean repeatable = !path.equals("/third/echo");
        Duration ttl = repeatable ? Duration.ofDays(30) : Duration.ZERO;
        return new RouteDoor(
                new RoutePolicy(
                        path,
                        "signing",
                        repeatable,
                        ttl,
                        1000,
                        shape,
                        Map.of(),
                        repeatable ? null : PartitionBy.parse("{client}")),
                methods,
                List.of(params));
    }

    private WebhookPorts webhooks() {
        AddressGuard guard = new AddressGuard(List.of());
        return new WebhookPorts(
                url ->
                        switch (guard.check(url)) {
                            case AddressGuard.Allowed(URI allowed, _) ->
                                    new WebhookUrls.Verdict.Allowed(allowed);
                            case AddressGuard.Forbidden(_, String words) ->
                                    new WebhookUrls.Verdict.Forbidden(words);
                        },
                (_, url) ->
                        switch (url.getPath()) {
                            case "/hangs" -> new CompletableFuture<>();
                            case "/breaks" -> throw new IllegalStateException("a fault of ours");
                            default ->
                                    CompletableFuture.completedFuture(
                                            new Webhooks.Told.Delivered(204, Duration.ofMillis(3)));
                        },
                store.clients()::rotateWebhookSecret,
                () -> List.of("whpk_MCowBQYDK2VwAyEAbm90IGEgcmVhbCBrZXk="));
    }

    /** A request to be sent. */
    HttpRequest.Builder to(String path, String who) {
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(URI.create(origin + path)).timeout(Duration.ofSeconds(30));
        return who == null ? builder : builder.header("Authorization", "key-" + who);
    }

    HttpResponse<String> get(String path, String who, String... headers) {
        HttpRequest.Builder builder = to(path, who);
        return send(headers.length == 0 ? builder : builder.headers(headers));
    }

    HttpResponse<String> call(String method, String path, String who) {
        return send(to(path, who).method(method, HttpRequest.BodyPublishers.noBody()));
    }

    HttpResponse<String> patch(String path, String who, String body) {
        return send(
                to(path, who)
                        .header("Content-Type", "application/json")
                        .method("PATCH", HttpRequest.BodyPublishers.ofString(body)));
    }

    static String encoded(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }

    HttpResponse<String> put(String path, String who, String body) {
        return send(
                to(path, who)
                        .header("Content-Type", "application/json")
                        .PUT(HttpRequest.BodyPublishers.ofString(body)));
    }

    HttpResponse<String> post(String path, String who, String type, String body) {
        return send(
                to(path, who)
                        .header("Content-Type", type)
                        .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** Sends it; every answer is held against the OpenAPI document. */
    HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            openApi.check(response);
            return response;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    CompletableFuture<HttpResponse<String>> sendLater(HttpRequest.Builder request) {
        return client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Bytes as they are, and all that comes back until the gateway closes. */
    public String raw(byte[] bytes) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            try {
                socket.getOutputStream().write(bytes);
                socket.getOutputStream().flush();
            } catch (SocketException refused) {
                // It answers and closes without hearing all of it.
            }
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Starts a request for {@code who} that stays pending, and gives its id. */
    String pending(String message, String who) {
        HttpResponse<String> receipt =
                get("/crypto/sign?message=" + message, who, "Prefer", "respond-async");
        if (receipt.statusCode() != 202) {
            throw new AssertionError(receipt.statusCode() + " " + receipt.body());
        }
        return json(receipt).get("id").asText();
    }

    static JsonNode json(HttpResponse<String> response) {
        try {
            return JSON.readTree(response.body());
        } catch (IOException e) {
            throw new AssertionError(response.statusCode() + " " + response.body(), e);
        }
    }

    static String problem(HttpResponse<String> response) {
        String type = json(response).path("type").asText();
        return response.statusCode() + " " + type.substring(type.lastIndexOf('/') + 1);
    }

    @Override
    public void close() {
        client.close();
        console.stop().toCompletableFuture().join();
        gateway.stop().toCompletionStage().toCompletableFuture().join();
        engine.close();
        loop.close();
        http.close();
        upstream.close();
        store.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
