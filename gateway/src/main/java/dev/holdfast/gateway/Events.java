package dev.holdfast.gateway;

import dev.holdfast.engine.RequestView;
import dev.holdfast.engine.Seen;
import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.parts.Holds;
import dev.holdfast.gateway.server.EventStream;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.server.Filters;
import dev.holdfast.http.Headers;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/requests/{id}/events}: a request's changes as server-sent events. An event's id
 * tells what was seen; with it as Last-Event-ID a stream goes on without missing where the request
 * stands or telling it twice.
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
        Seen seen = Follow.seen(exchange.header(Headers.LAST_EVENT_ID));
        if (view.request().status().isFinal() && Follow.seen(view).equals(seen)) {
            // Tells an EventSource that there will be nothing more, so that it does not come back.
            exchange.send(204);
            return;
        }
        if (!exchange.hold(Follow.HELD_BYTES)) {
            return;
        }
        Reader reader = new Reader(exchange);
        if (holds.hold(exchange.caller().client(), reader.release)) {
            reader.start(view, seen);
        } else {
            exchange.problem(Follow.tooMany());
        }
    }

    /** One reader's stream; all on its event loop. */
    private final class Reader {
        private final Exchange exchange;
        private final EventStream stream;
        final Runnable release = this::release;
        private int heartbeats;

        Reader(Exchange exchange) {
            this.exchange = exchange;
            this.stream = new EventStream(exchange, () -> holds.leave(release));
        }

        private void release() {
            stream.run(stream::end);
        }

        void start(RequestView view, @Nullable Seen seen) {
            if (!stream.begin()) {
                return;
            }
            stream.retryAfter(RECONNECT_MILLIS);
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
                stream.write(event);
            }
            if (!room || view.request().status().isFinal()) {
                stream.end();
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
                                    stream.run(
                                            () ->
                                                    next(
                                                            view,
                                                            error == null
                                                                    ? found.orElse(null)
                                                                    : null)));
        }

        private void next(RequestView before, @Nullable RequestView view) {
            if (stream.hasEnded()) {
                return;
            }
            // A reader that does not keep up, or a store that does not answer: it may come back.
            if (view == null || stream.isBehind()) {
                stream.end();
            } else if (!Follow.seen(view).equals(Follow.seen(before))) {
                tell(view);
            } else if (++heartbeats >= MAX_HEARTBEATS) {
                stream.end();
            } else {
                stream.comment("still " + view.request().status().wire());
                await(view);
            }
        }

        private Buffer event(RequestView view) {
            return EventStream.event(
                    Follow.mark(Follow.seen(view)),
                    view.request().status().wire(),
                    new String(doorway.json(exchange).followed(view), StandardCharsets.UTF_8));
        }
    }
}
