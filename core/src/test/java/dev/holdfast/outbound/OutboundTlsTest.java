package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.request.Outcome;
import dev.holdfast.webhook.Webhooks.Told;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PfxOptions;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An authority and a certificate of one's own towards an upstream. */
@Timeout(120)
class OutboundTlsTest extends UpstreamCalls {
    @TempDir Path folder;

    @Test
    void anUpstreamMayHaveItsOwnAuthorityAndAskForACertificate() throws Exception {
        PfxOptions servers = TestCertificate.forHost("localhost", folder);
        PfxOptions ours = TestCertificate.forHost("client.test", folder);
        Path ca = TestCertificate.pem(servers, folder.resolve("ca.pem"), false);
        Path certificate = TestCertificate.pem(ours, folder.resolve("client.pem"), false);
        Path key = TestCertificate.pem(ours, folder.resolve("client-key.pem"), true);
        AtomicInteger asked = new AtomicInteger();
        HttpServer server =
                vertx.createHttpServer(
                        new HttpServerOptions()
                                .setHost("127.0.0.1")
                                .setPort(0)
                                .setSsl(true)
                                .setKeyCertOptions(servers)
                                .setClientAuth(ClientAuth.REQUIRED)
                                .setTrustOptions(ours));
        server.requestHandler(
                request -> {
                    asked.incrementAndGet();
                    request.response().end("c2ln");
                });
        server.listen().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        URI url = URI.create("https://localhost:" + server.actualPort());

        assertThat(called(url, OutboundTls.PLAIN)).isInstanceOf(Outcome.Failed.class);
        assertThat(called(url, new OutboundTls(ca, null, null))).isInstanceOf(Outcome.Failed.class);
        assertThat(asked).hasValue(0);
        assertThat(called(url, new OutboundTls(ca, certificate, key)))
                .isInstanceOf(Outcome.Done.class);
        assertThat(asked).hasValue(1);
        server.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Test
    void aReceiverMayHaveItsOwnAuthorityAndAskForACertificate() throws Exception {
        PfxOptions servers = TestCertificate.forHost("localhost", folder);
        PfxOptions ours = TestCertificate.forHost("client.test", folder);
        Path ca = TestCertificate.pem(servers, folder.resolve("ca.pem"), false);
        Path certificate = TestCertificate.pem(ours, folder.resolve("client.pem"), false);
        Path key = TestCertificate.pem(ours, folder.resolve("client-key.pem"), true);
        HttpServer server =
                vertx.createHttpServer(
                        new HttpServerOptions()
                                .setHost("127.0.0.1")
                                .setPort(0)
                                .setSsl(true)
                                .setKeyCertOptions(servers)
                                .setClientAuth(ClientAuth.REQUIRED)
                                .setTrustOptions(ours));
        server.requestHandler(request -> request.response().end());
        server.listen().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        URI url = URI.create("https://localhost:" + server.actualPort() + "/hook");

        assertThat(posted(url, OutboundTls.PLAIN)).isInstanceOf(Told.NotDelivered.class);
        assertThat(posted(url, new OutboundTls(ca, null, null)))
                .isInstanceOf(Told.NotDelivered.class);
        assertThat(posted(url, new OutboundTls(ca, certificate, key)))
                .isInstanceOf(Told.Delivered.class);
        server.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    /** What two sides show and trust, at first and renewed. */
    private final class Sides {
        final PfxOptions servers;
        final PfxOptions ours;

        Sides(String name) throws Exception {
            Path place = Files.createDirectories(folder.resolve(name));
            servers = TestCertificate.forHost("localhost", place);
            ours = TestCertificate.forHost("client.test", place);
        }

        OutboundTls write() throws Exception {
            return new OutboundTls(
                    TestCertificate.pem(servers, folder.resolve("ca.pem"), false),
                    TestCertificate.pem(ours, folder.resolve("client.pem"), false),
                    TestCertificate.pem(ours, folder.resolve("client-key.pem"), true));
        }

        HttpServerOptions options(int port) {
            return new HttpServerOptions()
                    .setHost("127.0.0.1")
                    .setPort(port)
                    .setSsl(true)
                    .setKeyCertOptions(servers)
                    .setClientAuth(ClientAuth.REQUIRED)
                    .setTrustOptions(ours);
        }

        HttpServer serve(int port) throws Exception {
            HttpServer server = vertx.createHttpServer(options(port));
            server.requestHandler(request -> request.response().end("c2ln"));
            server.listen().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
            return server;
        }
    }

    private static boolean look(TlsRenewal renewal) throws Exception {
        return renewal.look().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Test
    void renewedFilesAreTakenWithoutARestartAndOthersAreNot() throws Exception {
        Sides first = new Sides("first");
        Sides second = new Sides("second");
        OutboundTls tls = first.write();
        HttpServer server = first.serve(0);
        int port = server.actualPort();
        URI url = URI.create("https://localhost:" + port);
        try (HttpUpstream upstream = upstream(url, tls);
                HttpWebhook webhook = webhook(tls)) {
            assertThat(call(upstream, Map.of("message", "m"))).isInstanceOf(Outcome.Done.class);
            assertThat(posted(webhook, url)).isInstanceOf(Told.Delivered.class);
            server.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
            server = second.serve(port);
            assertThat(call(upstream, Map.of("message", "m"))).isInstanceOf(Outcome.Failed.class);
            assertThat(posted(webhook, url)).isInstanceOf(Told.NotDelivered.class);

            second.write();
            for (TlsRenewal renewal : List.of(upstream.renewal(), webhook.renewal())) {
                assertThat(look(renewal)).as("it may be written just now").isFalse();
                assertThat(look(renewal)).isTrue();
            }
            for (int i = 0; i < 2; i++) {
                assertThat(call(upstream, Map.of("message", "m"))).isInstanceOf(Outcome.Done.class);
                assertThat(posted(webhook, url)).isInstanceOf(Told.Delivered.class);
                Files.writeString(folder.resolve("ca.pem"), "none");
                assertThat(look(upstream.renewal())).isFalse();
                assertThat(look(upstream.renewal())).as("what is none is not taken").isFalse();
            }
            server.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void noConnectionIsUsedAgainThatWasMadeByOlderFiles() throws Exception {
        Sides first = new Sides("first");
        OutboundTls tls = first.write();
        AtomicInteger connections = new AtomicInteger();
        HttpServer server = vertx.createHttpServer(first.options(0));
        server.connectionHandler(_ -> connections.incrementAndGet());
        server.requestHandler(request -> request.response().end("c2ln"));
        server.listen().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        try (HttpUpstream upstream =
                upstream(URI.create("https://localhost:" + server.actualPort()), tls)) {
            for (int i = 0; i < 2; i++) {
                assertThat(call(upstream, Map.of("message", "m"))).isInstanceOf(Outcome.Done.class);
            }
            assertThat(connections).hasValue(1);
            Files.writeString(folder.resolve("ca.pem"), "\n", StandardOpenOption.APPEND);
            assertThat(look(upstream.renewal())).isFalse();
            assertThat(look(upstream.renewal())).isTrue();
            assertThat(call(upstream, Map.of("message", "m"))).isInstanceOf(Outcome.Done.class);
            assertThat(connections).hasValue(2);
        }
        server.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private HttpWebhook webhook(OutboundTls tls) {
        return new HttpWebhook(
                vertx,
                new AddressGuard(List.of("127.0.0.0/8")),
                Duration.ofSeconds(20),
                InstantSource.system(),
                tls,
                Proxies.NONE);
    }

    private static Told posted(HttpWebhook webhook, URI url) throws Exception {
        return webhook.post(url, Map.of(), new byte[] {'{', '}'})
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS);
    }

    private Told posted(URI url, OutboundTls tls) throws Exception {
        try (HttpWebhook webhook = webhook(tls)) {
            return posted(webhook, url);
        }
    }

    @Test
    void aFileThatIsNoneIsAMistakeAtOnce() throws Exception {
        Path nothing = folder.resolve("nothing.pem");
        Path empty = Files.writeString(folder.resolve("empty.pem"), "");
        URI url = URI.create("https://localhost:1");
        for (Path file : new Path[] {nothing, empty}) {
            assertThatThrownBy(() -> called(url, new OutboundTls(file, null, null)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(file.toString());
            assertThatThrownBy(() -> called(url, new OutboundTls(null, file, file)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(file.toString());
        }
        assertThatThrownBy(() -> new OutboundTls(null, nothing, null))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aHeaderThatCannotBeSentIsAMistakeAtOnce() {
        for (String value : new String[] {"\u201cquoted\u201d", "del\u007f", "two\nlines"}) {
            assertThatThrownBy(
                            () ->
                                    new HttpUpstreamOptions(
                                            URI.create("http://localhost"),
                                            Map.of("Authorization", value),
                                            LONG,
                                            true,
                                            1,
                                            Map.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("Authorization")
                    .hasMessageNotContaining(value);
        }
    }

    private Outcome called(URI url, OutboundTls tls) throws Exception {
        try (HttpUpstream upstream = upstream(url, tls)) {
            return call(upstream, Map.of("message", "m"));
        }
    }

    private HttpUpstream upstream(URI url, OutboundTls tls) {
        return new HttpUpstream(
                vertx,
                new HttpUpstreamOptions(
                        url,
                        Map.of(),
                        LONG,
                        true,
                        tls,
                        1,
                        Map.of("/crypto/sign", signTemplate()),
                        Proxies.NONE),
                () -> NOW);
    }
}
