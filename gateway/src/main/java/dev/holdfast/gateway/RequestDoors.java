package dev.holdfast.gateway;

import dev.holdfast.engine.Engine;
import dev.holdfast.engine.RequestView;
import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.pass.ResultDoor;
import dev.holdfast.gateway.server.Bodies;
import dev.holdfast.gateway.server.ClientNames;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.server.Filters;
import dev.holdfast.http.Field;
import dev.holdfast.http.Json;
import dev.holdfast.http.JsonFields;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.Problem;
import dev.holdfast.request.Failure;
import dev.holdfast.request.NotBefore;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.store.Ending;
import dev.holdfast.store.Reads;
import dev.holdfast.store.Reads.AttemptRecord;
import dev.holdfast.store.Reads.Query;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.Viewer;
import dev.holdfast.wire.RequestJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Requests as their callers list, look into, cancel and retry them. */
final class RequestDoors {
    /** Requests on a page when the caller does not say. */
    static final int USUAL_LIMIT = 50;

    /** When another retry may help a client that has too much pending. */
    private static final Duration PENDING_RETRY = Duration.ofSeconds(30);

    /** Requests on a page at most. */
    static final int MAX_LIMIT = 200;

    /** The body of a change, in bytes at most. */
    private static final int MAX_CHANGE_BYTES = 4 << 10;

    private final DoorParts doorway;
    private final Bodies bodies;

    private final ResultDoor results;

    RequestDoors(DoorParts doorway, Bodies bodies, ResultDoor results) {
        this.doorway = doorway;
        this.bodies = bodies;
        this.results = results;
    }

    void list(Exchange exchange) {
        Mistakes mistakes = new Mistakes();
        Filters filters = new Filters(exchange.request().query(), mistakes);
        Status status = filters.choice("status", Status.values(), Status::wire);
        Failure.Reason reason =
                filters.choice("reason", Failure.Reason.values(), Failure.Reason::wire);
        String route = filters.text("route");
        String partition = filters.text("partition");
        String text = filters.text("text");
        Instant since = filters.instant("since");
        Instant until = filters.instant("until");
        String reference = filters.text("client_request_id");
        int limit = filters.limit(USUAL_LIMIT, MAX_LIMIT);
        UUID before = filters.cursor();
        Viewer viewer = exchange.caller().viewer();
        Viewer narrowed = doorway.clientNames().get().narrowed(viewer, filters, mistakes);
        filters.finish();
        if (!mistakes.isEmpty()) {
            exchange.problem(mistakes.problem());
            return;
        }
        Query query =
                new Query(
                        status, reason, route, partition, reference, text, since, until, limit,
                        before);
        doorway.read(
                exchange,
                () -> doorway.engine().list(narrowed, query),
                page -> exchange.json(200, page(exchange, viewer, page)));
    }

    private Buffer page(Exchange exchange, Viewer viewer, Engine.Page page) {
        ClientNames names = doorway.clientNames().get();
        RequestJson requests = doorway.json(exchange);
        UUID next = page.next();
        return Json.object(
                json -> {
                    json.writeArrayFieldStart("requests");
                    for (RequestView view : page.requests()) {
                        String client = names.shownTo(viewer, view.request().client());
                        requests.writeFollowed(json, view, client);
                    }
                    json.writeEndArray();
                    if (next != null) {
                        json.writeStringField("next_cursor", Filters.cursor(next));
                        json.writeStringField(
                                "looked_back_to", RequestJson.instant(Reads.lookedBackTo(next)));
                    }
                });
    }

    void attempts(Exchange exchange, String id) {
        UUID request = Filters.uuid(id);
        if (request == null) {
            exchange.problem(notFound());
            return;
        }
        Viewer viewer = exchange.caller().viewer();
        doorway.read(
                exchange,
                () ->
                        doorway.engine()
                                .request(viewer, request)
                                .map(_ -> doorway.engine().attempts(viewer, request)),
                attempts -> answerAttempts(exchange, request, attempts));
    }

    private static void answerAttempts(
            Exchange exchange, UUID request, Optional<List<AttemptRecord>> attempts) {
        attempts.ifPresentOrElse(
                found -> exchange.json(200, AttemptJson.of(request, found)),
                () -> exchange.problem(notFound()));
    }

    /** The bytes of a result, as they came. */
    void result(Exchange exchange, String id) {
        UUID request = Filters.uuid(id);
        if (request == null) {
            exchange.problem(notFound());
            return;
        }
        doorway.read(
                exchange,
                () -> doorway.engine().request(exchange.caller().viewer(), request),
                found -> answerResult(exchange, found.map(RequestView::request).orElse(null)));
    }

    private void answerResult(Exchange exchange, @Nullable RequestRecord request) {
        Result result = request == null ? null : request.result();
        if (request == null) {
            exchange.problem(notFound());
        } else if (result == null) {
            exchange.problem(
                    Problem.notFound("result of this request; GET it to see where it stands"));
        } else {
            results.send(exchange, request, result, doorway.shapes().get(request.route()));
        }
    }

    void cancel(Exchange exchange, String id) {
        UUID request = Filters.uuid(id);
        if (request == null) {
            exchange.problem(notFound());
            return;
        }
        doorway.guard(exchange);
        exchange.when(
                doorway.engine().cancel(exchange.caller().viewer(), request),
                ending ->
                        ended(
                                exchange,
                                ending,
                                "cancel",
                                200,
                                new Problem.Plain(
                                        Problem.Kind.ALREADY_DONE,
                                        "It ended already; GET it to see how.")));
    }

    /** What is wanted of a request that waits is something else now. */
    void change(Exchange exchange, String id) {
        UUID request = Filters.uuid(id);
        if (request == null) {
            exchange.problem(notFound());
            return;
        }
        bodies.read(exchange, MAX_CHANGE_BYTES, body -> change(exchange, request, body));
    }

    private void change(Exchange exchange, UUID request, byte[] body) {
        Mistakes mistakes = new Mistakes();
        Priority priority = null;
        boolean timed = false;
        NotBefore notBefore = null;
        Instant now = doorway.engine().store().wall().instant();
        for (Map.Entry<String, Field> field : JsonFields.read(body, mistakes).entrySet()) {
            String name = field.getKey();
            switch (name) {
                case "priority" -> priority = AskReader.priority(name, field.getValue(), mistakes);
                case "not_before" -> {
                    timed = true;
                    notBefore = AskReader.notBefore(name, field.getValue(), now, mistakes);
                }
                default ->
                        mistakes.add(name, "is not known; not_before and priority can be changed");
            }
        }
        if (!mistakes.isEmpty()) {
            exchange.problem(mistakes.problem());
            return;
        }
        Store.Wish wish =
                new Store.Wish(priority, timed, notBefore == null ? null : notBefore.after(now));
        doorway.guard(exchange);
        exchange.when(
                doorway.engine().change(exchange.caller().viewer(), request, wish),
                ending ->
                        ended(
                                exchange,
                                ending,
                                "change",
                                200,
                                new Problem.Plain(
                                        Problem.Kind.NOT_WAITING,
                                        "It does not wait, or was called before; GET it to see where it"
                                                + " stands.")));
    }

    void retry(Exchange exchange, String id) {
        UUID request = Filters.uuid(id);
        if (request == null) {
            exchange.problem(notFound());
            return;
        }
        doorway.guard(exchange);
        exchange.when(
                doorway.engine().retry(exchange.caller().viewer(), request),
                ending ->
                        ended(
                                exchange,
                                ending,
                                "retry",
                                202,
                                new Problem.Plain(
                                        Problem.Kind.NOT_FAILED,
                                        "It has not failed; GET it to see where it stands.")));
    }

    private void ended(
            Exchange exchange, Ending ending, String what, int status, Problem conflict) {
        RequestRecord request = ending.request();
        switch (ending.what()) {
            case UNKNOWN -> exchange.problem(notFound());
            case CONFLICT -> exchange.problem(conflict);
            case ROUTE_GONE ->
                    exchange.problem(
                            new Problem.Plain(
                                    Problem.Kind.ROUTE_GONE,
                                    "Nobody would call it: this gateway's configuration has its"
                                            + " route no more."));
            case TOO_MANY_PENDING -> exchange.problem(Problem.tooManyPending(PENDING_RETRY));
            case DONE -> {
                if (request == null) {
                    exchange.problem(notFound());
                    return;
                }
                Viewer viewer = exchange.caller().viewer();
                RequestView plain = new RequestView(request, 0, null, null);
                doorway.acted(
                        exchange,
                        what,
                        request.id().toString(),
                        () ->
                                doorway.read(
                                        exchange,
                                        () ->
                                                doorway.engine()
                                                        .request(viewer, request.id())
                                                        .orElse(plain),
                                        view -> answer(exchange, status, view)));
            }
        }
    }

    private void answer(Exchange exchange, int status, RequestView view) {
        if (status == 202) {
            exchange.response()
                    .putHeader(
                            HttpHeaders.LOCATION,
                            exchange.link("/v1/requests/" + view.request().id()));
        }
        exchange.json(status, Buffer.buffer(doorway.json(exchange).followed(view)));
    }

    static Problem notFound() {
        return Problem.notFound("request of this id");
    }
}
