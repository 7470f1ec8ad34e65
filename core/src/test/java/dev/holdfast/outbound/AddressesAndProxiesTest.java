package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import dev.holdfast.webhook.Webhooks.Told;
import io.vertx.core.Future;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whom a call is made to, by what way, and on which connection. */
@Timeout(60)
class AddressesAndProxiesTest extends UpstreamCalls {
    private static final AddressGuard PUBLIC_ONLY = new AddressGuard(List.of());

    @Test
    void anAddressOfIpv6IsInBracketsInTheHostHeader() throws Exception {
        try (ServerSocket six = new ServerSocket(0, 5, InetAddress.ofLiteral("::1"))) {
            Thread.ofVirtual().start(() -> answerOnce(six));
            try (HttpUpstream upstream =
                    upstream(
                            URI.create("http://[::1]:" + six.getLocalPort()),
                            LONG,
                            signTemplate())) {
                assertThat(call(upstream, Map.of("message", "hi")))
                        .isEqualTo(
                                new Outcome.Done(new Result(200, "[::1]:" + six.getLocalPort())));
            }
        }
    }

    /** Answers with the Host header that came. */
    private static void answerOnce(ServerSocket listener) {
        try (Socket socket = listener.accept()) {
            var in =
                    new BufferedReader(
                            new InputStreamReader(
                                    socket.getInputStream(), StandardCharsets.US_ASCII));
            String host = "";
            String line = in.readLine();
            while (!line.isEmpty()) {
                boolean named = line.toLowerCase(Locale.ROOT).startsWith("host:");
                host = named ? line.substring("host:".length()).strip() : host;
                line = in.readLine();
            }
            socket.getOutputStream()
                    .write(
                            ("HTTP/1.1 200 OK\r\ncontent-length: "
                                            + host.length()
                                            + "\r\n\r\n"
                                            + host)
                                    .getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aHostWithAnUnderscoreIsCalledByItsName() throws Exception {
        try (RawServer proxy = RawServer.answering(OK);
                HttpUpstream upstream =
                        proxied("http://signing_api:9100/base", proxy, signTemplate())) {
            assertThat(call(upstream, Map.of("message", "hi"))).isInstanceOf(Outcome.Done.class);
            assertThat(proxy.request())
                    .startsWith(
                            "GET http://signing_api:9100/base/crypto/sign?message=hi HTTP/1.1\r\n")
                    .containsIgnoringCase("host: signing_api:9100\r\n")
                    .contains("proxy-authorization: Basic dTpw\r\n");
        }
    }

    @Test
    void httpsGoesThroughATunnelThatIsAskedForByName() throws Exception {
        try (RawServer proxy =
                        RawServer.answering("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
                HttpUpstream upstream = proxied("https://api.invalid", proxy, signTemplate())) {
            assertThat(call(upstream, Map.of("message", "hi")))
                    .isEqualTo(failed(Outcome.Why.REFUSED, null, false));
            assertThat(proxy.request())
                    .startsWith("CONNECT api.invalid:443 HTTP/1.1\r\n")
                    .containsIgnoringCase("proxy-authorization: basic dTpw\r\n");
        }
    }

    @Test
    void aWebhookThroughAProxyIsGuardedAsFarAsItCanBeSeen() throws Exception {
        Names names =
                host ->
                        host.equals("inside.example.com")
                                ? Future.succeededFuture(
                                        List.of(
                                                InetAddress.ofLiteral("8.8.8.8"),
                                                InetAddress.ofLiteral("10.0.0.1")))
                                : host.equals("known.example.com")
                                        ? Future.succeededFuture(
                                                List.of(InetAddress.ofLiteral("8.8.8.8")))
                                        : Future.failedFuture("only the proxy knows it");
        try (RawServer proxy = RawServer.answering(OK);
                HttpWebhook webhook =
                        new HttpWebhook(
                                vertx, PUBLIC_ONLY, LONG, () -> NOW, names, null, at(proxy))) {
            for (String forbidden :
                    List.of("http://10.0.0.1/", "http://metadata/", "http://inside.example.com/")) {
                assertThat(post(webhook, forbidden)).isInstanceOf(Told.Forbidden.class);
            }
            assertThat(proxy.connections()).isZero();
            for (String host : List.of("known.example.com", "unknown.example.com")) {
                assertThat(post(webhook, "http://" + host + "/hook?x=1"))
                        .isInstanceOf(Told.Delivered.class);
                assertThat(proxy.request())
                        .startsWith("POST http://" + host + "/hook?x=1 HTTP/1.1\r\n")
                        .containsIgnoringCase("host: " + host + "\r\n");
            }
        }
    }

    @Test
    void whatIsNotRepeatableGetsAConnectionOfItsOwn() throws Exception {
        HttpCallTemplate order =
                new HttpCallTemplate(
                        "POST",
                        "/order",
                        Map.of(),
                        Map.of(),
                        new CallBody.None(),
                        RULES,
                        false,
                        TEXT);
        try (RawServer server = RawServer.answering(OK);
                HttpUpstream upstream = upstream(server, LONG, order)) {
            for (int i = 1; i <= 3; i++) {
                assertThat(call(upstream, Map.of())).isInstanceOf(Outcome.Done.class);
                assertThat(server.connections()).isEqualTo(i);
            }
        }
    }

    private static Proxies at(RawServer proxy) {
        return Proxies.at("http://u:p@127.0.0.1:" + proxy.port());
    }

    private static HttpUpstream proxied(String url, RawServer proxy, HttpCallTemplate template) {
        return new HttpUpstream(
                vertx,
                new HttpUpstreamOptions(
                        URI.create(url),
                        Map.of(),
                        LONG,
                        true,
                        10,
                        Map.of("/crypto/sign", template),
                        at(proxy)),
                () -> NOW);
    }

    private static Told post(HttpWebhook webhook, String url) throws Exception {
        return webhook.post(URI.create(url), Map.of(), new byte[] {'{', '}'})
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }
}
