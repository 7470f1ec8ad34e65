package dev.holdfast.rates.feed;

import dev.holdfast.outbound.TlsRenewal;
import dev.holdfast.rates.QuietLog;
import dev.holdfast.rates.RatesMetrics;
import dev.holdfast.rates.RatesMetrics.Counter;
import dev.holdfast.rates.feed.FeedLogic.Action;
import dev.holdfast.rates.feed.FeedLogic.Event;
import dev.holdfast.rates.feed.FeedLogic.Step;
import io.vertx.core.Context;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The session with the trade feed, as its WebSocket client: heartbeats both ways, messages
 * answered, the connection made anew whenever it ends (decision 10). All of it runs on one event
 * loop on which nothing blocks, so nothing delays a heartbeat. {@link FeedLogic} decides; this
 * does.
 */
public final class Feed {
    /** Between two of our heartbeats. */
    static final Duration HEARTBEAT_EVERY = Duration.ofSeconds(1);

    /** Between two looks at how long the peer has been silent. */
    static final Duration TICK_EVERY = Duration.ofMillis(50);

    /** Time for a connection with its handshake. */
    static final Duration CONNECT_WITHIN = Duration.ofSeconds(3);

    /** When told to stop, time for the answers in hand. */
    static final Duration DRAIN_WITHIN = Duration.ofMillis(2500);

    /** Time for the peer to answer our close frame. */
    static final Duration CLOSE_WITHIN = Duration.ofSeconds(1);

    /** Neither frame in nor out for so long: our heartbeats have ended, so we have closed it. */
    private static final Duration IDLE_LIMIT = Duration.ofSeconds(3);

    /** A tick that comes later than this speaks of our own pause, not of the peer's. */
    private static final Duration OWN_PAUSE = Duration.ofMillis(500);

    private static final int MAX_FRAME_BYTES = 1 << 18;
    private static final short GOING_AWAY = 1001;

    private final Vertx vertx;
    private final FeedAddress address;
    private final Answering answering;
    private final RatesMetrics metrics;
    private final RandomGenerator random;
    private final QuietLog lost = log(Level.WARN, Duration.ofSeconds(1));
    private final QuietLog notConnected = log(Level.WARN, Duration.ofSeconds(10));
    private final QuietLog made = log(Level.INFO, Duration.ofSeconds(1));
    private final Promise<Void> stopped = Promise.promise();

    // The following only on the event loop.
    private @Nullable Context loop;
    private @Nullable WebSocketClient client;
    private volatile @Nullable TlsRenewal renewal;
    private FeedState state = new FeedState.Idle();
    private @Nullable Connection pending;
    private @Nullable Connection current;
    private long heartbeatTimer;
    private long tickTimer;
    private long lastTick = System.nanoTime();

    private record Connection(WebSocket socket, Conversation conversation) {}

    /**
     * A session that has not begun.
     *
     * @param random for the pauses' jitter
     */
    public Feed(Vertx vertx, FeedAddress address, Answering answering, RandomGenerator random) {
        this.vertx = vertx;
        this.address = address;
        this.answering = answering;
        this.metrics = answering.metrics();
        this.random = random;
    }

    private static QuietLog log(Level level, Duration every) {
        return new QuietLog(LoggerFactory.getLogger(Feed.class), level, every, System::nanoTime);
    }

    /** Begins; done when the session runs, connected or not. */
    public Future<Void> start() {
        return vertx.deployVerticle(
                        new Deployable() {
                            @Override
                            public Future<?> deploy(Context context) {
                                begin(context);
                                return Future.succeededFuture();
                            }
                        })
                .mapEmpty();
    }

    /** Stops: no new messages, those in hand answered, close frame 1001. Done within 5 s. */
    public Future<Void> stop() {
        Context context = loop;
        if (context == null) {
            return Future.succeededFuture();
        }
        context.runOnContext(
                none -> {
                    happened(new Event.StopAsked());
                    Connection connection = current;
                    if (connection == null) {
                        stopped.tryComplete();
                        return;
                    }
                    vertx.setTimer(DRAIN_WITHIN.toMillis(), timer -> happened(new Event.Drained()));
                    connection.conversation().whenDone(() -> happened(new Event.Drained()));
                });
        return stopped.future().eventually(this::closeClient);
    }

    /** Whom it trusts and who it is; null before it has begun. */
    @Nullable TlsRenewal renewal() {
        return renewal;
    }

    private Future<Void> closeClient() {
        vertx.cancelTimer(heartbeatTimer);
        vertx.cancelTimer(tickTimer);
        TlsRenewal looking = renewal;
        if (looking != null) {
            looking.close();
        }
        WebSocketClient closing = client;
        return closing == null
                ? Future.succeededFuture()
                : closing.close()
                        .timeout(CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                        .otherwiseEmpty();
    }

    private void begin(Context context) {
        loop = context;
        WebSocketClient made = vertx.createWebSocketClient(options());
        client = made;
        renewal = new TlsRenewal(vertx, address.tls(), this::options, made::updateSSLOptions);
        heartbeatTimer = vertx.setPeriodic(HEARTBEAT_EVERY.toMillis(), timer -> sendHeartbeat());
        tickTimer = vertx.setPeriodic(TICK_EVERY.toMillis(), timer -> tick());
        happened(new Event.Started());
    }

    private WebSocketClientOptions options() {
        WebSocketClientOptions options =
                new WebSocketClientOptions()
                        .setConnectTimeout((int) CONNECT_WITHIN.toMillis())
                        .setMaxFrameSize(MAX_FRAME_BYTES)
                        .setMaxMessageSize(MAX_FRAME_BYTES)
                        .setClosingTimeout((int) CLOSE_WITHIN.toSeconds())
                        // A peer that sent a close frame but never ends the connection.
                        .setIdleTimeout((int) IDLE_LIMIT.toSeconds())
                        .setTcpNoDelay(true)
                        .setTrustAll(!address.verifyTls())
                        .setVerifyHost(address.verifyTls());
        address.tls().into(options);
        return options;
    }

    private void tick() {
        long now = System.nanoTime();
        boolean paused = now - lastTick > OWN_PAUSE.toNanos();
        lastTick = now;
        if (!paused) {
            happened(new Event.Ticked());
        }
    }

    private void sendHeartbeat() {
        if (current != null) {
            metrics.count(Counter.HEARTBEATS_SENT);
            current.socket().writeTextMessage(MessageWriter.HEARTBEAT);
        }
    }

    private void happened(Event event) {
        Step step = FeedLogic.step(state, event, System.nanoTime());
        state = step.state();
        if (step.end() != null) {
            carryOut(step.end());
        }
        if (step.next() != null) {
            carryOut(step.next());
        }
    }

    private void carryOut(Action action) {
        switch (action) {
            case Action.Connect connect -> connect();
            case Action.Pause pause -> {
                long half = Math.max(1, pause.atMost().toMillis() / 2);
                vertx.setTimer(
                        half + random.nextLong(half), timer -> happened(new Event.PauseOver()));
            }
            case Action.Drop drop -> {
                metrics.count(Counter.HEARTBEAT_GAPS);
                lostConnection("no heartbeat for " + drop.silentFor().toMillis() + " ms");
            }
            case Action.CloseGoingAway close -> closeGoingAway();
        }
    }

    private void connect() {
        if (client == null) {
            return;
        }
        var socket = client.webSocket();
        var conversation = new Conversation(answering, this::onLoop, text -> send(socket, text));
        var connection = new Connection(socket, conversation);
        pending = connection;
        socket.textMessageHandler(frame -> receive(connection, frame));
        socket.binaryMessageHandler(binary -> answering.garbage("a binary frame"));
        socket.exceptionHandler(broken -> {});
        socket.closeHandler(none -> closed(connection));
        socket.connect(address.connect().setTimeout(CONNECT_WITHIN.toMillis()))
                .onComplete(
                        done -> {
                            if (done.succeeded()) {
                                connected(connection);
                            } else {
                                metrics.count(Counter.CONNECT_FAILURES);
                                notConnected.say(
                                        "no connection to the feed at "
                                                + address.shown()
                                                + ": "
                                                + done.cause().getMessage()
                                                + "; trying again");
                                happened(new Event.ConnectFailed());
                            }
                        });
    }

    private void connected(Connection connection) {
        if (!connection.equals(pending)) {
            return;
        }
        pending = null;
        if (state instanceof FeedState.Stopped) {
            connection.socket().close(GOING_AWAY);
            return;
        }
        current = connection;
        metrics.connected(true);
        metrics.count(Counter.CONNECTIONS);
        made.say("connected to the feed at " + address.shown());
        happened(new Event.Connected());
        sendHeartbeat();
    }

    private void receive(Connection connection, String frame) {
        // A frame may come in one packet with the handshake's answer, before we are told of it.
        connected(connection);
        if (!connection.equals(current) || state instanceof FeedState.Draining) {
            return;
        }
        if (connection.conversation().take(frame)) {
            metrics.heartbeatCame(System.nanoTime());
            happened(new Event.HeartbeatCame());
        }
    }

    private void send(WebSocket socket, String text) {
        socket.writeTextMessage(text);
        if (socket.writeQueueFull()) {
            // The peer does not read: take nothing more from it until it does.
            socket.pause();
            socket.drainHandler(none -> socket.resume());
        }
    }

    private void closed(Connection connection) {
        if (!connection.equals(current)) {
            return;
        }
        Short code = connection.socket().closeStatusCode();
        lostConnection(code == null ? "the connection broke" : "closed with status " + code);
        happened(new Event.ConnectionEnded());
        if (state instanceof FeedState.Stopped) {
            stopped.tryComplete();
        }
    }

    /** Forgets the current connection; what it still sends or has to be sent is dropped. */
    private void lostConnection(String why) {
        Connection connection = current;
        if (connection == null) {
            return;
        }
        current = null;
        connection.conversation().end();
        connection.socket().close();
        metrics.connected(false);
        metrics.count(Counter.CONNECTIONS_LOST);
        lost.say("connection to the feed lost: " + why + "; connecting anew");
    }

    private void closeGoingAway() {
        Connection connection = current;
        current = null;
        if (connection == null) {
            stopped.tryComplete();
            return;
        }
        metrics.connected(false);
        connection.conversation().end();
        connection
                .socket()
                .close(GOING_AWAY)
                .timeout(CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                .onComplete(done -> stopped.tryComplete());
    }

    private void onLoop(Runnable task) {
        Context context = loop;
        if (context != null) {
            context.runOnContext(none -> task.run());
        }
    }
}
