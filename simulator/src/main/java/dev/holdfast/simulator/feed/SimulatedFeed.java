package dev.holdfast.simulator.feed;

import dev.holdfast.simulator.Bounds;
import dev.holdfast.simulator.door.Door;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.simulator.door.Listen;
import dev.holdfast.simulator.door.Simulator;
import dev.holdfast.simulator.door.Wire;
import dev.holdfast.simulator.rates.ReferenceRates;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The trade feed as a WebSocket server: heartbeats each second, messages at a chosen rate, faults
 * by plan or on command. It reckons every answer anew and ends with a verdict on its client.
 */
public final class SimulatedFeed implements Simulator {
    private static final long HEARTBEAT_MILLIS = 1000;
    private static final long TICK_MILLIS = 5;

    /** After a pause, at most so much is made up for at once. */
    private static final double MOST_SECONDS_AT_ONCE = 0.1;

    private static final int GARBAGE_BURST = 20;
    private static final long HALF_OPEN_MILLIS = 30_000;
    private static final int GOING_AWAY = 1001;

    /**
     * The figures.
     *
     * @param listen where
     * @param history what answers are checked with
     * @param mix what is sent
     * @param limits what is asked of the client
     * @param duration from the first connection to the verdict; zero = no end
     * @param faults what goes wrong, and when
     */
    public record Options(
            Listen listen,
            ReferenceRates history,
            FeedMix mix,
            FeedLimits limits,
            Duration duration,
            List<FeedFault> faults) {

        public Options {
            faults = List.copyOf(faults);
            Bounds.time("duration", duration, Bounds.LONGEST_TIME);
            LocalDate since = mix.until().minusDays(mix.span() - 1L);
            if (since.isBefore(history.first()) || mix.until().isAfter(history.newest())) {
                throw new IllegalArgumentException(
                        "there are rates from %s to %s; the feed's days go from %s to %s"
                                .formatted(history.first(), history.newest(), since, mix.until()));
            }
            if (!limits.base().equals("EUR") && !history.on(since).containsKey(limits.base())) {
                throw new IllegalArgumentException(
                        "there is no rate of " + limits.base() + " on " + since);
            }
        }

        /** The captured mix at this rate, without end and faults, on any port. */
        public static Options captured(ReferenceRates history, long seed, double perSecond) {
            return new Options(
                    Listen.ANYWHERE,
                    history,
                    FeedMix.captured(history, seed, perSecond),
                    FeedLimits.USUAL,
                    Duration.ZERO,
                    List.of());
        }

        /** The same with an end. */
        public Options lasting(Duration time) {
            return new Options(listen, history, mix, limits, time, faults);
        }

        /** The same with other limits. */
        public Options limits(FeedLimits other) {
            return new Options(listen, history, mix, other, duration, faults);
        }

        /** The same with these faults. */
        public Options faults(FeedFault... planned) {
            return new Options(listen, history, mix, limits, duration, List.of(planned));
        }
    }

    private final Vertx vertx;
    private final Options options;
    private final InstantSource clock;
    private final Door door;
    private final FeedMessages messages;
    private final FeedCheck check;
    private final FeedTally tally = new FeedTally();
    private final FeedRenewal renewal = new FeedRenewal(tally);
    private final List<FeedConnection> connections = new ArrayList<>();
    private final CompletableFuture<FeedVerdict> verdict = new CompletableFuture<>();

    private FeedFault.@Nullable Kind hush;
    private boolean begun;
    private boolean finishing;
    private double perSecond;
    private double due;
    private long lastTick;
    private int turn;

    public SimulatedFeed(Vertx vertx, Options options, InstantSource clock) {
        this.vertx = vertx;
        this.options = options;
        this.clock = clock;
        this.messages = new FeedMessages(options.mix);
        this.check = new FeedCheck(options.history, options.limits);
        this.perSecond = options.mix.perSecond();
        this.door = new Door(vertx, options.listen, Fault.NONE, new House());
    }

    /**
     * Listens. Not to be called on an event loop.
     *
     * @throws IllegalStateException if it cannot, with the reason
     */
    public SimulatedFeed start() {
        door.open();
        return this;
    }

    @Override
    public void close() {
        door.close();
    }

    @Override
    public int port() {
        return door.port();
    }

    @Override
    public URI uri() {
        return URI.create("ws://" + options.listen.authority(port()) + "/");
    }

    /** The verdict, at the end of the duration. */
    public CompletionStage<FeedVerdict> verdict() {
        return verdict.minimalCompletionStage();
    }

    /** Something goes wrong now. Not to be called on an event loop. */
    public void fault(FeedFault fault) {
        door.ask(
                () -> {
                    strike(fault);
                    return fault;
                });
    }

    /** What {@code GET /_stats} says: the verdict's figures so far. */
    public JsonObject stats() {
        return door.ask(tally::figures);
    }

    private final class House implements Door.House {
        @Override
        public JsonObject stats(HttpServerRequest request) {
            return tally.figures().put("open_connections", connections.size());
        }

        @Override
        public void call(HttpServerRequest request) {
            if ("websocket".equalsIgnoreCase(request.getHeader("Upgrade"))) {
                var wire = new Wire(request.connection());
                request.toWebSocket().onSuccess(socket -> connected(socket, wire));
            } else {
                request.response().setStatusCode(426).end("This is a WebSocket.\n");
            }
        }

        @Override
        public @Nullable JsonObject command(JsonObject json) {
            if (json.containsKey("rate")) {
                double rate = json.getDouble("rate");
                FeedMix.rate(rate);
                perSecond = rate;
                return new JsonObject().put("rate", perSecond);
            }
            if (!json.containsKey("fault")) {
                return null;
            }
            var fault = FeedFault.parse(json);
            // A little later, so that a fault of all connections spares this answer.
            vertx.setTimer(TICK_MILLIS, _ -> strike(fault));
            return new JsonObject()
                    .put("fault", fault.kind().name())
                    .put("for_ms", fault.lasting().toMillis());
        }
    }

    private void connected(ServerWebSocket socket, Wire wire) {
        long now = System.nanoTime();
        tally.connections++;
        renewal.connected(now);
        if (!begun) {
            begin(now);
        }
        var connection = new FeedConnection(socket, wire, check, tally, options.limits, clock);
        if (hush != null) {
            connection.provoke();
        }
        connections.add(connection);
        long beating = vertx.setPeriodic(0, HEARTBEAT_MILLIS, _ -> heartbeat(connection));
        socket.closeHandler(
                _ -> {
                    vertx.cancelTimer(beating);
                    connections.remove(connection);
                    if (!connection.dead() && connection.gone() && !finishing) {
                        tally.problem("a client went away for no reason of ours");
                    }
                });
    }

    private void begin(long now) {
        begun = true;
        lastTick = now;
        vertx.setPeriodic(TICK_MILLIS, _ -> tick());
        for (var fault : options.faults) {
            vertx.setTimer(Math.max(1, fault.after().toMillis()), _ -> strike(fault));
        }
        if (!options.duration.isZero()) {
            vertx.setTimer(options.duration.toMillis(), _ -> lastAnswers());
        }
    }

    private void heartbeat(FeedConnection connection) {
        if (hush == null && !connection.dead()) {
            connection.sendHeartbeat();
        }
    }

    private void tick() {
        long now = System.nanoTime();
        double seconds = Math.min(MOST_SECONDS_AT_ONCE, (now - lastTick) / 1e9);
        lastTick = now;
        if (finishing || hush == FeedFault.Kind.SILENCE) {
            return;
        }
        due += seconds * perSecond;
        for (; due >= 1; due--) {
            var connection = nextAlive();
            if (connection == null) {
                due = 0;
                return;
            }
            if (messages.garbageIsNext()) {
                connection.sendGarbage(messages.garbage());
            }
            connection.send(messages.next());
        }
    }

    private @Nullable FeedConnection nextAlive() {
        for (int i = 0; i < connections.size(); i++) {
            turn = (turn + 1) % connections.size();
            var connection = connections.get(turn);
            if (!connection.dead()) {
                return connection;
            }
        }
        return null;
    }

    private void strike(FeedFault fault) {
        if (finishing) {
            return;
        }
        long now = System.nanoTime();
        var struck = List.copyOf(connections);
        if (fault.kind() != FeedFault.Kind.REFUSE && !struck.isEmpty()) {
            renewal.await(fault, now);
        }
        switch (fault.kind()) {
            case RESET -> struck.forEach(FeedConnection::reset);
            case CLOSE -> struck.forEach(c -> c.close(GOING_AWAY, "simulated"));
            case HALF_OPEN -> struck.forEach(this::abandon);
            case SILENCE, NO_HEARTBEATS -> {
                struck.forEach(FeedConnection::provoke);
                hush = fault.kind();
                vertx.setTimer(Math.max(1, fault.lasting().toMillis()), _ -> hush = null);
            }
            case REFUSE -> {
                struck.forEach(FeedConnection::provoke);
                renewal.await(fault, now + fault.lasting().toNanos());
                door.set(Fault.of(Fault.Mode.REFUSE).lasting(fault.lasting()));
            }
            case GARBAGE -> {
                for (int i = 0; i < GARBAGE_BURST; i++) {
                    struck.forEach(c -> c.sendGarbage(messages.garbage()));
                }
            }
        }
    }

    private void abandon(FeedConnection connection) {
        connection.halfOpen();
        vertx.setTimer(HALF_OPEN_MILLIS, _ -> connection.reset());
    }

    /** Waits for what is open, no longer than an answer may take. */
    private void lastAnswers() {
        finishing = true;
        long last = System.nanoTime() + options.limits.answerWithin().toNanos();
        vertx.setPeriodic(
                TICK_MILLIS,
                timer -> {
                    boolean idle = connections.stream().noneMatch(FeedConnection::owes);
                    if (idle || System.nanoTime() - last >= 0) {
                        vertx.cancelTimer(timer);
                        finish();
                    }
                });
    }

    private void finish() {
        renewal.finish(System.nanoTime());
        connections.forEach(FeedConnection::finish);
        verdict.complete(tally.verdict(options.limits));
    }
}
