package dev.holdfast.gateway.partition;

import dev.holdfast.engine.partition.PartitionDesk;
import dev.holdfast.engine.partition.PartitionDesk.Page;
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
import dev.holdfast.partition.Partitions.Place;
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

    /** In a cursor, between how busy the last one was and its key. */
    private static final String BUSY_FROM_KEY = " ";

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
        Place after = cursor == null ? Place.FIRST : after(cursor, prefix == null);
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
                    () -> page(name, parted, prefix, after, limit),
                    page -> exchange.json(200, page(page, limit, prefix == null)));
        }
    }

    /** Those whose keys begin so, by their keys; else the busiest. */
    private Page page(String name, Parted parted, @Nullable String prefix, Place after, int limit) {
        if (prefix == null) {
            return desk().busiest(name, parted, after, limit);
        }
        List<PartitionView> views = desk().page(name, parted, prefix, after.key(), limit);
        String last = views.isEmpty() ? "" : views.getLast().key();
        return new Page(views, new Place(0, last));
    }

    private static Buffer page(Page page, int limit, boolean busiest) {
        List<PartitionView> views = page.views();
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
                        json.writeStringField("next_cursor", cursor(page.last(), busiest));
                    }
                });
    }

    private static String cursor(Place place, boolean busiest) {
        String text = busiest ? place.busy() + BUSY_FROM_KEY + place.key() : place.key();
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * What a page begins after, or null if it is nothing of the kind.
     *
     * @param busiest whether pages have the busiest first
     */
    private static @Nullable Place after(String cursor, boolean busiest) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(cursor);
            String text = new String(bytes, StandardCharsets.UTF_8);
            int end = busiest ? text.indexOf(BUSY_FROM_KEY) : 0;
            if (end < 0) {
                return null;
            }
            Place place =
                    busiest
                            ? new Place(
                                    Long.parseLong(text.substring(0, end)), text.substring(end + 1))
                            : new Place(0, text);
            boolean right = PartitionBy.wrong(place.key()) == null && place.busy() >= 0;
            return right && cursor(place, busiest).equals(cursor) ? place : null;
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
