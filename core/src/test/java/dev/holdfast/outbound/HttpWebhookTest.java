package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.webhook.Webhooks.Told;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PfxOptions;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HttpWebhookTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final AddressGuard LOOPBACK = new AddressGuard(List.of("127.0.0.0/8"));
    private static final AddressGuard PUBLIC_ONLY = new AddressGuard(List.of());
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final String OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    private static final byte[] BODY = "{\"a\":\"é\"}".getBytes(StandardCharsets.UTF_8);

    private static Vertx vertx;

    @BeforeAll
    static void startVertx() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stopVertx() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Test
    void aPostKeepsTheUrlsOwnQueryAndItsHeaders() throws Exception {
        try (RawServer server = RawServer.answering(OK);
                HttpWebhook webhook = new HttpWebhook(vertx, LOOPBACK, LONG, () -> NOW)) {
            Told told =
                    webhook.post(
                                    at(server, "/hook/%C3%A9?shop=1&x=a%20b+c"),
                                    Map.of("webhook-id", "msg_1", "Host", "evil", "x-a", "b"),
                                    BODY)
                            .toCompletableFuture()
                            .get(30, TimeUnit.SECONDS);

            assertThat(told).isInstanceOf(Told.Delivered.class);
            assertThat(server.request())
                    .startsWith("POST /hook/%C3%A9?shop=1&x=a%20b+c HTTP/1.1\r\n")
                    .containsIgnoringCase("host: 127.0.0.1:" + server.port() + "\r\n")
                    .containsIgnoringCase("content-type: application/json\r\n")
                    .containsIgnoringCase("webhook-id: msg_1\r\n")
                    .containsIgnoringCase("x-a: b\r\n")
                    .doesNotContain("evil")
                    .endsWith("\r\n\r\n{\"a\":\"é\"}");
        }
    }

    @Test
    void aUrlWithoutPathIsPostedToItsRoot() throws Exception {
        try (RawServer server = RawServer.answering(OK);
                HttpWebhook webhook = new HttpWebhook(vertx, LOOPBACK, LONG, () -> NOW)) {
            post(webhook, at(server, "?q=1"));
            assertThat(server.request()).startsWith("POST /?q=1 HTTP/1.1\r\n");
        }
    }

    @Test
    void goneEndsTheWebhook() throws Exception {
        assertThat(answered("410 Gone", "")).isInstanceOf(Told.Gone.class);
    }

    @Test
    void aBusyReceiverSaysWhenToComeAgain() throws Exception {
        assertThat(notDelivered(answered("429 x", "retry-after: 9\r\n")).retryAfter())
                .isEqualTo(Duration.ofSeconds(9));
        assertThat(
                        notDelivered(
                                        answered(
                                                "503 x",
                                                "retry-after: Thu, 01 Jan 2026 00:01:30 GMT\r\n"))
                                .retryAfter())
                .isEqualTo(Duration.ofSeconds(90));
        Told.NotDelivered plain = notDelivered(answered("500 x", "retry-after: 9\r\n"));
        assertThat(plain.retryAfter()).isNull();
        assertThat(plain.status()).isEqualTo(500);
        assertThat(plain.hostDown()).isFalse();
        assertThat(plain.error()).isEqualTo("answered 500");
    }

    @Test
    void aRedirectIsNotFollowed() throws Exception {
        try (RawServer internal = RawServer.answering(OK)) {
            Told told =
                    answered(
                            "302 Found",
                            "location: http://127.0.0.1:" + internal.port() + "/admin\r\n");

            assertThat(notDelivered(told).status()).isEqualTo(302);
            assertThat(notDelivered(told).error()).contains("redirects are not followed");
            assertThat(internal.connections()).isZero();
        }
    }

    @Test
    void aReceiverThatHangsEndsAtTheTimeout() throws Exception {
        try (RawServer server =
                        new RawServer(
                                connection -> {
                                    connection.readRequest();
                                    connection.hang();
                                });
                HttpWebhook webhook = new HttpWebhook(vertx, LOOPBACK, SHORT, () -> NOW)) {
            Told.NotDelivered told = notDelivered(post(webhook, at(server, "/?token=secret")));

            assertThat(told.hostDown()).isTrue();
            assertThat(told.status()).isNull();
            assertThat(told.latency()).isBetween(SHORT.minusMillis(50), SHORT.plusSeconds(2));
            assertThat(told.error()).isEqualTo("no answer within 300 ms");
            server.awaitFired("hung");
            server.awaitFired("given up");
        }
    }

    @Test
    void aRefusedConnectionShowsThatTheHostIsDown() throws Exception {
        int port;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = taken.getLocalPort();
        }
        try (HttpWebhook webhook = new HttpWebhook(vertx, LOOPBACK, LONG, () -> NOW)) {
            Told.NotDelivered told =
                    notDelivered(post(webhook, URI.create("http://127.0.0.1:" + port + "/")));

            assertThat(told.hostDown()).isTrue();
            assertThat(told.error()).isEqualTo("connection refused");
        }
    }

    @Test
    void aBrokenConnectionAndGarbageAreNotDelivered() throws Exception {
        try (RawServer resets =
                        new RawServer(
                                connection -> {
                                    connection.readRequest();
                                    connection.reset();
                                });
                RawServer garbage = RawServer.answering("hello\r\n\r\n");
                HttpWebhook webhook = new HttpWebhook(vertx, LOOPBACK, LONG, () -> NOW)) {
            assertThat(notDelivered(post(webhook, at(resets, "/"))).error())
                    .isEqualTo("the connection broke before the answer");
            resets.awaitFired("reset");
            assertThat(notDelivered(post(webhook, at(garbage, "/"))).error())
                    .isEqualTo("the answer is not HTTP");
        }
    }

    @Test
    void anEndlessAnswerIsDroppedAtItsBound() throws Exception {
        String chunk = "4000\r\n" + "x".repeat(0x4000) + "\r\n";
        try (RawServer server =
                        new RawServer(
                                connection -> {
                                    connection.readRequest();
                                    connection.write(
                                            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
                                    while (true) {
                                        connection.write(chunk);
                                    }
                                });
                HttpWebhook webhook = new HttpWebhook(vertx, LOOPBACK, LONG, () -> NOW)) {
            assertThat(post(webhook, at(server, "/"))).isInstanceOf(Told.Delivered.class);
            server.awaitFired("broken by the client");
        }
    }

    @Test
    void connectionsAreKeptForTheNextPost() throws Exception {
        List<String> lookedUp = new CopyOnWriteArrayList<>();
        try (RawServer server = RawServer.answering(OK);
                HttpWebhook webhook = webhook(LOOPBACK, LONG, lookedUp, "127.0.0.1")) {
            for (int i = 0; i < 10; i++) {
                assertThat(post(webhook, named("hooks.example.com", server)))
                        .isInstanceOf(Told.Delivered.class);
            }
            assertThat(server.connections()).isEqualTo(1);
            assertThat(server.request())
                    .containsIgnoringCase("host: hooks.example.com:" + server.port() + "\r\n");
            assertThat(lookedUp).hasSize(10);
        }
    }

    @Test
    void aNameThatChangesItsAnswerIsRefusedWhenConnecting() throws Exception {
        try (RawServer server = RawServer.answering(OK);
                HttpWebhook webhook = webhook(PUBLIC_ONLY, LONG, new ArrayList<>(), "127.0.0.1")) {
            URI url = named("rebind.example.com", server);

            assertThat(PUBLIC_ONLY.check(url.toString())).isInstanceOf(AddressGuard.Allowed.class);
            assertThat(post(webhook, url))
                    .isInstanceOfSatisfying(
                            Told.Forbidden.class,
                            told -> assertThat(told.reason()).contains("127.0.0.1 is loopback"));
            assertThat(server.connections()).isZero();
        }
    }

    @Test
    void aNameThatTurnsInternalLosesItsPooledConnectionToo() throws Exception {
        List<String> answers = new CopyOnWriteArrayList<>(List.of("127.0.0.1", "127.0.0.2"));
        Names turning = host -> Future.succeededFuture(List.of(address(answers.removeFirst())));
        AddressGuard onlyOne = new AddressGuard(List.of("127.0.0.1/32"));
        try (RawServer server = RawServer.answering(OK);
                HttpWebhook webhook =
                        new HttpWebhook(vertx, onlyOne, LONG, () -> NOW, turning, null)) {
            URI url = named("turning.example.com", server);

            assertThat(post(webhook, url)).isInstanceOf(Told.Delivered.class);
            assertThat(post(webhook, url)).isInstanceOf(Told.Forbidden.class);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void onlyTheAllowedOnesOfANamesAddressesAreTried() throws Exception {
        try (RawServer server = RawServer.answering(OK);
                HttpWebhook webhook =
                        webhook(
                                new AddressGuard(List.of("127.0.0.1/32", "127.0.0.9/32")),
                                LONG,
                                new ArrayList<>(),
                                "::1",
                                "10.0.0.1",
                                "127.0.0.9",
                                "127.0.0.1")) {
            // Nothing listens on 127.0.0.9: the next allowed address is used.
            assertThat(post(webhook, named("many.example.com", server)))
                    .isInstanceOf(Told.Delivered.class);
        }
    }

    @Test
    void aNameThatIsNotFoundOrNotInTimeShowsThatTheHostIsDown() throws Exception {
        Names failing = host -> Future.failedFuture("no such name");
        Names hanging = host -> Promise.<List<InetAddress>>promise().future();
        URI url = URI.create("http://hooks.example.com/");
        try (HttpWebhook unknown =
                        new HttpWebhook(vertx, PUBLIC_ONLY, LONG, () -> NOW, failing, null);
                HttpWebhook slow =
                        new HttpWebhook(vertx, PUBLIC_ONLY, SHORT, () -> NOW, hanging, null)) {
            assertThat(notDelivered(post(unknown, url)).hostDown()).isTrue();
            assertThat(notDelivered(post(slow, url)).error())
                    .isEqualTo("the host's name was not found in time");
        }
    }

    @Test
    void aForbiddenUrlIsNotEvenLookedUp() throws Exception {
        List<String> lookedUp = new CopyOnWriteArrayList<>();
        try (HttpWebhook webhook = webhook(PUBLIC_ONLY, LONG, lookedUp, "127.0.0.1")) {
            for (String url :
                    List.of("ftp://example.com/", "http://127.0.0.1/", "http://localhost/")) {
                assertThat(post(webhook, URI.create(url))).isInstanceOf(Told.Forbidden.class);
            }
            assertThat(lookedUp).isEmpty();
        }
    }

    @Test
    void tlsIsMadeToTheCheckedAddressUnderTheHostsOwnName(@TempDir Path folder) throws Exception {
        PfxOptions certificate = TestCertificate.forHost("hooks.example.com", folder);
        List<String> indicated = new CopyOnWriteArrayList<>();
        HttpServer server =
                vertx.createHttpServer(
                        new HttpServerOptions()
                                .setHost("127.0.0.1")
                                .setPort(0)
                                .setSsl(true)
                                .setSni(true)
                                .setKeyCertOptions(certificate));
        server.requestHandler(
                request -> {
                    indicated.add(request.connection().indicatedServerName());
                    indicated.add(request.authority().host());
                    request.response().end();
                });
        server.listen().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        Names here = host -> Future.succeededFuture(List.of(address("127.0.0.1")));
        try (HttpWebhook trusting =
                        new HttpWebhook(vertx, LOOPBACK, LONG, () -> NOW, here, certificate);
                HttpWebhook doubting =
                        new HttpWebhook(vertx, LOOPBACK, LONG, () -> NOW, here, null)) {
            int port = server.actualPort();
            assertThat(post(trusting, URI.create("https://hooks.example.com:" + port + "/")))
                    .isInstanceOf(Told.Delivered.class);
            assertThat(indicated).containsExactly("hooks.example.com", "hooks.example.com");
            for (Told told :
                    List.of(
                            post(trusting, URI.create("https://other.example.com:" + port + "/")),
                            post(
                                    doubting,
                                    URI.create("https://hooks.example.com:" + port + "/")))) {
                assertThat(notDelivered(told).error()).startsWith("no TLS connection");
                assertThat(notDelivered(told).hostDown()).isTrue();
            }
            assertThat(indicated).hasSize(2);
        } finally {
            server.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void aHeaderThatCannotBeSentIsNotDelivered() throws Exception {
        try (RawServer server = RawServer.answering(OK);
                HttpWebhook webhook = new HttpWebhook(vertx, LOOPBACK, LONG, () -> NOW)) {
            Told told =
                    webhook.post(at(server, "/"), Map.of("x-a", "b\r\nx-evil: 1"), BODY)
                            .toCompletableFuture()
                            .get(30, TimeUnit.SECONDS);

            assertThat(notDelivered(told).hostDown()).isFalse();
            assertThat(server.unreadRequests()).isZero();
        }
    }

    @Test
    void aClosedWebhookStillEndsItsPosts() throws Exception {
        try (RawServer server = RawServer.answering(OK)) {
            HttpWebhook webhook = new HttpWebhook(vertx, LOOPBACK, LONG, () -> NOW);
            webhook.close();

            assertThat(post(webhook, at(server, "/"))).isInstanceOf(Told.NotDelivered.class);
        }
    }

    private static Told answered(String status, String headers) throws Exception {
        try (RawServer server =
                        RawServer.answering(
                                "HTTP/1.1 "
                                        + status
                                        + "\r\ncontent-length: 0\r\n"
                                        + headers
                                        + "\r\n");
                HttpWebhook webhook = new HttpWebhook(vertx, LOOPBACK, LONG, () -> NOW)) {
            Told told = post(webhook, at(server, "/"));
            server.request();
            return told;
        }
    }

    private static Told post(HttpWebhook webhook, URI url) throws Exception {
        return webhook.post(url, Map.of("webhook-id", "msg_1"), BODY)
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    private static Told.NotDelivered notDelivered(Told told) {
        assertThat(told).isInstanceOf(Told.NotDelivered.class);
        return (Told.NotDelivered) told;
    }

    private static HttpWebhook webhook(
            AddressGuard guard, Duration timeout, List<String> lookedUp, String... addresses) {
        Names names =
                host -> {
                    lookedUp.add(host);
                    return Future.succeededFuture(
                            List.of(addresses).stream().map(HttpWebhookTest::address).toList());
                };
        return new HttpWebhook(vertx, guard, timeout, () -> NOW, names, null);
    }

    private static InetAddress address(String literal) {
        return InetAddress.ofLiteral(literal);
    }

    private static URI at(RawServer server, String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    private static URI named(String host, RawServer server) {
        return URI.create("http://" + host + ":" + server.port() + "/");
    }
}
