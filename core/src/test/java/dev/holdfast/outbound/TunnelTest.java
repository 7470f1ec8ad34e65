package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import dev.holdfast.webhook.Webhooks.Told;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PfxOptions;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole calls over TLS through a proxy's tunnel: what arrives, and what the proxy gets to see. */
@Timeout(120)
class TunnelTest extends UpstreamCalls {
    private static final String HOST = "api.example.com";
    private static final String SECRET = "Bearer secret-of-the-upstream";
    private static final String BODY = "x".repeat(40_000);

    @TempDir Path folder;

    private final List<String> came = new CopyOnWriteArrayList<>();
    private PfxOptions certificate;
    private HttpServer server;

    @BeforeEach
    void begin() throws Exception {
        certificate = TestCertificate.forHost(HOST, folder);
        server =
                vertx.createHttpServer(
                        new HttpServerOptions()
                                .setHost("127.0.0.1")
                                .setPort(0)
                                .setSsl(true)
                                .setKeyCertOptions(certificate));
        server.requestHandler(
                request ->
                        request.body()
                                .onSuccess(
                                        body -> {
                                            came.add(
                                                    "%s %s %s %s %d"
                                                            .formatted(
                                                                    request.method(),
                                                                    request.getHeader("host"),
                                                                    request.uri(),
                                                                    request.getHeader(
                                                                            "authorization"),
                                                                    body.length()));
                                            request.response().setChunked(true).end(BODY);
                                        }));
        server.listen().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @AfterEach
    void end() throws Exception {
        server.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Test
    void aWholeCallGoesThroughItAndTheProxySeesNothingOfIt() throws Exception {
        try (TunnelProxy proxy = TunnelProxy.to(server.actualPort());
                HttpUpstream upstream = upstream(HOST, proxy)) {
            for (int i = 0; i < 3; i++) {
                assertThat(call(upstream, Map.of("message", "secret-message")))
                        .isEqualTo(new Outcome.Done(new Result(200, BODY)));
            }
            assertThat(came)
                    .containsOnly(
                            "GET " + HOST + " /crypto/sign?message=secret-message " + SECRET + " 0")
                    .hasSize(3);
            // All of them share one tunnel.
            assertThat(proxy.heads()).hasSize(1);
            assertThat(proxy.heads().getFirst())
                    .startsWith("CONNECT " + HOST + ":443 HTTP/1.1\r\n")
                    .containsIgnoringCase("proxy-authorization: basic dTpw\r\n")
                    .doesNotContain("secret");
            sawNothing(proxy);
        }
    }

    @Test
    void aCertificateOfAnotherNameEndsItBeforeAnythingIsSaid() throws Exception {
        try (TunnelProxy proxy = TunnelProxy.to(server.actualPort());
                HttpUpstream upstream = upstream("other.example.com", proxy)) {
            assertThat(call(upstream, Map.of("message", "m")))
                    .isEqualTo(failed(Outcome.Why.REFUSED, null, false));
            assertThat(proxy.heads()).hasSize(1);
            assertThat(came).isEmpty();
            sawNothing(proxy);
        }
    }

    /** What is no 200 is no tunnel, and no call has left then, so that any may be made again. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
                "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 5\r\n\r\nwords",
                "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n",
                "not HTTP at all\r\n\r\n"
            })
    void aProxyThatMakesNoTunnelIsNobodyAtHome(String answer) throws Exception {
        try (TunnelProxy proxy = new TunnelProxy(server.actualPort(), answer);
                HttpUpstream upstream = upstream(HOST, proxy)) {
            assertThat(call(upstream, Map.of("message", "m")))
                    .isEqualTo(failed(Outcome.Why.REFUSED, null, false));
            assertThat(proxy.heads()).isNotEmpty();
            assertThat(came).isEmpty();
        }
    }

    @Test
    void aWebhookGoesThroughItAndTheGuardIsInForce() throws Exception {
        Names names =
                host ->
                        switch (host) {
                            case HOST -> found("8.8.8.8");
                            case "inside.example.com" -> found("10.0.0.1");
                            case "both.example.com" -> found("8.8.8.8", "169.254.169.254");
                            default -> Future.failedFuture("only the proxy knows it");
                        };
        try (TunnelProxy proxy = TunnelProxy.to(server.actualPort());
                HttpWebhook webhook =
                        new HttpWebhook(
                                vertx,
                                new AddressGuard(List.of()),
                                LONG,
                                () -> NOW,
                                names,
                                certificate,
                                proxy.configured())) {
            for (String forbidden :
                    List.of(
                            "https://127.0.0.1:" + server.actualPort() + "/hook",
                            "https://[::1]/hook",
                            "https://10.0.0.1/hook",
                            "https://169.254.169.254/latest/meta-data",
                            "https://metadata/",
                            "https://localhost/hook",
                            "https://inside.example.com/hook",
                            "https://both.example.com/hook")) {
                assertThat(post(webhook, forbidden))
                        .as(forbidden)
                        .isInstanceOf(Told.Forbidden.class);
            }
            assertThat(proxy.heads()).as("what is forbidden asks for no tunnel").isEmpty();

            assertThat(post(webhook, "https://" + HOST + "/hook?token=secret"))
                    .isInstanceOf(Told.Delivered.class);
            assertThat(came).containsExactly("POST " + HOST + " /hook?token=secret null 9");
            assertThat(proxy.heads()).hasSize(1);
            assertThat(proxy.heads().getFirst())
                    .startsWith("CONNECT " + HOST + ":443 HTTP/1.1\r\n")
                    .doesNotContain("secret");
            sawNothing(proxy);
        }
    }

    private static void sawNothing(TunnelProxy proxy) {
        assertThat(proxy.seen()).isNotEmpty();
        assertThat(proxy.seen().getFirst()).startsWith("\u0016\u0003");
        assertThat(String.join("", proxy.seen())).doesNotContain("secret", "crypto", "HTTP/1.1");
    }

    private static Future<List<InetAddress>> found(String... addresses) {
        return Future.succeededFuture(
                List.of(addresses).stream().map(InetAddress::ofLiteral).toList());
    }

    private HttpUpstream upstream(String host, TunnelProxy proxy) throws Exception {
        Path ca = TestCertificate.pem(certificate, folder.resolve("ca.pem"), false);
        return new HttpUpstream(
                vertx,
                new HttpUpstreamOptions(
                        URI.create("https://" + host),
                        Map.of("Authorization", SECRET),
                        LONG,
                        true,
                        new OutboundTls(ca, null, null),
                        1,
                        Map.of("/crypto/sign", signTemplate()),
                        proxy.configured()),
                () -> NOW);
    }

    private static Told post(HttpWebhook webhook, String url) throws Exception {
        byte[] body = "{\"a\":\"b\"}".getBytes(StandardCharsets.UTF_8);
        return webhook.post(URI.create(url), Map.of(), body)
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS);
    }
}
