package dev.holdfast.gateway.server;

import dev.holdfast.http.Headers;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/**
 * An answer of server-sent events (WHATWG HTML, 9.2). All on its connection's event loop, where it
 * is made, but {@link #run}.
 */
public final class EventStream {
    private final Exchange exchange;
    private final HttpServerResponse response;
    private final Runnable left;
    private final Context loop;
    private boolean ended;

    /**
     * One that has not begun.
     *
     * @param left runs once, when it ends, whoever ended it
     */
    public EventStream(Exchange exchange, Runnable left) {
        this.exchange = exchange;
        this.response = exchange.response();
        this.left = left;
        this.loop = exchange.loop();
    }

    /** Sends its head; false if nobody is there for more, and it has ended. */
    public boolean begin() {
        response.putHeader(HttpHeaders.CACHE_CONTROL, Headers.NO_STORE)
                .putHeader(Headers.ACCEL_BUFFERING, Headers.NO)
                .setChunked(true);
        if (!exchange.begin(200, Headers.EVENTS)) {
            end();
            return false;
        }
        if (exchange.request().method().equals(HttpMethod.HEAD)) {
            // Of a HEAD there is the head (RFC 9110, section 9.3.2).
            end();
            return false;
        }
        exchange.whenGone(this::end);
        response.exceptionHandler(_ -> end());
        return true;
    }

    /** Runs a step on its event loop; a thread that reads waits until it was. */
    public void run(Runnable step) {
        Handing.over(loop, step);
    }

    public boolean hasEnded() {
        return ended;
    }

    /** Whether its reader has not taken yet what it was sent. */
    public boolean isBehind() {
        return response.writeQueueFull();
    }

    public void write(Buffer event) {
        response.write(event);
    }

    /** Tells a reader after how many milliseconds to come back when it has lost the stream. */
    public void retryAfter(int millis) {
        response.write("retry: " + millis + "\n\n");
    }

    /** Shows that the stream lives. */
    public void comment(String words) {
        response.write(": " + words + "\n\n");
    }

    /**
     * An event.
     *
     * @param id what its reader sends as Last-Event-ID when it comes back, or null
     */
    public static Buffer event(@Nullable String id, String name, String data) {
        StringBuilder event = new StringBuilder(data.length() + 64);
        if (id != null) {
            event.append("id: ").append(id).append('\n');
        }
        event.append("event: ").append(name);
        // JSON may have line breaks, and each line is a field of its own.
        data.lines().forEach(line -> event.append("\ndata: ").append(line));
        return Buffer.buffer(event.append("\n\n").toString());
    }

    /** Nothing more comes. */
    public void end() {
        if (!ended) {
            ended = true;
            left.run();
            if (!response.ended() && !response.closed()) {
                response.end();
            }
            exchange.finished(System.nanoTime());
        }
    }
}
