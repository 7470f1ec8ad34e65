package dev.holdfast.gateway;

import dev.holdfast.engine.Engine;
import dev.holdfast.engine.RequestJson;
import dev.holdfast.request.ResultShape;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server of SPEC.md section 4. Every request is answered within {@link
 * GatewaySettings#answerWithin()}, except those that ask to be held.
 */
public final class Gateway {
    /** Longest request line, in bytes: the longest parameters, percent-encoded. */
    public static final int MAX_REQUEST_LINE_BYTES = 64 * 1024;

    /** All headers of a request together, in bytes; bounds their number too. */
    public static final int MAX_HEADER_BYTES = 16 * 1024;

    /** Time between two looks for idle connections, in milliseconds. */
    static final long SWEEP_MILLIS = 5_000;

    /** Time between two looks at the clients, in milliseconds; a new key works after that. */
    static final long CLIENTS_MILLIS = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);

    private final Vertx vertx;
    private final GatewaySettings settings;
    private final Authenticator authenticator;
    private final Reads reads = new Reads();
    private final Holds holds = new Holds();
    private final Peers peers = new Peers();
    private final Reception reception;
    private final RouteTable table;
    private @Nullable String deployment;
    private long refresh = -1;
    private long sweep = -1;
    private volatile int port;

    /**
     * @param engine keeps the promises; started and closed by the caller
     * @param doors the routes
     * @param webhooks the webhooks' side
     * @param registry where figures go, and come from for {@code /metrics}
     * @param mounts what somebody else answers
     */
    public Gateway(
            Vertx vertx,
            GatewaySettings settings,
            Engine engine,
            List<RouteDoor> doors,
            Authenticator authenticator,
            WebhookPorts webhooks,
            PrometheusMeterRegistry registry,
            List<Mount> mounts) {
        this.vertx = vertx;
        this.settings = settings;
        this.authenticator = authenticator;
        Map<String, ResultShape> shapes = new LinkedHashMap<>();
        doors.forEach(door -> shapes.put(door.path(), door.policy().shape()));
        Doorway doorway =
                new Doorway(
                        vertx,
                        engine,
                        new RequestJson(shapes),
                        reads,
                        new RateLimits(engine),
                        authenticator::names,
                        settings.answerWithin());
        this.table = new Routes(doorway, authenticator, webhooks, registry, holds).table(doors);
        this.reception = new Reception(vertx, table, authenticator, mounts, peers);
        Gauge.builder("holdfast.http.held", holds, Holds::count)
                .description("Answers being held: long polls and event streams")
                .register(registry);
        Gauge.builder("holdfast.http.connections", peers, Peers::count)
                .description("Open connections")
                .register(registry);
    }

    /** Every path there is, for whoever holds the document to it. */
    List<Endpoint> endpoints() {
        return table.endpoints();
    }

    /** Listens; the future brings the actual port. */
    public Future<Integer> start() {
        DeploymentOptions options = new DeploymentOptions().setInstances(settings.eventLoops());
        // A negative port is a free one that all instances share; different gateways of one Vertx
        // must not.
        int bind =
                settings.port() == 0
                        ? -ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE)
                        : settings.port();
        return Future.fromCompletionStage(
                        reads.read(
                                () -> {
                                    authenticator.refresh();
                                    return true;
                                }))
                .compose(_ -> vertx.deployVerticle(() -> new Door(bind), options))
                .map(
                        id -> {
                            deployment = id;
                            refresh = vertx.setPeriodic(CLIENTS_MILLIS, _ -> refreshClients());
                            sweep = vertx.setPeriodic(SWEEP_MILLIS, _ -> peers.sweep());
                            return port;
                        });
    }

    /**
     * Takes no more connections, lets the answers in hand go out (held ones with what is known) and
     * closes, after {@code answer-within} at the latest.
     */
    public Future<Void> stop() {
        vertx.cancelTimer(refresh);
        vertx.cancelTimer(sweep);
        holds.drain();
        String id = deployment;
        deployment = null;
        Future<Void> closed = id == null ? Future.succeededFuture() : vertx.undeploy(id);
        return closed.onComplete(_ -> reads.close());
    }

    private void refreshClients() {
        reads.read(
                        () -> {
                            authenticator.refresh();
                            return true;
                        })
                .whenComplete(
                        (_, error) -> {
                            if (error != null) {
                                LOG.warn("clients cannot be read, the last known stay in force");
                            }
                        });
    }

    private HttpServerOptions options(int bind) {
        return new HttpServerOptions()
                .setHost(settings.host())
                .setPort(bind)
                .setMaxInitialLineLength(MAX_REQUEST_LINE_BYTES)
                .setMaxHeaderSize(MAX_HEADER_BYTES)
                .setHttp2ClearTextEnabled(false)
                // Each takes a handler that every answer passes; idle connections are swept.
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setTcpNoDelay(true);
    }

    /** One event loop's server; all share the port. */
    private final class Door extends VerticleBase {
        private final HttpServer server;

        Door(int bind) {
            server = Gateway.this.vertx.createHttpServer(options(bind));
        }

        @Override
        public Future<?> start() {
            return server.requestHandler(reception::receive)
                    .invalidRequestHandler(reception::invalid)
                    .connectionHandler(peers::connected)
                    .exceptionHandler(error -> LOG.debug("a connection failed", error))
                    .listen()
                    .onSuccess(listening -> port = listening.actualPort());
        }

        @Override
        public Future<?> stop() {
            Duration most = settings.answerWithin().plusMillis(AskDoor.GUARD_MARGIN_MILLIS);
            return server.shutdown(most.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
