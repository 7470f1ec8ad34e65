package dev.holdfast.gateway.partition;

import dev.holdfast.engine.partition.PartitionDesk;
import dev.holdfast.engine.partition.PartitionDesk.Parted;
import dev.holdfast.engine.partition.PartitionView;
import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.server.Bodies;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.server.Filters;
import dev.holdfast.http.Json;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.Problem;
import dev.holdfast.http.QueryFields;
import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.request.PartitionBy;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An upstream's partitions as operators list them and give one something of its own. */
public final class PartitionDoors {
    /** Partitions on a page when the caller does not say. */
    static final int USUAL_LIMIT = 50;

    /** Largest body, in bytes. */
    static final int MAX_BODY_BYTES = 16 << 10;

    private final DoorParts doorway;
    private final Bodies bodies;

    public PartitionDoors(DoorParts doorway, Bodies bodies) {
        this.doorway = doorway;
        this.bodies = bodies;
    }

    private PartitionDesk desk() {
        return doorway.engine().partitions();
    }

    public void list(Exchange exchange, String segment) {
        Mistakes mistakes = new Mistakes();
        Filters filters = new Filters(exchange.request().query(), mistakes);
        int limit = filters.limit(USUAL_LIMIT, Partitions.MAX_READ);
        String prefix = filters.url("prefix");
        String cursor = filters.url("cursor"); // a key's 256 bytes are longer than other values
        filters.finish();
        String after = cursor == null ? "" : after(cursor);
        if (after == null) {
            mistakes.add("cursor", "is not a next_cursor");
        }
        String wrong = prefix == null ? null : PartitionBy.wrong(prefix);
        if (wrong != null) {
            mistakes.add("prefix", wrong);
        }
        String name = QueryFields.decode(segment);
        Parted parted = name == null ? null : desk().parted(name).orElse(null);
        if (name == null || parted == null) {
            exchange.problem(notFound());
        } else if (after == null || !mistakes.isEmpty()) {
            exchange.problem(mistakes.problem());
        } else {
            doorway.read(
                    exchange,
                    () -> desk().page(name, parted, prefix == null ? "" : prefix, after, limit),
                    views -> exchange.json(200, page(views, limit)));
        }
    }

    private static Buffer page(List<PartitionView> views, int limit) {
        return Json.object(
                json -> {
                    json.writeArrayFieldStart("partitions");
                    for (PartitionView view : views) {
                        json.writeStartObject();
                        PartitionJson.write(json, view);
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    if (views.size() == limit) {
                        json.writeStringField("next_cursor", cursor(views.getLast().key()));
                    }
                });
    }

    private static String cursor(String key) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(key.getBytes(StandardCharsets.UTF_8));
    }

    /** The key that a page begins after, or null if it is none. */
    private static @Nullable String after(String cursor) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(cursor);
            String key = new String(bytes, StandardCharsets.UTF_8);
            return PartitionBy.wrong(key) == null && cursor(key).equals(cursor) ? key : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    public void get(Exchange exchange, String segment, String keySegment) {
        Which which = which(exchange, segment, keySegment);
        if (which != null) {
            answer(exchange, which);
        }
    }

    public void put(Exchange exchange, String segment, String keySegment) {
        Which which = which(exchange, segment, keySegment);
        if (which == null) {
            return;
        }
        bodies.read(
                exchange,
                MAX_BODY_BYTES,
                body -> {
                    Mistakes mistakes = new Mistakes();
                    OwnRules own = PartitionReader.read(body, which.parted().units(), mistakes);
                    if (mistakes.isEmpty()) {
                        act(
                                exchange,
                                which,
                                "set-partition",
                                () -> desk().set(which.upstream(), which.key(), own));
                    } else {
                        exchange.problem(mistakes.problem());
                    }
                });
    }

    /** Stops one's calls, or has them go on. */
    public void pause(Exchange exchange, String segment, String keySegment, boolean paused) {
        Which which = which(exchange, segment, keySegment);
        if (which != null) {
            act(
                    exchange,
                    which,
                    paused ? "pause-partition" : "resume-partition",
                    () -> desk().pause(which.upstream(), which.key(), paused));
        }
    }

    private void act(
            Exchange exchange, Which which, String what, Supplier<CompletionStage<Boolean>> act) {
        doorway.guard(exchange);
        exchange.when(
                act.get(),
                done -> {
                    if (done) {
                        doorway.acted(
                                exchange,
                                what,
                                which.upstream() + "/" + which.key(),
                                () -> answer(exchange, which));
                    } else {
                        exchange.problem(tooMany());
                    }
                });
    }

    private void answer(Exchange exchange, Which which) {
        doorway.read(
                exchange,
                () -> desk().get(which.upstream(), which.parted(), which.key()),
                view -> exchange.json(200, Json.object(json -> PartitionJson.write(json, view))));
    }

    /** Which partition a path names. */
    private record Which(String upstream, Parted parted, String key) {}

    /** Null after a problem was answered. */
    private @Nullable Which which(Exchange exchange, String segment, String keySegment) {
        String name = QueryFields.decode(segment);
        Parted parted = name == null ? null : desk().parted(name).orElse(null);
        if (name == null || parted == null) {
            exchange.problem(notFound());
            return null;
        }
        String key = QueryFields.decode(keySegment);
        String wrong = key == null ? "is not percent-encoded right" : PartitionBy.wrong(key);
        if (key == null || wrong != null) {
            Mistakes mistakes = new Mistakes();
            mistakes.add("key", String.valueOf(wrong));
            exchange.problem(mistakes.problem());
            return null;
        }
        return new Which(name, parted, key);
    }

    private static Problem notFound() {
        return Problem.notFound("upstream of this name that has partitions");
    }

    private static Problem tooMany() {
        return new Problem.Plain(
                Problem.Kind.STORE_FULL,
                Partitions.MAX_OWN
                        + " partitions of it have something of their own; PUT {} to some that need"
                        + " it no longer.");
    }
}
