package dev.holdfast.gateway.server;

import dev.holdfast.gateway.wire.Entrance;
import dev.holdfast.gateway.wire.Lines;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A port that is listened on, by one server for each event loop. */
public final class Listener {
    /** Answers that the system keeps of a connection for one who does not read them, in bytes. */
    static final int UNREAD_BYTES = 256 * 1024;

    /** A message of a WebSocket, in bytes. */
    static final int MAX_MESSAGE_BYTES = 64 * 1024;

    /** HTTP/2 requests under way on one connection. */
    static final long MAX_STREAMS = 100;

    /**
     * HTTP/2 streams that a client may reset in {@link #RESETS_WITHIN_SECONDS} (CVE-2023-44487).
     */
    static final int MAX_RESETS = 200;

    static final int RESETS_WITHIN_SECONDS = 30;

    /** Time for a TLS handshake, in milliseconds. */
    static final long HANDSHAKE_MILLIS = 5_000;

    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
    private static final Set<String> TLS_VERSIONS = Set.of("TLSv1.3", "TLSv1.2");

    /** Those of TLS 1.3, and of TLS 1.2 those with forward secrecy and without CBC (RFC 9325). */
    private static final List<String> CIPHER_SUITES =
            List.of(
                    "TLS_AES_128_GCM_SHA256",
                    "TLS_AES_256_GCM_SHA384",
                    "TLS_CHACHA20_POLY1305_SHA256",
                    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
                    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    private final Vertx vertx;
    private final Place place;
    private final @Nullable Tls tls;
    private final int eventLoops;
    private final Duration lastAnswer;
    private final Reception reception;
    private final Lines lines;
    private @Nullable Certificates certificates;
    private @Nullable String deployment;
    private volatile int port;

    /**
     * @param lastAnswer time that answers in hand get when it is stopped
     */
    public Listener(
            Vertx vertx,
            Place place,
            @Nullable Tls tls,
            int eventLoops,
            Duration lastAnswer,
            Reception reception,
            Lines lines) {
        this.vertx = vertx;
        this.place = place;
        this.tls = tls;
        this.eventLoops = eventLoops;
        this.lastAnswer = lastAnswer;
        this.reception = reception;
        this.lines = lines;
    }

    /** Listens; the future brings the actual port. */
    public Future<Integer> start() {
        // A negative port is a free one that all instances share; different gateways of one Vertx
        // must not.
        int bind =
                place.port() == 0
                        ? -ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE)
                        : place.port();
        Entrance.of(vertx).expect(place.host(), bind, lines);
        Certificates shown = tls == null ? null : new Certificates(vertx, tls, options(bind));
        certificates = shown;
        if (shown != null) {
            shown.start();
        }
        return vertx.deployVerticle(
                        () -> new Door(bind), new DeploymentOptions().setInstances(eventLoops))
                .map(
                        id -> {
                            deployment = id;
                            return port;
                        });
    }

    /** Takes no more connections and closes those that are open as their answers are out. */
    public Future<Void> stop() {
        String id = deployment;
        deployment = null;
        if (certificates != null) {
            certificates.stop();
        }
        return id == null ? Future.succeededFuture() : vertx.undeploy(id);
    }

    /** Looks after the certificate, or null: there is none. */
    public @Nullable Certificates certificates() {
        return certificates;
    }

    private HttpServerOptions options(int bind) {
        HttpServerOptions options =
                new HttpServerOptions()
                        .setHost(place.host())
                        .setPort(bind)
                        .setMaxInitialLineLength(HeadLimits.MAX_REQUEST_LINE_BYTES)
                        .setMaxHeaderSize(HeadLimits.MAX_HEADER_BYTES)
                        // Its detection would hide a connection that sends nothing from the limits.
                        .setHttp2ClearTextEnabled(false)
                        .setMaxWebSocketFrameSize(MAX_MESSAGE_BYTES)
                        .setMaxWebSocketMessageSize(MAX_MESSAGE_BYTES)
                        // Each takes a handler that every answer passes.
                        .setPerFrameWebSocketCompressionSupported(false)
                        .setPerMessageWebSocketCompressionSupported(false)
                        .setSendBufferSize(UNREAD_BYTES)
                        // An exchange answers on its event loop alone; else each connection has a
                        // queue of 1,024 places for what other threads write, more than half of
                        // what it takes.
                        .setStrictThreadMode(true)
                        .setTcpNoDelay(true);
        return tls == null ? options : secure(options, tls);
    }

    private static HttpServerOptions secure(HttpServerOptions options, Tls tls) {
        CIPHER_SUITES.forEach(options::addEnabledCipherSuite);
        return options.setSsl(true)
                .setUseAlpn(true)
                .setKeyCertOptions(
                        new PemKeyCertOptions()
                                .setCertPath(tls.certificate().toString())
                                .setKeyPath(tls.key().toString()))
                // A handshake's arithmetic is not the event loop's work.
                .setSslEngineOptions(new JdkSSLEngineOptions().setUseWorkerThread(true))
                .setEnabledSecureTransportProtocols(TLS_VERSIONS)
                .setSslHandshakeTimeout(HANDSHAKE_MILLIS)
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                .setHttp2RstFloodMaxRstFramePerWindow(MAX_RESETS)
                .setHttp2RstFloodWindowDuration(RESETS_WITHIN_SECONDS)
                .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS)
                .setInitialSettings(
                        new Http2Settings()
                                .setMaxConcurrentStreams(MAX_STREAMS)
                                .setMaxHeaderListSize(
                                        HeadLimits.MAX_REQUEST_LINE_BYTES
                                                + HeadLimits.MAX_HEADER_BYTES));
    }

    /** One event loop's server; all share the port. */
    private final class Door extends VerticleBase {
        private final HttpServerOptions options;
        private final HttpServer server;

        Door(int bind) {
            options = Listener.this.options(bind);
            server = Listener.this.vertx.createHttpServer(options);
        }

        @Override
        public Future<?> start() {
            return server.requestHandler(reception::receive)
                    .invalidRequestHandler(reception::invalid)
                    .connectionHandler(connection -> Peers.connected(connection, options))
                    .exceptionHandler(error -> LOG.debug("a connection failed", error))
                    .listen()
                    .onSuccess(
                            listening -> {
                                port = listening.actualPort();
                                Certificates shown = certificates;
                                if (shown != null) {
                                    shown.shownBy(listening);
                                }
                            });
        }

        @Override
        public Future<?> stop() {
            return server.shutdown(lastAnswer.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
