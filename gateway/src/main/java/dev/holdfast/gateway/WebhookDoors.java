package dev.holdfast.gateway;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.ports.WebhookPorts;
import dev.holdfast.gateway.ports.WebhookUrls;
import dev.holdfast.gateway.server.Bodies;
import dev.holdfast.gateway.server.ClientNames;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.server.Filters;
import dev.holdfast.http.Field;
import dev.holdfast.http.Headers;
import dev.holdfast.http.Json;
import dev.holdfast.http.JsonFields;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.Problem;
import dev.holdfast.http.QueryFields;
import dev.holdfast.store.Deliveries;
import dev.holdfast.store.Deliveries.DeliveryRecord;
import dev.holdfast.store.Deliveries.TryRecord;
import dev.holdfast.store.Viewer;
import dev.holdfast.webhook.Webhooks.Told;
import dev.holdfast.wire.RequestJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A receiver's side: secrets, public keys, deliveries and the test. */
final class WebhookDoors {
    /** How long the secret before the current one goes on signing. */
    static final Duration OVERLAP = Duration.ofHours(24);

    /** Largest body of a test, in bytes. */
    static final long MAX_TEST_BYTES = 8 * 1024;

    /** Time after which a test that still hangs is answered with that, in milliseconds. */
    static final long TEST_WITHIN_MILLIS = 1_500;

    private final DoorParts doorway;
    private final Bodies bodies;
    private final WebhookPorts ports;

    WebhookDoors(DoorParts doorway, Bodies bodies, WebhookPorts ports) {
        this.doorway = doorway;
        this.bodies = bodies;
        this.ports = ports;
    }

    void secret(Exchange exchange) {
        int client = exchange.caller().client();
        doorway.read(
                exchange,
                () -> doorway.engine().store().clients().webhookSecrets(client),
                secrets -> answerSecrets(exchange, secrets));
    }

    void rotate(Exchange exchange) {
        int client = exchange.caller().client();
        doorway.read(
                exchange,
                () -> ports.rotation().rotate(client, OVERLAP),
                secrets ->
                        doorway.acted(
                                exchange,
                                "rotate",
                                doorway.clientNames().get().of(client),
                                () -> answerSecrets(exchange, secrets)));
    }

    private static void answerSecrets(Exchange exchange, List<String> secrets) {
        exchange.response().putHeader(HttpHeaders.CACHE_CONTROL, Headers.NO_STORE);
        exchange.json(
                200,
                Json.object(
                        json -> {
                            json.writeStringField("secret", secrets.getFirst());
                            json.writeArrayFieldStart("previous");
                            for (String previous : secrets.subList(1, secrets.size())) {
                                json.writeString(previous);
                            }
                            json.writeEndArray();
                        }));
    }

    void publicKeys(Exchange exchange) {
        exchange.response().putHeader(HttpHeaders.CACHE_CONTROL, "public, max-age=300");
        exchange.json(
                200,
                Json.object(
                        json -> {
                            json.writeArrayFieldStart("keys");
                            for (String key : ports.publicKeys().get()) {
                                json.writeStartObject();
                                json.writeStringField("algorithm", "ed25519");
                                json.writeStringField("version", "v1a");
                                json.writeStringField("public_key", key);
                                json.writeEndObject();
                            }
                            json.writeEndArray();
                        }));
    }

    void test(Exchange exchange) {
        Bodies.Form form = Bodies.form(exchange);
        if (form != null) {
            bodies.read(exchange, MAX_TEST_BYTES, body -> test(exchange, form, body));
        }
    }

    private void test(Exchange exchange, Bodies.Form form, byte[] body) {
        Mistakes mistakes = new Mistakes();
        Map<String, Field> fields =
                form == Bodies.Form.URL_ENCODED
                        ? QueryFields.read(body, mistakes)
                        : JsonFields.read(body, mistakes);
        String url = null;
        for (Map.Entry<String, Field> field : fields.entrySet()) {
            boolean named =
                    field.getKey().equals("url")
                            || ExtraField.named(field.getKey()) == ExtraField.WEBHOOK_URL;
            if (named && field.getValue() instanceof Field.Text(String text)) {
                url = text;
            } else {
                mistakes.add(field.getKey(), "is not known here; send url, a string");
            }
        }
        if (url == null && mistakes.isEmpty()) {
            mistakes.add("url", "is missing");
        }
        if (url == null || !mistakes.isEmpty()) {
            exchange.problem(mistakes.problem());
            return;
        }
        switch (ports.urls().check(url)) {
            case WebhookUrls.Verdict.Forbidden(String words) ->
                    exchange.problem(new Problem.Plain(Problem.Kind.WEBHOOK_URL_FORBIDDEN, words));
            case WebhookUrls.Verdict.Allowed(URI allowed) -> send(exchange, allowed);
        }
    }

    private void send(Exchange exchange, URI url) {
        long timer =
                doorway.vertx()
                        .setTimer(
                                TEST_WITHIN_MILLIS,
                                _ -> exchange.json(202, told("pending", null, null, null)));
        exchange.when(
                ports.test().send(exchange.caller().client(), url),
                told -> {
                    doorway.vertx().cancelTimer(timer);
                    exchange.json(200, told(told));
                });
    }

    private static Buffer told(Told told) {
        return switch (told) {
            case Told.Delivered(int status, Duration latency) ->
                    told("delivered", status, null, latency);
            case Told.Gone(Duration latency) -> told("gone", 410, null, latency);
            case Told.NotDelivered(Integer status, _, String error, _, Duration latency) ->
                    told("not-delivered", status, error, latency);
            case Told.Forbidden(String reason) -> told("forbidden", null, reason, null);
        };
    }

    private static Buffer told(
            String outcome,
            @Nullable Integer status,
            @Nullable String error,
            @Nullable Duration latency) {
        return Json.object(
                json -> {
                    json.writeStringField("outcome", outcome);
                    if (status != null) {
                        json.writeNumberField("status", status);
                    }
                    if (error != null) {
                        json.writeStringField("error", error);
                    }
                    if (latency != null) {
                        json.writeNumberField("latency_ms", latency.toMillis());
                    }
                });
    }

    void list(Exchange exchange) {
        Mistakes mistakes = new Mistakes();
        Filters filters = new Filters(exchange.request().query(), mistakes);
        UUID request = filters.id("request_id", "is not the id of a request");
        Deliveries.State state =
                filters.choice("status", Deliveries.State.values(), WebhookDoors::wire);
        int limit = filters.limit(RequestDoors.USUAL_LIMIT, RequestDoors.MAX_LIMIT);
        UUID before = filters.cursor();
        Viewer viewer = exchange.caller().viewer();
        Viewer narrowed = doorway.clientNames().get().narrowed(viewer, filters, mistakes);
        filters.finish();
        if (!mistakes.isEmpty()) {
            exchange.problem(mistakes.problem());
            return;
        }
        doorway.read(
                exchange,
                () -> deliveries().list(narrowed, request, state, limit, before),
                found -> exchange.json(200, page(viewer, found)));
    }

    void tries(Exchange exchange, String id) {
        UUID delivery = Filters.uuid(id);
        if (delivery == null) {
            exchange.problem(notFound());
            return;
        }
        Viewer viewer = exchange.caller().viewer();
        doorway.read(
                exchange,
                () -> deliveries().tries(viewer, delivery),
                tries -> {
                    if (tries.isEmpty()) {
                        exchange.problem(Problem.notFound("delivery of this id that was tried"));
                    } else {
                        exchange.json(200, tries(delivery, tries));
                    }
                });
    }

    void redeliver(Exchange exchange, String id) {
        UUID delivery = Filters.uuid(id);
        if (delivery == null) {
            exchange.problem(notFound());
            return;
        }
        doorway.guard(exchange);
        exchange.when(
                deliveries().redeliver(exchange.caller().viewer(), delivery),
                found -> {
                    if (found) {
                        doorway.acted(
                                exchange,
                                "redeliver",
                                id,
                                () ->
                                        exchange.json(
                                                202, Json.object(json -> pending(json, delivery))));
                    } else {
                        exchange.problem(notFound());
                    }
                });
    }

    private static void pending(JsonGenerator json, UUID delivery) throws IOException {
        json.writeStringField("id", delivery.toString());
        json.writeStringField("status", wire(Deliveries.State.PENDING));
    }

    private Deliveries deliveries() {
        return doorway.engine().store().deliveries();
    }

    private static Problem notFound() {
        return Problem.notFound("delivery of this id");
    }

    private static String wire(Deliveries.State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    private Buffer page(Viewer viewer, Deliveries.Page page) {
        ClientNames names = doorway.clientNames().get();
        UUID next = page.next();
        return Json.object(
                json -> {
                    json.writeArrayFieldStart("deliveries");
                    for (DeliveryRecord delivery : page.deliveries()) {
                        write(json, viewer, names, delivery);
                    }
                    json.writeEndArray();
                    if (next != null) {
                        json.writeStringField("next_cursor", Filters.cursor(next));
                    }
                });
    }

    private static void write(
            JsonGenerator json, Viewer viewer, ClientNames names, DeliveryRecord delivery)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("id", delivery.id().toString());
        String client = names.shownTo(viewer, delivery.client());
        if (client != null) {
            json.writeStringField("client", client);
        }
        boolean batch = delivery.type().startsWith("batch.");
        json.writeStringField(batch ? "batch_id" : "request_id", delivery.request().toString());
        json.writeStringField("type", delivery.type());
        json.writeStringField("url", shownUrl(viewer, delivery));
        json.writeStringField("status", wire(delivery.state()));
        json.writeNumberField("attempts", delivery.attempts());
        json.writeStringField("created_at", RequestJson.instant(delivery.createdAt()));
        if (delivery.nextAt() != null) {
            json.writeStringField("next_at", RequestJson.instant(delivery.nextAt()));
        }
        if (delivery.lastStatus() != null) {
            json.writeNumberField("last_status", delivery.lastStatus());
        }
        if (delivery.lastError() != null) {
            json.writeStringField("last_error", delivery.lastError());
        }
        json.writeEndObject();
    }

    /** A client's own URL as it gave it; another's without its query, which may be a secret. */
    private static String shownUrl(Viewer viewer, DeliveryRecord delivery) {
        String url = delivery.url();
        int query = url.indexOf('?');
        return viewer.client() == delivery.client() || query < 0
                ? url
                : url.substring(0, query) + "?…";
    }

    private static Buffer tries(UUID delivery, List<TryRecord> tries) {
        return Json.object(
                json -> {
                    json.writeStringField("delivery_id", delivery.toString());
                    json.writeArrayFieldStart("tries");
                    for (TryRecord tried : tries) {
                        json.writeStartObject();
                        json.writeNumberField("number", tried.number());
                        json.writeStringField("at", RequestJson.instant(tried.at()));
                        if (tried.status() != null) {
                            json.writeNumberField("status", tried.status());
                        }
                        if (tried.error() != null) {
                            json.writeStringField("error", tried.error());
                        }
                        json.writeNumberField("latency_ms", tried.latency().toMillis());
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                });
    }
}
