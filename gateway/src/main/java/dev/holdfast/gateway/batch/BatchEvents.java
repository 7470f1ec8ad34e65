package dev.holdfast.gateway.batch;

import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.parts.Holds;
import dev.holdfast.gateway.server.EventStream;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.server.Filters;
import dev.holdfast.http.Headers;
import dev.holdfast.http.Problem;
import dev.holdfast.store.Batches.BatchRecord;
import dev.holdfast.wire.BatchJson;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/batches/{id}/events}: a batch's progress as server-sent events, at most one a
 * second. An event's id tells what was seen; with it as Last-Event-ID a stream goes on.
 */
public final class BatchEvents {
    /** Time between two looks, in milliseconds. */
    static final long LOOK_MILLIS = 1_000;

    /** Looks without news after which a comment shows that the stream lives. */
    static final int HEARTBEAT_LOOKS = 15;

    /** Looks after which a stream ends; its reader comes back by itself. */
    static final int MAX_LOOKS = 3_600;

    /** What a stream takes while it waits, about, in bytes. */
    private static final int HELD_BYTES = 1 << 10;

    private static final int RECONNECT_MILLIS = 2_000;

    private final DoorParts doorway;
    private final Holds holds;

    public BatchEvents(DoorParts doorway, Holds holds) {
        this.doorway = doorway;
        this.holds = holds;
    }

    public void open(Exchange exchange, String id) {
        UUID batch = Filters.uuid(id);
        if (batch == null) {
            exchange.problem(BatchDoors.notFound());
            return;
        }
        doorway.read(exchange, () -> look(exchange, batch), found -> found(exchange, batch, found));
    }

    private Optional<BatchAnswer.Told> look(Exchange exchange, UUID batch) {
        return doorway.engine()
                .store()
                .batches()
                .batch(exchange.caller().viewer(), batch)
                .map(found -> BatchDoors.told(doorway, found, false));
    }

    private void found(Exchange exchange, UUID batch, Optional<BatchAnswer.Told> found) {
        BatchAnswer.Told told = found.orElse(null);
        if (told == null) {
            exchange.problem(BatchDoors.notFound());
            return;
        }
        String seen = exchange.header(Headers.LAST_EVENT_ID);
        if (BatchJson.isOver(told.batch()) && mark(told.batch()).equals(seen)) {
            // Tells an EventSource that there will be nothing more, so that it does not come back.
            exchange.send(204);
            return;
        }
        if (!exchange.hold(HELD_BYTES)) {
            return;
        }
        Reader reader = new Reader(exchange, batch);
        if (holds.hold(exchange.caller().client(), reader.release)) {
            reader.start(told, seen);
        } else {
            exchange.problem(
                    new Problem.Passing(
                            Problem.Kind.TOO_MANY_HELD,
                            "Too many answers are being held; ask again without waiting.",
                            Duration.ofSeconds(1)));
        }
    }

    /** What tells one state of a batch from another. */
    private static String mark(BatchRecord batch) {
        return batch.lines()
                + "-"
                + batch.unfinished()
                + "-"
                + batch.succeeded()
                + "-"
                + batch.failed()
                + "-"
                + BatchJson.status(batch);
    }

    /** One reader's stream; all on its event loop. */
    private final class Reader {
        private final Exchange exchange;
        private final UUID batch;
        private final EventStream stream;
        final Runnable release = this::release;
        private @Nullable String seen;
        private int looks;
        private int quiet;

        Reader(Exchange exchange, UUID batch) {
            this.exchange = exchange;
            this.batch = batch;
            this.stream = new EventStream(exchange, () -> holds.leave(release));
        }

        private void release() {
            stream.run(stream::end);
        }

        void start(BatchAnswer.Told told, @Nullable String last) {
            if (stream.begin()) {
                stream.retryAfter(RECONNECT_MILLIS);
                seen = last;
                tell(told);
            }
        }

        private void later() {
            if (!stream.hasEnded()) {
                doorway.vertx().setTimer(LOOK_MILLIS, _ -> again());
            }
        }

        private void again() {
            if (stream.hasEnded()) {
                return;
            }
            doorway.reads()
                    .read(exchange.caller().client(), () -> look(exchange, batch))
                    .whenComplete(
                            (found, error) ->
                                    stream.run(
                                            () -> next(error == null ? found.orElse(null) : null)));
        }

        private void next(BatchAnswer.@Nullable Told told) {
            if (stream.hasEnded()) {
                return;
            }
            // A store that does not answer, or a reader that does not keep up: it may come back.
            if (told == null || stream.isBehind() || ++looks > MAX_LOOKS) {
                stream.end();
            } else {
                tell(told);
            }
        }

        private void tell(BatchAnswer.Told told) {
            String mark = mark(told.batch());
            if (mark.equals(seen)) {
                if (++quiet % HEARTBEAT_LOOKS == 0) {
                    stream.comment("still " + BatchJson.status(told.batch()));
                }
                later();
                return;
            }
            seen = mark;
            quiet = 0;
            Buffer event =
                    EventStream.event(
                            mark,
                            BatchJson.isOver(told.batch()) ? "completed" : "progress",
                            BatchAnswer.of(told, exchange.base()).toString(StandardCharsets.UTF_8));
            boolean room = exchange.leave(event.length());
            if (room) {
                stream.write(event);
            }
            if (!room || BatchJson.isOver(told.batch())) {
                stream.end();
            } else {
                later();
            }
        }
    }
}
