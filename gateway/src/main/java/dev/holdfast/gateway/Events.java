package dev.holdfast.gateway;

import dev.holdfast.engine.Engine;
import dev.holdfast.engine.RequestView;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.server.Filters;
import dev.holdfast.gateway.server.Handing;
import dev.holdfast.http.Headers;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/requests/{id}/events}: a request's changes as server-sent events (WHATWG HTML,
 * 9.2). An event's id tells what was seen; with it as Last-Event-ID a stream goes on without
 * missing where the request stands or telling it twice.
 */
final class Events {
    /** Time without an event after which a comment shows that the stream lives. */
    static final Duration HEARTBEAT = Duration.ofSeconds(15);

    /** Heartbeats after which a stream ends; its reader comes back by itself. */
    static final int MAX_HEARTBEATS = 240;

    /** Time after which a reader that lost its stream comes back, in milliseconds. */
    static final int RECONNECT_MILLIS = 2_000;

    private final DoorParts doorway;
    private final Holds holds;

    Events(DoorParts doorway, Holds holds) {
        this.doorway = doorway;
        this.holds = holds;
    }

    void open(Exchange exchange, String id) {
        UUID request = Filters.uuid(id);
        if (request == null) {
            exchange.problem(RequestDoors.notFound());
            return;
        }
        doorway.read(
                exchange,
                () -> doorway.engine().request(exchange.caller().viewer(), request),
                found -> found(exchange, found));
    }

    private void found(Exchange exchange, Optional<RequestView> found) {
        RequestView view = found.orElse(null);
        if (view == null) {
            exchange.problem(RequestDoors.notFound());
            return;
        }
        Engine.Seen seen = Follow.seen(exchange.header(Headers.LAST_EVENT_ID));
        if (view.request().status().isFinal() && Follow.seen(view).equals(seen)) {
            // Tells an EventSource that there will be nothing more, so that it does not come back.
            exchange.send(204);
            return;
        }
        if (!exchange.hold(Follow.HELD_BYTES)) {
            return;
        }
        Stream stream = new Stream(exchange);
        if (!holds.hold(exchange.caller().client(), stream.release)) {
            exchange.problem(Follow.tooMany());
            return;
        }
        stream.start(view, seen);
    }

    /** One reader's stream; all on its event loop. */
    private final class Stream {
        private final Exchange exchange;
        private final HttpServerResponse response;
        private final Context context = doorway.vertx().getOrCreateContext();
        final Runnable release = () -> context.runOnContext(_ -> end());
        private int heartbeats;
        private boolean ended;

        Stream(Exchange exchange) {
            this.exchange = exchange;
            this.response = exchange.response();
        }

        void start(RequestView view, Engine.@Nullable Seen seen) {
            response.putHeader(HttpHeaders.CACHE_CONTROL, Headers.NO_STORE)
                    .putHeader(Headers.ACCEL_BUFFERING, Headers.NO)
                    .setChunked(true);
            if (!exchange.begin(200, Headers.EVENTS)) {
                end();
                return;
            }
            exchange.whenGone(this::end);
            response.exceptionHandler(_ -> end());
            response.write("retry: " + RECONNECT_MILLIS + "\n\n");
            if (Follow.seen(view).equals(seen)) {
                await(view);
            } else {
                tell(view);
            }
        }

        private void tell(RequestView view) {
            Buffer event = event(view);
            boolean room = exchange.leave(event.length());
            if (room) {
                response.write(event);
            }
            if (!room || view.request().status().isFinal()) {
                end();
            } else {
                await(view);
            }
        }

        private void await(RequestView view) {
            doorway.engine()
                    .follow(
                            exchange.caller().viewer(),
                            view.request().id(),
                            Follow.seen(view),
                            HEARTBEAT)
                    .whenComplete(
                            (found, error) ->
                                    Handing.over(
                                            context,
                                            () ->
                                                    next(
                                                            view,
                                                            error == null
                                                                    ? found.orElse(null)
                                                                    : null)));
        }

        private void next(RequestView before, @Nullable RequestView view) {
            if (ended) {
                return;
            }
            // A reader that does not keep up, or a store that does not answer: it may come back.
            if (view == null || response.writeQueueFull()) {
                end();
            } else if (!Follow.seen(view).equals(Follow.seen(before))) {
                tell(view);
            } else if (++heartbeats >= MAX_HEARTBEATS) {
                end();
            } else {
                response.write(": still " + view.request().status().wire() + "\n\n");
                await(view);
            }
        }

        private void end() {
            if (!ended) {
                ended = true;
                holds.leave(release);
                if (!response.ended() && !response.closed()) {
                    response.end();
                }
                exchange.finished(System.nanoTime());
            }
        }

        private Buffer event(RequestView view) {
            String data = new String(doorway.json(exchange).followed(view), StandardCharsets.UTF_8);
            StringBuilder event = new StringBuilder(data.length() + 64);
            event.append("id: ").append(Follow.mark(Follow.seen(view)));
            event.append("\nevent: ").append(view.request().status().wire());
            // A result that is JSON may have line breaks, and each line is a field of its own.
            data.lines().forEach(line -> event.append("\ndata: ").append(line));
            return Buffer.buffer(event.append("\n\n").toString());
        }
    }
}
