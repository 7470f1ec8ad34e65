package dev.holdfast.rates.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.outbound.OutboundTls;
import dev.holdfast.outbound.Proxies;
import dev.holdfast.outbound.TestCertificate;
import dev.holdfast.rates.Conversion;
import dev.holdfast.rates.Converter;
import dev.holdfast.rates.Rates;
import dev.holdfast.rates.RatesMetrics;
import dev.holdfast.rates.RatesMetrics.Counter;
import dev.holdfast.rates.VertxTimers;
import dev.holdfast.rates.source.EcbFetcher;
import dev.holdfast.rates.source.EcbHistory;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.PfxOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.math.RoundingMode;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An authority of one's own towards the feed. */
@Timeout(60)
class FeedTlsTest {
    private static final InstantSource CLOCK = InstantSource.system();

    private final Vertx vertx = Vertx.vertx();
    @TempDir Path folder;

    @AfterEach
    void stop() throws Exception {
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    @Test
    void aFeedMayHaveItsOwnAuthority() throws Exception {
        PfxOptions servers = TestCertificate.forHost("localhost", folder);
        Path ca = TestCertificate.pem(servers, folder.resolve("ca.pem"), false);
        CountDownLatch connected = new CountDownLatch(1);
        HttpServer server =
                vertx.createHttpServer(
                                new HttpServerOptions()
                                        .setHost("127.0.0.1")
                                        .setPort(0)
                                        .setSsl(true)
                                        .setKeyCertOptions(servers))
                        .webSocketHandler(_ -> connected.countDown());
        server.listen().await(10, TimeUnit.SECONDS);
        URI uri = URI.create("wss://localhost:" + server.actualPort());

        RatesMetrics stranger = new RatesMetrics();
        Feed mistrusting = feed(uri, OutboundTls.PLAIN, stranger);
        mistrusting.start().await(10, TimeUnit.SECONDS);
        while (stranger.value(Counter.CONNECT_FAILURES) == 0) {
            Thread.onSpinWait();
        }
        mistrusting.stop().await(10, TimeUnit.SECONDS);
        assertThat(connected.getCount()).isOne();

        Feed trusting = feed(uri, new OutboundTls(ca, null, null), new RatesMetrics());
        trusting.start().await(10, TimeUnit.SECONDS);
        assertThat(connected.await(30, TimeUnit.SECONDS)).isTrue();
        trusting.stop().await(10, TimeUnit.SECONDS);
    }

    /**
     * The feed's server shows another certificate, of an authority that is made known meanwhile.
     */
    @Test
    void aRunningFeedGoesByAnAuthorityThatWasRenewed() throws Exception {
        PfxOptions before = TestCertificate.forHost("localhost", folder);
        PfxOptions after =
                TestCertificate.forHost("localhost", Files.createDirectory(folder.resolve("new")));
        Path ca = TestCertificate.pem(before, folder.resolve("ca.pem"), false);
        BlockingQueue<ServerWebSocket> connections = new LinkedBlockingQueue<>();
        HttpServer server =
                vertx.createHttpServer(
                                new HttpServerOptions()
                                        .setHost("127.0.0.1")
                                        .setPort(0)
                                        .setSsl(true)
                                        .setKeyCertOptions(before))
                        .webSocketHandler(connections::add);
        server.listen().await(10, TimeUnit.SECONDS);
        URI uri = URI.create("wss://localhost:" + server.actualPort());
        Feed feed = feed(uri, new OutboundTls(ca, null, null), new RatesMetrics());
        feed.start().await(10, TimeUnit.SECONDS);
        ServerWebSocket first = connections.take();

        server.updateSSLOptions(new ServerSSLOptions().setKeyCertOptions(after))
                .await(10, TimeUnit.SECONDS);
        TestCertificate.pem(after, ca, false);
        // What was written just now is taken when it is the same at the next look, whoever looks.
        for (int look = 0; look < 3; look++) {
            feed.renewal().look().await(20, TimeUnit.SECONDS);
        }
        first.close();

        assertThat(connections.take()).isNotSameAs(first);
        feed.stop().await(10, TimeUnit.SECONDS);
    }

    private Feed feed(URI uri, OutboundTls tls, RatesMetrics metrics) {
        var rates =
                new Rates(
                        new EcbFetcher(EcbHistory.load(), CLOCK),
                        CLOCK,
                        new VertxTimers(vertx),
                        metrics,
                        Rates.Settings.DEFAULT);
        var converter = new Converter(rates, new Conversion(5, RoundingMode.DOWN));
        var answering = new Answering(converter, "EUR", CLOCK, metrics);
        return new Feed(
                vertx, new FeedAddress(uri, true, tls, Proxies.NONE), answering, new Random(7));
    }
}
