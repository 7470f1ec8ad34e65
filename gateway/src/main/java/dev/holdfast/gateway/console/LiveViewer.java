package dev.holdfast.gateway.console;

import dev.holdfast.gateway.server.EventStream;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.http.Problem;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Consumer;

/** One who looks at the console. Belongs to its connection's event loop. */
final class LiveViewer {
    /** Events in a row that a reader may be too slow for before its stream ends. */
    static final int MAX_MISSED = 20;

    /** Time after which a stream ends; its reader comes back and proves its key again. */
    static final Duration MAX_LIFE = Duration.ofMinutes(10);

    private final Vertx vertx;
    private final Exchange exchange;
    private final Consumer<LiveViewer> left;
    private final EventStream stream;
    private long timer = -1;
    private int missed;

    /**
     * @param left runs once, when its stream ends
     */
    LiveViewer(Vertx vertx, Exchange exchange, Consumer<LiveViewer> left) {
        this.vertx = vertx;
        this.exchange = exchange;
        this.left = left;
        this.stream = new EventStream(exchange, this::left);
    }

    void begin(String hello) {
        stream.run(
                () -> {
                    if (stream.begin()) {
                        stream.write(EventStream.event(null, "hello", hello));
                        timer = vertx.setTimer(MAX_LIFE.toMillis(), _ -> stream.end());
                    }
                });
    }

    /** Tells it where things stand, unless it has not read what it was told before. */
    void tell(String frame) {
        stream.run(
                () -> {
                    if (stream.hasEnded()) {
                        return;
                    }
                    if (!stream.isBehind()) {
                        missed = 0;
                        stream.write(EventStream.event(null, "frame", frame));
                    } else if (++missed >= MAX_MISSED) {
                        stream.end();
                    }
                });
    }

    void refuse() {
        stream.run(
                () ->
                        exchange.problem(
                                new Problem.Plain(
                                        Problem.Kind.TOO_MANY_HELD,
                                        "Too many consoles are open; close one.")));
    }

    void end() {
        stream.run(stream::end);
    }

    private void left() {
        vertx.cancelTimer(timer);
        left.accept(this);
    }
}
