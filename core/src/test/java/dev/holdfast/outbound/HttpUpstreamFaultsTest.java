package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Outcome;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Calls that hang, break or never leave, and what is certain then. */
@Timeout(60)
class HttpUpstreamFaultsTest extends UpstreamCalls {
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
}
