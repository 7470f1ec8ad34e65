package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.engine.Upstream;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import dev.holdfast.request.ResultShape;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HttpUpstreamTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final ResultShape TEXT =
            new ResultShape("signature", ResultShape.From.TEXT, Map.of());
    private static final ResultShape JSON =
            new ResultShape("answer", ResultShape.From.JSON, Map.of());
    private static final String OK =
            "HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-type: text/plain\r\n\r\nc2ln";

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
    void aPageInTheApisPlaceIsNoResult() throws Exception {
        String page =
                "HTTP/1.1 200 OK\r\ncontent-length: 6\r\ncontent-type: Text/HTML;charset=x\r\n";
        try (RawServer server = RawServer.answering(page + "\r\n<html>")) {
            assertThat(sign(server, "hi", LONG)).isEqualTo(failed(Outcome.Why.GARBAGE, 200, true));
        }
    }

    @Test
    void theAnswersTextIsTheResultAsItCame() throws Exception {
        try (RawServer server = RawServer.answering(OK)) {
            assertThat(sign(server, "hi", LONG))
                    .isEqualTo(new Outcome.Done(new Result(200, "c2ln")));
        }
    }

    @Test
    void aParameterIsPercentEncodedInTheQueryAndHeadersAreSent() throws Exception {
        try (RawServer server = RawServer.answering(OK)) {
            sign(server, "a b&c=d+é/\"{x}#%", LONG);

            String request = server.request();
            assertThat(request)
                    .startsWith(
                            "GET /base/crypto/sign?message="
                                    + "a%20b%26c%3Dd%2B%C3%A9%2F%22%7Bx%7D%23%25 HTTP/1.1\r\n")
                    .containsIgnoringCase("authorization: top-secret\r\n")
                    .containsIgnoringCase("host: localhost:" + server.port() + "\r\n")
                    .containsIgnoringCase("x-request-id: req-1\r\n")
                    .doesNotContainIgnoringCase("accept-encoding");
        }
    }

    @Test
    void aJsonBodyIsFilledAndEscapedWhereTheParameterStands() throws Exception {
        HttpCallTemplate template =
                with(
                        "POST",
                        "/v2",
                        new CallBody.Json(
                                "{\"text\":\"<{message}>\",\"n\":{count},\"s\":{word},\"o\":{gone}}"));
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, LONG, template)) {
            call(upstream, Map.of("message", "a\"\\\n\u2028é", "count", "1e3", "word", "x\""));

            assertThat(server.request())
                    .startsWith("POST /base/v2 HTTP/1.1\r\n")
                    .containsIgnoringCase("content-type: application/json\r\n")
                    .endsWith(
                            "{\"text\":\"<a\\\"\\\\\\n\u2028é>\",\"n\":1e3,\"s\":\"x\\\"\",\"o\":null}");
        }
    }

    @Test
    void aFormBodyIsEncodedAndLeavesOutWhatIsAbsent() throws Exception {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("text value", "{message}");
        fields.put("absent", "{gone}");
        fields.put("fixed", "a&b");
        HttpCallTemplate template = with("POST", "/form", new CallBody.Form(fields));
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, LONG, template)) {
            call(upstream, Map.of("message", "x=y&z"));

            assertThat(server.request())
                    .containsIgnoringCase("content-type: application/x-www-form-urlencoded\r\n")
                    .endsWith("\r\n\r\ntext%20value=x%3Dy%26z&fixed=a%26b");
        }
    }

    @Test
    void aTextBodyIsEscapedAsItsContentTypeSays() throws Exception {
        for (String[] example :
                new String[][] {
                    {"application/x-www-form-urlencoded", "a={message}&b={gone}", "a=x%26y&b="},
                    {"text/plain", "say {message}!", "say x&y!"},
                    {"application/problem+json", "[\"{message}\"]", "[\"x&y\"]"}
                }) {
            HttpCallTemplate template =
                    new HttpCallTemplate(
                            "POST",
                            "/text",
                            Map.of(),
                            Map.of("Content-Type", example[0]),
                            CallBody.of(example[1], example[0]),
                            Set.of(200),
                            Set.of(),
                            TEXT);
            try (RawServer server = RawServer.answering(OK);
                    HttpUpstream upstream = upstream(server, LONG, template)) {
                call(upstream, Map.of("message", "x&y"));

                assertThat(server.request())
                        .containsIgnoringCase("content-type: " + example[0] + "\r\n")
                        .endsWith("\r\n\r\n" + example[2]);
            }
        }
    }

    @Test
    void aPostWithoutBodySaysSo() throws Exception {
        HttpCallTemplate template = with("POST", "/none", new CallBody.None());
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, LONG, template)) {
            call(upstream, Map.of());

            assertThat(server.request()).containsIgnoringCase("content-length: 0\r\n");
        }
    }

    @Test
    void aPathParameterStaysInItsSegment() throws Exception {
        HttpCallTemplate template = with("GET", "/docs/{message}/sign", new CallBody.None());
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, LONG, template)) {
            assertThat(call(upstream, Map.of("message", "..")))
                    .isInstanceOf(Outcome.Rejected.class);
            assertThat(call(upstream, Map.of("message", "half \ud800")))
                    .isInstanceOf(Outcome.Rejected.class);
            call(upstream, Map.of("message", "a/../b?c#d"));

            assertThat(server.request())
                    .startsWith("GET /base/docs/a%2F..%2Fb%3Fc%23d/sign HTTP/1.1\r\n");
            assertThat(server.unreadRequests()).isZero();
        }
    }

    @Test
    void aHeaderParameterCannotAddHeaders() throws Exception {
        HttpCallTemplate template =
                new HttpCallTemplate(
                        "GET",
                        "/h",
                        Map.of(),
                        Map.of("x-message", "{message}"),
                        new CallBody.None(),
                        Set.of(200),
                        Set.of(),
                        TEXT);
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, LONG, template)) {
            assertThat(call(upstream, Map.of("message", "a\r\nx-evil: 1")))
                    .isInstanceOf(Outcome.Rejected.class);
            call(upstream, Map.of("message", "plain"));

            assertThat(server.request()).containsIgnoringCase("x-message: plain\r\n");
            assertThat(server.unreadRequests()).isZero();
        }
    }

    @Test
    void aTemplateThatCannotWorkIsRefusedWhenBuilt() {
        HttpCallTemplate broken = with("POST", "/v2", new CallBody.Json("{\"a\":\"{message}}"));
        HttpUpstreamOptions options = options(URI.create("http://localhost:1"), LONG, broken);

        assertThatThrownBy(() -> new HttpUpstream(vertx, options, InstantSource.system()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("route /crypto/sign");
    }

    @Test
    void anUpstreamThatHangsEndsTheCallAtTheTimeout() throws Exception {
        try (RawServer server =
                new RawServer(
                        connection -> {
                            connection.readRequest();
                            connection.hang();
                        })) {
            long started = System.nanoTime();
            Outcome outcome = sign(server, "hi", SHORT);

            assertThat(outcome).isEqualTo(failed(Outcome.Why.TIMEOUT, null, true));
            assertThat(Duration.ofNanos(System.nanoTime() - started))
                    .isBetween(SHORT.minusMillis(50), SHORT.plusSeconds(2));
            server.awaitFired("hung");
            server.awaitFired("given up");
        }
    }

    @Test
    void aBodyThatTricklesEndsAtTheTimeoutToo() throws Exception {
        try (RawServer server =
                new RawServer(
                        connection -> {
                            connection.readRequest();
                            connection.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx");
                            connection.hang();
                        })) {
            assertThat(sign(server, "hi", SHORT)).isEqualTo(failed(Outcome.Why.TIMEOUT, 200, true));
            server.awaitFired("hung");
            server.awaitFired("given up");
        }
    }

    @Test
    void aRefusedConnectionWasCertainlyNotMade() throws Exception {
        int port;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = taken.getLocalPort();
        }
        try (HttpUpstream upstream =
                upstream(URI.create("http://localhost:" + port), LONG, signTemplate())) {
            assertThat(call(upstream, Map.of("message", "hi")))
                    .isEqualTo(failed(Outcome.Why.REFUSED, null, false));
        }
    }

    @Test
    void anUnknownHostWasCertainlyNotReached() throws Exception {
        try (HttpUpstream upstream =
                upstream(
                        URI.create("http://nowhere.invalid"),
                        Duration.ofSeconds(2),
                        signTemplate())) {
            assertThat(call(upstream, Map.of("message", "hi")))
                    .isInstanceOfSatisfying(
                            Outcome.Failed.class,
                            failed -> {
                                assertThat(failed.uncertain()).isFalse();
                                assertThat(failed.why())
                                        .isIn(Outcome.Why.REFUSED, Outcome.Why.TIMEOUT);
                            });
        }
    }

    @Test
    void anUntrustedCertificateSendsNothingUnlessChecksAreOff(@TempDir Path folder)
            throws Exception {
        HttpServer server =
                vertx.createHttpServer(
                        new HttpServerOptions()
                                .setHost("127.0.0.1")
                                .setPort(0)
                                .setSsl(true)
                                .setKeyCertOptions(TestCertificate.forHost("other.test", folder)));
        var asked = new AtomicInteger();
        server.requestHandler(
                request -> {
                    asked.incrementAndGet();
                    request.response().end("c2ln");
                });
        server.listen().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        URI url = URI.create("https://localhost:" + server.actualPort());
        try (HttpUpstream strict = upstream(url, LONG, signTemplate());
                HttpUpstream lax =
                        new HttpUpstream(
                                vertx,
                                new HttpUpstreamOptions(
                                        url,
                                        Map.of(),
                                        LONG,
                                        false,
                                        10,
                                        Map.of("/crypto/sign", signTemplate())),
                                InstantSource.system())) {
            assertThat(call(strict, Map.of("message", "hi")))
                    .isEqualTo(failed(Outcome.Why.REFUSED, null, false));
            assertThat(asked).hasValue(0);
            assertThat(call(lax, Map.of("message", "hi"))).isInstanceOf(Outcome.Done.class);
            assertThat(asked).hasValue(1);
        } finally {
            server.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void somethingThatIsNotTlsSendsNothing() throws Exception {
        try (RawServer server =
                        new RawServer(
                                connection -> {
                                    connection.write("HTTP/1.1 400 Bad Request\r\n\r\n");
                                    connection.hang();
                                });
                HttpUpstream upstream =
                        upstream(
                                URI.create("https://localhost:" + server.port()),
                                LONG,
                                signTemplate())) {
            assertThat(call(upstream, Map.of("message", "hi")))
                    .isEqualTo(failed(Outcome.Why.REFUSED, null, false));
            server.awaitFired("hung");
        }
    }

    @Test
    void aResetAfterSendingIsUncertain() throws Exception {
        try (RawServer server =
                new RawServer(
                        connection -> {
                            connection.readRequest();
                            connection.reset();
                        })) {
            assertThat(sign(server, "hi", LONG)).isEqualTo(failed(Outcome.Why.RESET, null, true));
            server.awaitFired("reset");
        }
    }

    @Test
    void aBodyThatBreaksOffIsUncertain() throws Exception {
        try (RawServer server =
                new RawServer(
                        connection -> {
                            connection.readRequest();
                            connection.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc");
                        })) {
            assertThat(sign(server, "hi", LONG)).isEqualTo(failed(Outcome.Why.RESET, 200, true));
        }
    }

    @Test
    void aStaleConnectionIsNotRetriedBehindTheLedgersBack() throws Exception {
        try (RawServer server =
                        new RawServer(
                                connection -> {
                                    connection.readRequest();
                                    connection.write(OK);
                                    if (connection.readRequest()) {
                                        connection.fire("closed when sent to");
                                    }
                                });
                HttpUpstream upstream = upstream(server, LONG, signTemplate())) {
            assertThat(call(upstream, Map.of("message", "1"))).isInstanceOf(Outcome.Done.class);
            assertThat(call(upstream, Map.of("message", "2")))
                    .isEqualTo(failed(Outcome.Why.RESET, null, true));
            server.awaitFired("closed when sent to");
            assertThat(call(upstream, Map.of("message", "3"))).isInstanceOf(Outcome.Done.class);

            assertThat(server.request()).contains("message=1 ");
            assertThat(server.request()).contains("message=2 ");
            assertThat(server.request()).contains("message=3 ");
            assertThat(server.unreadRequests()).isZero();
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    @Test
    void aConnectionThatIsNotMadeInTimeSendsNothing() throws Exception {
        try (RawServer server = new RawServer(RawServer.Connection::hang);
                HttpUpstream upstream =
                        upstream(
                                URI.create("https://localhost:" + server.port()),
                                SHORT,
                                signTemplate())) {
            // The time limits for TLS and for the whole call end together: either may be first.
            assertThat(call(upstream, Map.of("message", "hi")))
                    .isInstanceOfSatisfying(
                            Outcome.Failed.class,
                            failed -> {
                                assertThat(failed.uncertain()).isFalse();
                                assertThat(failed.why())
                                        .isIn(Outcome.Why.REFUSED, Outcome.Why.TIMEOUT);
                            });
        }
    }

    @Test
    void whatIsNotHttpIsGarbage() throws Exception {
        for (String answer :
                new String[] {
                    "SSH-2.0-OpenSSH_9.2\r\n\r\n",
                    "HTTP/7.3 200 OK\r\n\r\n",
                    "HTTP/1.1 banana\r\n\r\n",
                    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
                    "HTTP/1.1 200 OK\r\nx: " + "y".repeat(HttpUpstream.MAX_HEAD_BYTES) + "\r\n\r\n"
                }) {
            try (RawServer server = RawServer.answering(answer)) {
                assertThat(sign(server, "hi", LONG))
                        .as(answer.substring(0, 15))
                        .isInstanceOfSatisfying(
                                Outcome.Failed.class,
                                failed -> {
                                    assertThat(failed.why()).isEqualTo(Outcome.Why.GARBAGE);
                                    assertThat(failed.uncertain()).isTrue();
                                });
                server.request();
            }
        }
    }

    @Test
    void anAnswerOfTheWrongShapeIsGarbage() throws Exception {
        byte[] invalid =
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab".getBytes(StandardCharsets.UTF_8);
        invalid[invalid.length - 1] = (byte) 0xff;
        Outcome garbage = failed(Outcome.Why.GARBAGE, 200, true);
        try (RawServer empty = RawServer.answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
                RawServer binary =
                        new RawServer(
                                connection -> {
                                    connection.readRequest();
                                    connection.write(invalid);
                                    connection.hang();
                                })) {
            assertThat(sign(empty, "hi", LONG)).isEqualTo(garbage);
            assertThat(sign(binary, "hi", LONG)).isEqualTo(garbage);
        }
        for (String body :
                new String[] {"", "{\"a\":1", "{}{}", "<html>", "\"open", "NaN", "[1,]"}) {
            assertThat(json(body)).as(body).isEqualTo(garbage);
        }
        assertThat(json(" {\"a\":[1,2.50]}\n"))
                .isEqualTo(new Outcome.Done(new Result(200, " {\"a\":[1,2.50]}\n")));
    }

    @Test
    void anAnnouncedBodyThatIsTooLongIsNotRead() throws Exception {
        try (RawServer server =
                new RawServer(
                        connection -> {
                            connection.readRequest();
                            connection.write(
                                    "HTTP/1.1 200 OK\r\ncontent-length: "
                                            + (Result.MAX_BODY_BYTES + 1)
                                            + "\r\n\r\n");
                            connection.hang();
                        })) {
            assertThat(sign(server, "hi", LONG)).isEqualTo(failed(Outcome.Why.GARBAGE, 200, true));
            server.awaitFired("hung");
            server.awaitFired("given up");
        }
    }

    @Test
    void aBodyWithoutEndIsDroppedAtTheBound() throws Exception {
        String chunk = "10000\r\n" + "x".repeat(0x10000) + "\r\n";
        try (RawServer server =
                new RawServer(
                        connection -> {
                            connection.readRequest();
                            connection.write(
                                    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
                            while (true) {
                                connection.write(chunk);
                            }
                        })) {
            assertThat(sign(server, "hi", LONG)).isEqualTo(failed(Outcome.Why.GARBAGE, 200, true));
            server.awaitFired("broken by the client");
        }
    }

    @Test
    void aBodyOfExactlyTheBoundIsKept() throws Exception {
        String body = "x".repeat(Result.MAX_BODY_BYTES);
        try (RawServer server =
                RawServer.answering(
                        "HTTP/1.1 200 OK\r\ncontent-length: "
                                + body.length()
                                + "\r\n\r\n"
                                + body)) {
            assertThat(sign(server, "hi", LONG)).isEqualTo(new Outcome.Done(new Result(200, body)));
        }
    }

    @Test
    void tooManyRequestsIsThrottled() throws Exception {
        assertThat(answered("429 Too Many Requests", "")).isEqualTo(new Outcome.Throttled(null));
        assertThat(answered("429 Too Many Requests", "Retry-After: 17\r\n"))
                .isEqualTo(new Outcome.Throttled(Duration.ofSeconds(17)));
        assertThat(answered("429 x", "Retry-After: Thu, 01 Jan 2026 00:01:30 GMT\r\n"))
                .isEqualTo(new Outcome.Throttled(Duration.ofSeconds(90)));
        assertThat(
                        answered(
                                "429 x",
                                "Date: Sun, 06 Nov 1994 08:49:30 GMT\r\n"
                                        + "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"))
                .isEqualTo(new Outcome.Throttled(Duration.ofSeconds(7)));
    }

    @Test
    void otherStatusesAreFailuresThatTookNoEffect() throws Exception {
        assertThat(answered("503 Unavailable", "Retry-After: 3\r\n"))
                .isEqualTo(
                        new Outcome.Failed(Outcome.Why.STATUS, 503, Duration.ofSeconds(3), false));
        assertThat(answered("502 Bad Gateway", ""))
                .isEqualTo(failed(Outcome.Why.STATUS, 502, false));
    }

    @Test
    void aFailureIsKnownBeforeItsBodyHasEnded() throws Exception {
        try (RawServer server =
                new RawServer(
                        connection -> {
                            connection.readRequest();
                            connection.write("HTTP/1.1 502 x\r\ncontent-length: 100\r\n\r\nslow");
                            connection.hang();
                        })) {
            assertThat(sign(server, "hi", LONG)).isEqualTo(failed(Outcome.Why.STATUS, 502, false));
            server.awaitFired("hung");
        }
    }

    @Test
    void aRefusalCarriesTheStartOfItsBody() throws Exception {
        String body = "é".repeat(3000);
        assertThat(answered("400 Bad Request", "", "Must specify a message."))
                .isEqualTo(new Outcome.Rejected(400, "Must specify a message."));
        assertThat(answered("400 Bad Request", "", body))
                .isEqualTo(
                        new Outcome.Rejected(
                                400, "é".repeat(Outcome.Rejected.MAX_REJECTION_CHARS)));
        assertThat(answered("400 Bad Request", "", "y".repeat(100_000)))
                .isEqualTo(
                        new Outcome.Rejected(
                                400, "y".repeat(Outcome.Rejected.MAX_REJECTION_CHARS)));
    }

    @Test
    void aRedirectIsNotFollowed() throws Exception {
        try (RawServer elsewhere = RawServer.answering(OK);
                RawServer server =
                        RawServer.answering(
                                "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: http://localhost:"
                                        + elsewhere.port()
                                        + "/\r\n\r\n")) {
            assertThat(sign(server, "hi", LONG)).isEqualTo(failed(Outcome.Why.STATUS, 302, false));
            assertThat(elsewhere.connections()).isZero();
        }
    }

    @Test
    void connectionsAreKeptForTheNextCall() throws Exception {
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, LONG, signTemplate())) {
            for (int i = 0; i < 20; i++) {
                assertThat(call(upstream, Map.of("message", "m" + i)))
                        .isInstanceOf(Outcome.Done.class);
            }
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void aClosedUpstreamStillEndsItsCalls() throws Exception {
        try (RawServer server = RawServer.answering(OK)) {
            HttpUpstream upstream = upstream(server, LONG, signTemplate());
            upstream.close();

            assertThat(call(upstream, Map.of("message", "hi")))
                    .isEqualTo(failed(Outcome.Why.REFUSED, null, false));
        }
    }

    @Test
    void headersNeverShow() {
        HttpUpstreamOptions options =
                options(URI.create("http://localhost:1"), LONG, signTemplate());
        HttpUpstream upstream = new HttpUpstream(vertx, options, InstantSource.system());

        assertThat(options + " " + upstream + " " + signTemplate()).doesNotContain("top-secret");
        upstream.close();
    }

    private static Outcome answered(String status, String headers) throws Exception {
        return answered(status, headers, "oops");
    }

    private static Outcome answered(String status, String headers, String body) throws Exception {
        try (RawServer server =
                RawServer.answering(
                        "HTTP/1.1 "
                                + status
                                + "\r\n"
                                + headers
                                + "content-length: "
                                + body.getBytes(StandardCharsets.UTF_8).length
                                + "\r\n\r\n"
                                + body)) {
            Outcome outcome = sign(server, "hi", LONG);
            server.request();
            return outcome;
        }
    }

    private static Outcome json(String body) throws Exception {
        HttpCallTemplate template =
                HttpCallTemplate.of("GET", "/json", Map.of(), Set.of(200), Set.of(), JSON);
        try (RawServer server =
                        RawServer.answering(
                                "HTTP/1.1 200 OK\r\ncontent-length: "
                                        + body.length()
                                        + "\r\n\r\n"
                                        + body);
                HttpUpstream upstream = upstream(server, LONG, template)) {
            return call(upstream, Map.of());
        }
    }

    private static Outcome sign(RawServer server, String message, Duration timeout)
            throws Exception {
        try (HttpUpstream upstream = upstream(server, timeout, signTemplate())) {
            return call(upstream, Map.of("message", message));
        }
    }

    private static Outcome call(HttpUpstream upstream, Map<String, String> params)
            throws Exception {
        return upstream.call(new Upstream.Call("/crypto/sign", params, 1, "req-1"))
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    private static Outcome failed(Outcome.Why why, Integer status, boolean uncertain) {
        return new Outcome.Failed(why, status, null, uncertain);
    }

    private static HttpCallTemplate signTemplate() {
        return HttpCallTemplate.of(
                "GET",
                "/crypto/sign",
                Map.of("message", "{message}"),
                Set.of(200),
                Set.of(400, 401),
                TEXT);
    }

    private static HttpCallTemplate with(String method, String path, CallBody body) {
        return new HttpCallTemplate(
                method, path, Map.of(), Map.of(), body, Set.of(200), Set.of(), TEXT);
    }

    private static HttpUpstream upstream(
            RawServer server, Duration timeout, HttpCallTemplate template) {
        return upstream(
                URI.create("http://localhost:" + server.port() + "/base/"), timeout, template);
    }

    private static HttpUpstream upstream(URI url, Duration timeout, HttpCallTemplate template) {
        return new HttpUpstream(vertx, options(url, timeout, template), () -> NOW);
    }

    private static HttpUpstreamOptions options(
            URI url, Duration timeout, HttpCallTemplate template) {
        return new HttpUpstreamOptions(
                url,
                Map.of("Authorization", "top-secret"),
                timeout,
                true,
                10,
                Map.of("/crypto/sign", template));
    }
}
