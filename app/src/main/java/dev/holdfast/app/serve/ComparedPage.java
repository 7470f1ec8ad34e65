package dev.holdfast.app.serve;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.terminal.Packaged;
import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.server.Blocking;
import dev.holdfast.gateway.server.Bodies;
import dev.holdfast.gateway.server.Endpoint;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.http.Json;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.Problem;
import dev.holdfast.store.Store.Unfinished;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/configuration/compare}: what would change if another configuration were in force,
 * for whoever has it; neither side tells the other a value.
 */
final class ComparedPage {
    /** Where it is asked. */
    static final String PATH = "/v1/configuration/compare";

    /** Largest body, in bytes: {@link Fingerprint#MAX_KEYS} keys of usual length. */
    static final int MAX_BODY_BYTES = 8 << 20;

    /** Names that an answer tells of each kind. */
    private static final int MOST_NAMES = 1_000;

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A configuration, and where it comes from. */
    private record InForce(Configuration configuration, String source) {}

    private final StoreStage on;
    private final boolean shared;
    private final long guardMillis;
    private final Bodies bodies;
    private final Blocking reads = new Blocking();
    private volatile @Nullable InForce inForce;

    ComparedPage(StoreStage on, Settings settings) {
        this.on = on;
        this.shared = !settings.store().sqlite();
        this.guardMillis =
                settings.server().answerWithin().toMillis() + DoorParts.GUARD_MARGIN_MILLIS;
        this.bodies = new Bodies(on.vertx(), settings.server().listen().bodyWithin());
    }

    /** What is in force from now on. */
    void show(Configuration configuration, String source) {
        inForce = new InForce(configuration, source);
    }

    Endpoint endpoint(MeterRegistry registry) {
        return new Endpoint(
                PATH,
                Endpoint.Access.ADMIN,
                Map.of(HttpMethod.POST, (exchange, _) -> compare(exchange)),
                registry);
    }

    void close() {
        reads.close();
    }

    private void compare(Exchange exchange) {
        InForce now = inForce;
        if (now == null) {
            exchange.problem(
                    new Problem.Plain(
                            Problem.Kind.NOT_FOUND,
                            "This gateway was given its settings by a program, not by a"
                                    + " configuration."));
            return;
        }
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
        bodies.read(exchange, MAX_BODY_BYTES, body -> compare(exchange, now, body));
    }

    private void compare(Exchange exchange, InForce now, byte[] body) {
        exchange.guard(guardMillis, Problem::storeSilent);
        exchange.when(
                reads.read(
                        exchange.caller().client(),
                        () -> Optional.ofNullable(read(body)).map(next -> compared(now, next))),
                answer ->
                        answer.ifPresentOrElse(
                                known -> exchange.json(200, known),
                                () -> exchange.problem(unreadable())));
    }

    private static Problem unreadable() {
        Mistakes mistakes = new Mistakes();
        mistakes.add(
                "body",
                "is {\"salt\", \"digests\", \"routes\"} as /openapi.yaml describes it, of at most "
                        + Fingerprint.MAX_KEYS
                        + " keys");
        return mistakes.problem();
    }

    private Buffer compared(InForce now, Fingerprint next) {
        List<String> changed = next.changedSince(Fingerprint.of(now.configuration(), next.salt()));
        List<String> onlyAtStart = Fingerprint.onlyAtStart(changed);
        List<Unfinished> owed =
                LeftOvers.owed(
                        on.store(), new HashSet<>(next.routes().values()), next.routes().keySet());
        boolean refused = !onlyAtStart.isEmpty() || (!owed.isEmpty() && !shared);
        return Json.object(
                json -> {
                    json.writeStringField("version", Packaged.version());
                    json.writeStringField("source", now.source());
                    json.writeStringField(
                            "reload",
                            refused ? "refused" : changed.isEmpty() ? "unchanged" : "taken");
                    json.writeNumberField("changed_count", changed.size());
                    names(json, "changed", changed);
                    names(json, "only_at_start", onlyAtStart);
                    json.writeArrayFieldStart("owed");
                    for (Unfinished left : owed.stream().limit(MOST_NAMES).toList()) {
                        json.writeStartObject();
                        json.writeStringField("route", left.route());
                        json.writeStringField("upstream", left.upstream());
                        json.writeNumberField("calls", left.jobs());
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                });
    }

    private static void names(JsonGenerator json, String field, List<String> names)
            throws IOException {
        json.writeArrayFieldStart(field);
        for (String name : names.stream().limit(MOST_NAMES).toList()) {
            json.writeString(name);
        }
        json.writeEndArray();
    }

    /** Null if it is none. */
    private static @Nullable Fingerprint read(byte[] body) {
        try {
            JsonNode all = JSON.readTree(body);
            String salt = all.path("salt").asText();
            Map<String, String> digests = texts(all.path("digests"));
            Map<String, String> routes = texts(all.path("routes"));
            boolean good = HexFormat.of().parseHex(salt).length == Fingerprint.SALT_BYTES;
            return good && digests != null && routes != null
                    ? new Fingerprint(salt, digests, routes)
                    : null;
        } catch (IOException | IllegalArgumentException e) {
            return null;
        }
    }

    private static @Nullable Map<String, String> texts(JsonNode object) {
        if (!object.isObject() || object.size() > Fingerprint.MAX_KEYS) {
            return null;
        }
        Map<String, String> texts = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            if (!field.getValue().isTextual()) {
                return null;
            }
            texts.put(field.getKey(), field.getValue().asText());
        }
        return texts;
    }
}
