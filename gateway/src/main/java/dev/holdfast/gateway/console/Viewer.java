package dev.holdfast.gateway.console;

import dev.holdfast.engine.BasePath;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.function.Consumer;

/** One open stream of server-sent events. Belongs to its connection's event loop. */
final class Viewer {
    /** Events in a row that a reader may be too slow for before its stream ends. */
    static final int MAX_MISSED = 20;

    /** Time after which a stream ends; its reader comes back and proves its key again. */
    static final Duration MAX_LIFE = Duration.ofMinutes(10);

    private final Vertx vertx;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Consumer<Viewer> left;
    private final BasePath base;
    private final Context loop;
    private long timer = -1;
    private int missed;
    private boolean ended;

    Viewer(Vertx vertx, HttpServerRequest request, Consumer<Viewer> left, BasePath base) {
        this.base = base;
        this.vertx = vertx;
        this.request = request;
        this.response = request.response();
        this.left = left;
        this.loop = vertx.getOrCreateContext();
    }

    void begin(String hello) {
        loop.runOnContext(
                _ -> {
                    if (response.closed()) {
                        end();
                        return;
                    }
                    response.closeHandler(_ -> end());
                    response.exceptionHandler(_ -> end());
                    response.putHeader("content-type", "text/event-stream")
                            .putHeader("cache-control", "no-store")
                            .putHeader("x-accel-buffering", "no")
                            .setChunked(true);
                    write("hello", hello);
                    timer = vertx.setTimer(MAX_LIFE.toMillis(), _ -> end());
                });
    }

    /** Tells it where things stand, unless it has not read what it was told before. */
    void tell(String frame) {
        loop.runOnContext(
                _ -> {
                    if (ended) {
                        return;
                    }
                    if (!response.writeQueueFull()) {
                        missed = 0;
                        write("frame", frame);
                    } else if (++missed >= MAX_MISSED) {
                        end();
                    }
                });
    }

    private void write(String event, String data) {
        if (!ended) {
            response.write("event: " + event + "\ndata: " + data + "\n\n");
        }
    }

    void refuse() {
        loop.runOnContext(_ -> Refusal.TOO_MANY_VIEWERS.write(request, base));
    }

    void end() {
        loop.runOnContext(
                _ -> {
                    if (ended) {
                        return;
                    }
                    ended = true;
                    vertx.cancelTimer(timer);
                    left.accept(this);
                    if (!response.ended() && !response.closed()) {
                        response.end();
                    }
                });
    }
}
