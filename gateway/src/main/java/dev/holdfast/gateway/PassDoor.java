package dev.holdfast.gateway;

import dev.holdfast.engine.Answer;
import dev.holdfast.engine.Ask;
import dev.holdfast.gateway.parts.AskPartition;
import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.parts.Holds;
import dev.holdfast.gateway.pass.Intake;
import dev.holdfast.gateway.pass.Originals;
import dev.holdfast.gateway.pass.PassReader;
import dev.holdfast.gateway.ports.WebhookUrls;
import dev.holdfast.gateway.server.Caller;
import dev.holdfast.gateway.server.Endpoint;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.http.Field;
import dev.holdfast.http.Headers;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.Preference;
import dev.holdfast.http.Problem;
import dev.holdfast.request.Failure;
import dev.holdfast.request.NotBefore;
import dev.holdfast.request.Original;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Result;
import dev.holdfast.store.RequestRecord;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The door of a route that passes requests on: whatever comes is kept and called, and what the
 * upstream answered comes back as it came, or a receipt if that takes too long. Holdfast's own
 * wishes travel in headers.
 */
final class PassDoor {
    private static final String OURS = "holdfast-";
    private static final String WEBHOOK_URL = "holdfast-webhook-url";
    private static final String CLIENT_REQUEST_ID = "holdfast-client-request-id";
    private static final String EXPIRES_IN = "holdfast-expires-in";
    private static final String PRIORITY = "holdfast-priority";
    private static final String NOT_BEFORE = "holdfast-not-before";
    private static final String IDEMPOTENCY_KEY = "idempotency-key";
    private static final Set<String> WISHES =
            Set.of(WEBHOOK_URL, CLIENT_REQUEST_ID, EXPIRES_IN, NOT_BEFORE, PRIORITY);
    private static final CharSequence REQUEST_ID = "holdfast-request-id";

    private final RouteDoor door;
    private final PassReader reader;
    private final Intake intake;
    private final Originals originals;
    private final WebhookUrls webhookUrls;
    private final DoorParts doorway;
    private final Holds holds;
    private final AskMeters meters;

    PassDoor(
            RouteDoor door,
            PassReader reader,
            Intake intake,
            Originals originals,
            WebhookUrls webhookUrls,
            DoorParts doorway,
            Holds holds,
            AskMeters meters) {
        this.door = door;
        this.reader = reader;
        this.intake = intake;
        this.originals = originals;
        this.webhookUrls = webhookUrls;
        this.doorway = doorway;
        this.holds = holds;
        this.meters = meters;
    }

    Map<HttpMethod, Endpoint.Action> actions() {
        Map<HttpMethod, Endpoint.Action> actions = new LinkedHashMap<>();
        door.methods().forEach(name -> actions.put(HttpMethod.valueOf(name), this::handle));
        return actions;
    }

    private void handle(Exchange exchange, List<String> variables) {
        Mistakes mistakes = new Mistakes();
        SortedMap<String, String> params = reader.read(exchange, variables, mistakes);
        Wishes wishes = wishes(exchange, mistakes);
        String key = partition(exchange, variables, mistakes);
        if (!mistakes.isEmpty()) {
            exchange.problem(mistakes.problem());
            return;
        }
        URI webhook = null;
        if (wishes.webhookUrl() != null) {
            switch (webhookUrls.check(wishes.webhookUrl())) {
                case WebhookUrls.Verdict.Allowed(URI url) -> webhook = url;
                case WebhookUrls.Verdict.Forbidden(String words) -> {
                    exchange.problem(new Problem.Plain(Problem.Kind.WEBHOOK_URL_FORBIDDEN, words));
                    return;
                }
            }
        }
        if (doorway.isTooLate(exchange, doorway.gone(exchange))) {
            return;
        }
        Ask.Extras extras = wishes.extras(webhook);
        intake.take(
                exchange,
                reader.maxBodyBytes(),
                wishes.idempotencyKey() != null,
                taken -> {
                    if (!taken.body().isEmpty()) {
                        params.put("body", taken.digest());
                    }
                    submit(exchange, params, extras, taken, key);
                });
    }

    /** Whose it is; null also if that cannot be told. */
    private @Nullable String partition(
            Exchange exchange, List<String> variables, Mistakes mistakes) {
        AskPartition partition = new AskPartition(door.policy().partition(), doorway.clientNames());
        return partition.isThere()
                ? partition.key(
                        exchange.caller().client(),
                        exchange.request().headers()::getAll,
                        reader.named(variables),
                        mistakes)
                : null;
    }

    /** What a caller wants of Holdfast itself. */
    private record Wishes(
            @Nullable String webhookUrl,
            @Nullable String clientRequestId,
            @Nullable Duration expiresIn,
            @Nullable String idempotencyKey,
            @Nullable Priority priority,
            @Nullable NotBefore notBefore) {
        Ask.Extras extras(@Nullable URI webhook) {
            return webhook == null
                            && clientRequestId == null
                            && expiresIn == null
                            && idempotencyKey == null
                            && priority == null
                            && notBefore == null
                    ? Ask.NO_EXTRAS
                    : new Ask.Extras(
                            webhook == null ? null : new Ask.Webhook(webhook, Map.of()),
                            clientRequestId,
                            expiresIn,
                            idempotencyKey,
                            priority == null ? Priority.NORMAL : priority,
                            notBefore);
        }
    }

    private Wishes wishes(Exchange exchange, Mistakes mistakes) {
        for (String name : exchange.request().headers().names()) {
            String lower = name.toLowerCase(Locale.ROOT);
            if (lower.startsWith(OURS) && !WISHES.contains(lower)) {
                mistakes.add(lower, "is not known; Holdfast knows " + String.join(", ", WISHES));
            }
        }
        return new Wishes(
                wish(exchange, WEBHOOK_URL, mistakes, (value, _) -> value),
                wish(exchange, CLIENT_REQUEST_ID, mistakes, PassDoor::reference),
                wish(
                        exchange,
                        EXPIRES_IN,
                        mistakes,
                        (value, all) -> AskReader.expiry(EXPIRES_IN, new Field.Text(value), all)),
                wish(exchange, IDEMPOTENCY_KEY, mistakes, AskReader::idempotencyKey),
                wish(
                        exchange,
                        PRIORITY,
                        mistakes,
                        (value, all) -> AskReader.priority(PRIORITY, new Field.Text(value), all)),
                wish(
                        exchange,
                        NOT_BEFORE,
                        mistakes,
                        (value, all) ->
                                AskReader.notBefore(
                                        NOT_BEFORE,
                                        new Field.Text(value),
                                        doorway.engine().store().wall().instant(),
                                        all)));
    }

    private static <T> @Nullable T wish(
            Exchange exchange,
            String name,
            Mistakes mistakes,
            BiFunction<String, Mistakes, @Nullable T> read) {
        List<String> values = exchange.request().headers().getAll(name);
        if (values.size() > 1) {
            mistakes.add(name, "say it once");
        }
        return values.isEmpty() ? null : read.apply(values.getFirst().strip(), mistakes);
    }

    private static String reference(String value, Mistakes mistakes) {
        if (!AskReader.isReference(value)) {
            mistakes.add(
                    CLIENT_REQUEST_ID,
                    "has 1 to "
                            + AskReader.MAX_REFERENCE_CHARS
                            + " characters, none of them control");
        }
        return value;
    }

    private void submit(
            Exchange exchange,
            SortedMap<String, String> params,
            Ask.Extras extras,
            Intake.Taken taken,
            @Nullable String key) {
        Caller caller = exchange.caller();
        Preference preference = Preference.of(exchange.request().headers().getAll(Headers.PREFER));
        Duration usual = doorway.answerWithin();
        Duration longest = door.longest(usual);
        Holds.Patience waits = holds.patience(exchange, usual, preference.patience(longest));
        Duration patience = waits.time();
        boolean held = patience.compareTo(usual) > 0;
        String applied = preference.applied(held ? longest : usual);
        if (applied != null) {
            exchange.response().putHeader(Headers.PREFERENCE_APPLIED, applied);
        }
        boolean repeatable = reader.repeats(params.getOrDefault("method", ""));
        Ask ask =
                new Ask(
                        caller.client(),
                        caller.maxPending(),
                        caller.weight(),
                        door.path(),
                        params,
                        Collections.emptySortedMap(),
                        patience,
                        repeatable ? null : Duration.ZERO,
                        extras,
                        exchange.traceparent(),
                        new Ask.Passed(taken.body(), repeatable, taken.whole()),
                        key,
                        doorway.gone(exchange));
        UUID[] named = new UUID[1];
        CompletionStage<Answer> answer =
                doorway.engine().submit(ask, id -> named[0] = id, waits.enough());
        UUID id = named[0];
        Supplier<Problem> late =
                () -> id == null ? Problem.storeSilent() : new Problem.Uncertain(id);
        if (held) {
            exchange.guardFromNow(patience.toMillis() + DoorParts.HELD_MARGIN_MILLIS, late);
        } else {
            doorway.guard(exchange, late);
        }
        exchange.when(answer, what -> answer(exchange, what));
    }

    private void answer(Exchange exchange, Answer answer) {
        meters.answered(answer);
        switch (answer) {
            case Answer.Ready ready -> ready(exchange, ready);
            case Answer.Receipt receipt -> {
                name(exchange, receipt.view().request().id());
                AskDoor.receipt(doorway, exchange, receipt);
            }
            case Answer.Refused(Answer.Refusal why, Duration retryAfter) ->
                    exchange.problem(AskDoor.refusal(why, retryAfter));
            case Answer.Uncertain(UUID id, Duration _) -> {
                name(exchange, id);
                exchange.problem(new Problem.Uncertain(id));
            }
        }
    }

    private static void name(Exchange exchange, UUID id) {
        exchange.response().putHeader(REQUEST_ID, id.toString());
    }

    private void ready(Exchange exchange, Answer.Ready ready) {
        RequestRecord request = ready.view().request();
        name(exchange, request.id());
        exchange.response()
                .putHeader(Headers.CACHE_STATUS, AskDoor.cacheStatus(doorway, ready.origin()));
        Result result = request.result();
        Failure failure = request.failure();
        Original refusal = failure == null ? null : failure.original();
        Integer refused = failure == null ? null : failure.upstreamStatus();
        if (result != null && result.original() != null) {
            originals.send(exchange, result.status(), result.original());
        } else if (result != null) {
            // Kept while the route was another one.
            exchange.json(200, Buffer.buffer(doorway.json(exchange).succeeded(request, null)));
        } else if (refusal != null && refused != null) {
            originals.send(exchange, refused, refusal);
        } else {
            exchange.problem(Endings.problem(request));
        }
    }
}
