package dev.holdfast.gateway;

import dev.holdfast.engine.Answer;
import dev.holdfast.engine.Ask;
import dev.holdfast.engine.Engine;
import dev.holdfast.engine.RequestView;
import dev.holdfast.gateway.parts.AskPartition;
import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.parts.Holds;
import dev.holdfast.gateway.parts.PartitionLimits;
import dev.holdfast.gateway.parts.RateLimits;
import dev.holdfast.gateway.pass.Originals;
import dev.holdfast.gateway.server.Bodies;
import dev.holdfast.gateway.server.Endpoint;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.http.Accepts;
import dev.holdfast.http.Field;
import dev.holdfast.http.Headers;
import dev.holdfast.http.JsonFields;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.Preference;
import dev.holdfast.http.Problem;
import dev.holdfast.http.QueryFields;
import dev.holdfast.request.Result;
import dev.holdfast.request.ResultShape;
import dev.holdfast.store.RequestRecord;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The door of one route: reads the ask, answers from the cache on the event loop, else hands it to
 * the engine and writes what comes back.
 */
final class AskDoor {
    private final RouteDoor door;
    private final Engine engine;
    private final DoorParts doorway;
    private final AskReader reader;
    private final Bodies bodies;
    private final AskPartition partition;
    private final Duration answerWithin;
    private final Holds holds;
    private final Originals originals;
    private final HotAnswers hot = new HotAnswers();
    private final AskMeters meters;

    AskDoor(
            RouteDoor door,
            AskReader reader,
            Bodies bodies,
            DoorParts doorway,
            Holds holds,
            Originals originals,
            AskMeters meters) {
        this.door = door;
        this.holds = holds;
        this.originals = originals;
        this.reader = reader;
        this.meters = meters;
        this.bodies = bodies;
        this.engine = doorway.engine();
        this.doorway = doorway;
        this.answerWithin = doorway.answerWithin();
        partition = new AskPartition(door.policy().partition(), doorway.clientNames());
    }

    Map<HttpMethod, Endpoint.Action> actions() {
        Map<HttpMethod, Endpoint.Action> actions = new LinkedHashMap<>();
        for (String name : door.methods()) {
            actions.put(
                    HttpMethod.valueOf(name),
                    switch (name) {
                        case "GET" -> (exchange, _) -> get(exchange);
                        case "DELETE" ->
                                (exchange, _) -> read(exchange, exchange.request().query());
                        default -> (exchange, _) -> post(exchange);
                    });
        }
        return actions;
    }

    private void get(Exchange exchange) {
        String query = exchange.request().query();
        boolean plain = !partition.isThere() && isPlain(exchange);
        if (query == null || !plain || !answeredHot(exchange, query)) {
            read(exchange, query);
        }
    }

    /** Whether only the query says what is wanted. */
    private static boolean isPlain(Exchange exchange) {
        MultiMap headers = exchange.request().headers();
        return headers.get(Headers.PREFER) == null
                && headers.get(Headers.IDEMPOTENCY_KEY) == null
                && !Accepts.prefersText(headers.get(HttpHeaders.ACCEPT));
    }

    private boolean answeredHot(Exchange exchange, String query) {
        Instant now = engine.store().clock().instant();
        HotAnswers.Hot answer = hot.get(exchange.caller().client(), query, now);
        if (answer == null) {
            return false;
        }
        meters.hit();
        exchange.response().putHeader(Headers.CACHE_STATUS, answer.cacheStatus(now));
        exchange.json(200, answer.body());
        return true;
    }

    private void read(Exchange exchange, @Nullable String query) {
        Mistakes mistakes = new Mistakes();
        read(exchange, QueryFields.read(query, mistakes), false, mistakes);
    }

    private void post(Exchange exchange) {
        Bodies.Form form = Bodies.form(exchange);
        if (form != null) {
            bodies.read(exchange, door.maxBodyBytes(), body -> posted(exchange, form, body));
        }
    }

    private void posted(Exchange exchange, Bodies.Form form, byte[] body) {
        Mistakes mistakes = new Mistakes();
        if (exchange.request().query() != null) {
            mistakes.add(
                    "query",
                    "a " + exchange.request().method() + " carries its parameters in its body");
        }
        Map<String, Field> fields =
                switch (form) {
                    case JSON -> JsonFields.read(body, mistakes);
                    case URL_ENCODED -> QueryFields.read(body, mistakes);
                    case NONE -> new LinkedHashMap<>();
                };
        read(exchange, fields, form == Bodies.Form.JSON, mistakes);
    }

    private void read(
            Exchange exchange, Map<String, Field> fields, boolean typed, Mistakes mistakes) {
        Preference preference = preference(exchange);
        List<String> keys = exchange.request().headers().getAll(Headers.IDEMPOTENCY_KEY);
        if (keys.size() > 1) {
            mistakes.add("Idempotency-Key", "say it once");
        }
        AskReader.Reading reading =
                reader.read(
                        exchange.caller(),
                        fields,
                        typed,
                        keys.isEmpty() ? null : keys.getFirst(),
                        preference.patience(door.longest(answerWithin)),
                        mistakes);
        switch (reading) {
            case AskReader.Reading.Wrong(Problem problem) -> exchange.problem(problem);
            case AskReader.Reading.Right(Ask ask) -> {
                switch (partition.place(ask, exchange.request().headers()::getAll)) {
                    case AskPartition.Placed.Wrong(Problem problem) -> exchange.problem(problem);
                    case AskPartition.Placed.Right(Ask placed) ->
                            submit(exchange, placed, preference);
                }
            }
        }
    }

    private static Preference preference(Exchange exchange) {
        return exchange.header(Headers.PREFER) == null
                ? Preference.NONE
                : Preference.of(exchange.request().headers().getAll(Headers.PREFER));
    }

    private void submit(Exchange exchange, Ask ask, Preference preference) {
        Ask.Extras extras = ask.extras();
        if (extras.webhook() == null && extras.idempotencyKey() == null) {
            Answer.Ready hit = engine.cached(ask);
            if (hit != null) {
                applied(exchange, preference, answerWithin);
                answer(exchange, ask, hit);
                return;
            }
        }
        Duration gone = doorway.gone(exchange);
        if (doorway.isTooLate(exchange, gone)) {
            return;
        }
        Holds.Patience waits = holds.patience(exchange, answerWithin, ask.patience());
        boolean held = waits.time().compareTo(answerWithin) > 0;
        applied(exchange, preference, held ? waits.time() : answerWithin);
        UUID[] named = new UUID[1];
        CompletionStage<Answer> answer =
                engine.submit(
                        ask.waiting(waits.time()).late(gone).within(exchange.traceparent()),
                        id -> named[0] = id,
                        waits.enough());
        UUID id = named[0];
        Supplier<Problem> late =
                () -> id == null ? Problem.storeSilent() : new Problem.Uncertain(id);
        if (held) {
            exchange.guardFromNow(waits.time().toMillis() + DoorParts.HELD_MARGIN_MILLIS, late);
        } else {
            doorway.guard(exchange, late);
        }
        exchange.when(answer, what -> answer(exchange, ask, what));
    }

    private static void applied(Exchange exchange, Preference preference, Duration most) {
        String applied = preference.applied(most);
        if (applied != null) {
            exchange.response().putHeader(Headers.PREFERENCE_APPLIED, applied);
        }
    }

    private void answer(Exchange exchange, Ask ask, Answer answer) {
        meters.answered(answer);
        switch (answer) {
            case Answer.Ready ready -> ready(exchange, ask, ready);
            case Answer.Receipt receipt -> receipt(doorway, exchange, receipt);
            case Answer.Uncertain(UUID request, _) ->
                    exchange.problem(new Problem.Uncertain(request));
            case Answer.Refused(Answer.Refusal refusal, Duration retryAfter) ->
                    exchange.problem(refusal(refusal, retryAfter));
        }
    }

    private void ready(Exchange exchange, Ask ask, Answer.Ready ready) {
        RequestRecord request = ready.view().request();
        HttpServerResponse response = exchange.response();
        response.putHeader(Headers.CACHE_STATUS, cacheStatus(doorway, ready.origin()));
        Result result = request.result();
        if (result == null) {
            exchange.problem(Endings.problem(request));
        } else if (door.policy().shape().from() != ResultShape.From.BYTES
                && Accepts.prefersText(exchange.header(HttpHeaders.ACCEPT))) {
            // As the upstream answers: its status too, since a caller of it goes by that.
            if (result.original() == null) {
                exchange.send(result.status(), Headers.TEXT, Buffer.buffer(result.body()));
            } else {
                originals.sendText(exchange, result.status(), result.original().body());
            }
        } else {
            readyJson(exchange, ask, ready);
        }
    }

    private void readyJson(Exchange exchange, Ask ask, Answer.Ready ready) {
        Buffer body =
                Buffer.buffer(
                        doorway.json(exchange)
                                .succeeded(ready.view().request(), ask.extras().clientRequestId()));
        String query = exchange.request().query();
        boolean get = exchange.request().method().equals(HttpMethod.GET);
        if (get
                && query != null
                && ask.extras().equals(Ask.NO_EXTRAS)
                && ready.origin() instanceof Answer.Origin.Hit(Instant until)) {
            hot.put(ask.client(), query, body, until);
        }
        exchange.json(200, body);
    }

    static String cacheStatus(DoorParts doorway, Answer.Origin origin) {
        return switch (origin) {
            case Answer.Origin.Hit(Instant until) ->
                    HotAnswers.hit(doorway.engine().store().clock().instant(), until);
            case Answer.Origin.Miss(boolean collapsed) -> missed(collapsed);
        };
    }

    private static String missed(boolean collapsed) {
        return collapsed ? "holdfast; fwd=miss; collapsed" : "holdfast; fwd=miss";
    }

    static void receipt(DoorParts doorway, Exchange exchange, Answer.Receipt receipt) {
        exchange.whenAtHand(
                doorway.rateLimits().of(receipt.view().request().upstream()),
                told -> receipt(doorway, exchange, receipt, told.orElse(null)));
    }

    private static void receipt(
            DoorParts doorway,
            Exchange exchange,
            Answer.Receipt receipt,
            RateLimits.@Nullable Told told) {
        RequestView view = receipt.view();
        HttpServerResponse response = exchange.response();
        response.putHeader(
                HttpHeaders.LOCATION, exchange.link("/v1/requests/" + view.request().id()));
        response.putHeader(HttpHeaders.RETRY_AFTER, Long.toString(view.lookAgainSeconds()));
        response.putHeader(Headers.CACHE_STATUS, missed(receipt.collapsed()));
        PartitionLimits.put(response, view.request().upstream(), told, receipt.partition());
        exchange.json(202, Buffer.buffer(doorway.json(exchange).receipt(view)));
    }

    private static Duration orSoon(@Nullable Duration retryAfter) {
        return retryAfter == null ? Problem.AGAIN : retryAfter;
    }

    static Problem refusal(Answer.Refusal refusal, @Nullable Duration retryAfter) {
        return switch (refusal) {
            case IDEMPOTENCY_KEY_REUSED ->
                    new Problem.Plain(
                            Problem.Kind.IDEMPOTENCY_KEY_REUSED,
                            "Use a new key for a new request, or send the first one unchanged.");
            case TOO_MANY_PENDING -> Problem.tooManyPending(retryAfter);
            case TOO_MUCH_KEPT -> Problem.tooMuchKept(orSoon(retryAfter));
            case STORE_FULL -> Problem.storeFull(orSoon(retryAfter));
            case QUEUE_FULL ->
                    new Problem.Passing(
                            Problem.Kind.QUEUE_FULL,
                            "The upstream's queue takes no more; send it again later.",
                            retryAfter);
            case STORE_UNAVAILABLE ->
                    new Problem.Passing(
                            Problem.Kind.STORE_UNAVAILABLE,
                            Problem.storeUnavailable().detail(),
                            orSoon(retryAfter));
            case COST_OVER_LIMIT -> Problem.costOverLimit();
            case DEADLINE_UNREACHABLE ->
                    new Problem.Passing(
                            Problem.Kind.DEADLINE_UNREACHABLE,
                            "The queue is longer than expires_in; allow more time or send it"
                                    + " again later.",
                            retryAfter);
        };
    }
}
