package dev.holdfast.gateway.batch;

import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.server.Bodies;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.server.Filters;
import dev.holdfast.http.Json;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.Problem;
import dev.holdfast.store.Operations;
import dev.holdfast.store.Operations.Act;
import dev.holdfast.store.Operations.NewOperation;
import dev.holdfast.store.Operations.OperationRecord;
import dev.holdfast.store.Operations.State;
import dev.holdfast.store.Viewer;
import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Acts on all that a filter chooses: begun, counted, followed and stopped. */
public final class OperationDoors {
    /** Largest body of one, in bytes. */
    static final int MAX_BODY_BYTES = 16 << 10;

    /** How long a dry run is waited for; one that takes longer is followed. */
    static final Duration COUNTING = Duration.ofMillis(1_200);

    private static final long LOOK_MILLIS = 50;
    private static final Duration FEWER = Duration.ofSeconds(10);

    private final DoorParts doorway;
    private final Bodies bodies;

    public OperationDoors(DoorParts doorway, Bodies bodies) {
        this.doorway = doorway;
        this.bodies = bodies;
    }

    private Operations operations() {
        return doorway.engine().store().operations();
    }

    public void post(Exchange exchange) {
        Bodies.Form form = Bodies.form(exchange);
        if (form == null) {
            return;
        }
        if (form != Bodies.Form.JSON) {
            exchange.problem(
                    new Problem.Plain(
                            Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "Send application/json."));
            return;
        }
        bodies.read(
                exchange,
                MAX_BODY_BYTES,
                body -> {
                    Mistakes mistakes = new Mistakes();
                    NewOperation wanted =
                            OperationReader.read(
                                    body,
                                    exchange.caller().viewer(),
                                    doorway.clientNames().get(),
                                    mistakes);
                    if (wanted == null || !mistakes.isEmpty()) {
                        exchange.problem(mistakes.problem());
                    } else {
                        begin(exchange, wanted);
                    }
                });
    }

    private void begin(Exchange exchange, NewOperation wanted) {
        doorway.guard(exchange);
        exchange.when(
                operations().begin(wanted),
                begun ->
                        begun.ifPresentOrElse(
                                operation -> begun(exchange, operation),
                                () -> exchange.problem(tooMany())));
    }

    private void begun(Exchange exchange, OperationRecord operation) {
        if (operation.dryRun()) {
            long until = System.nanoTime() + COUNTING.toNanos();
            count(exchange, operation, until);
        } else {
            doorway.acted(
                    exchange,
                    operation.act().wire() + "-all",
                    operation.id().toString(),
                    () -> answer(exchange, 202, operation));
        }
    }

    /** Waits a little for a dry run, so that most are told how many at once. */
    private void count(Exchange exchange, OperationRecord operation, long untilNanos) {
        doorway.read(
                exchange,
                () -> operations().operation(exchange.caller().viewer(), operation.id()),
                found -> {
                    OperationRecord now = found.orElse(operation);
                    if (now.state() != State.RUNNING) {
                        answer(exchange, 200, now);
                    } else if (System.nanoTime() - untilNanos >= 0) {
                        answer(exchange, 202, now);
                    } else {
                        doorway.vertx()
                                .setTimer(LOOK_MILLIS, _ -> count(exchange, operation, untilNanos));
                    }
                });
    }

    public void get(Exchange exchange, String id) {
        UUID operation = Filters.uuid(id);
        if (operation == null) {
            exchange.problem(notFound());
            return;
        }
        Viewer viewer = exchange.caller().viewer();
        doorway.read(
                exchange,
                () -> operations().operation(viewer, operation),
                found -> answer(exchange, found));
    }

    /** Stops one; what it did stays. */
    public void delete(Exchange exchange, String id) {
        UUID operation = Filters.uuid(id);
        if (operation == null) {
            exchange.problem(notFound());
            return;
        }
        Viewer viewer = exchange.caller().viewer();
        doorway.guard(exchange);
        exchange.when(
                operations().stop(viewer, operation),
                _ ->
                        doorway.read(
                                exchange,
                                () -> operations().operation(viewer, operation),
                                found -> stopped(exchange, found)));
    }

    private void stopped(Exchange exchange, Optional<OperationRecord> found) {
        if (found.isPresent()) {
            String id = found.get().id().toString();
            doorway.acted(exchange, "stop", id, () -> answer(exchange, 200, found.get()));
        } else {
            exchange.problem(notFound());
        }
    }

    public void list(Exchange exchange) {
        Mistakes mistakes = new Mistakes();
        Filters filters = new Filters(exchange.request().query(), mistakes);
        int limit = filters.limit(BatchDoors.USUAL_LIMIT, BatchDoors.MAX_LIMIT);
        UUID before = filters.cursor();
        filters.finish();
        if (!mistakes.isEmpty()) {
            exchange.problem(mistakes.problem());
            return;
        }
        Viewer viewer = exchange.caller().viewer();
        doorway.read(
                exchange,
                () -> operations().list(viewer, limit, before),
                found -> answer(exchange, found, limit));
    }

    private void answer(Exchange exchange, List<OperationRecord> found, int limit) {
        exchange.json(
                200,
                Json.object(
                        json -> {
                            json.writeArrayFieldStart("operations");
                            for (OperationRecord operation : found) {
                                json.writeStartObject();
                                OperationJson.write(
                                        json, operation, exchange.base(), names(operation));
                                json.writeEndObject();
                            }
                            json.writeEndArray();
                            if (found.size() == limit) {
                                json.writeStringField(
                                        "next_cursor", Filters.cursor(found.getLast().id()));
                            }
                        }));
    }

    private void answer(Exchange exchange, Optional<OperationRecord> found) {
        found.ifPresentOrElse(
                operation -> answer(exchange, 200, operation), () -> exchange.problem(notFound()));
    }

    private void answer(Exchange exchange, int status, OperationRecord operation) {
        if (status == 202) {
            exchange.response()
                    .putHeader(
                            HttpHeaders.LOCATION,
                            exchange.link("/v1/operations/" + operation.id()));
        }
        exchange.json(
                status,
                Json.object(
                        json ->
                                OperationJson.write(
                                        json, operation, exchange.base(), names(operation))));
    }

    private @Nullable String names(OperationRecord operation) {
        Integer client = operation.filter().client();
        return client == null
                ? null
                : doorway.clientNames().get().shownTo(operation.viewer(), client);
    }

    /** What a batch's cancel does to its lines. */
    static NewOperation cancelling(Viewer viewer, UUID batch) {
        return new NewOperation(
                viewer,
                Act.CANCEL,
                new Operations.Filter(null, null, null, null, null, null, null, batch, null, null),
                false,
                0);
    }

    static Problem tooMany() {
        return new Problem.Passing(
                Problem.Kind.TOO_MANY_PENDING,
                "Wait until one of this client's operations has ended, or stop one.",
                FEWER);
    }

    private static Problem notFound() {
        return Problem.notFound("operation of this id");
    }
}
