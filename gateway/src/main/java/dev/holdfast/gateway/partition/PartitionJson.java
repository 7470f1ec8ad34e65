package dev.holdfast.gateway.partition;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.engine.partition.PartitionView;
import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A partition's figures as JSON. */
public final class PartitionJson {
    /** In place of a value that nobody is shown. */
    static final String MASK = "***";

    private PartitionJson() {}

    /** Writes the fields into the open object. */
    static void write(JsonGenerator json, PartitionView view) throws IOException {
        json.writeStringField("key", view.key());
        json.writeStringField("state", view.state());
        json.writeBooleanField("paused", view.own().paused());
        seconds(json, "unauthorized_seconds", view.unauthorizedFor());
        seconds(json, "closed_seconds", view.closedFor());
        json.writeArrayFieldStart("quota");
        windows(json, null, view.rules().quota(), view.taken());
        for (Map.Entry<String, Quota> unit : view.rules().units().entrySet()) {
            windows(json, unit.getKey(), unit.getValue(), view.units().get(unit.getKey()));
        }
        json.writeEndArray();
        if (view.rules().concurrency() != Integer.MAX_VALUE) {
            json.writeNumberField("concurrency", view.rules().concurrency());
        }
        json.writeStringField("order", view.rules().fifo() ? "fifo" : "turns");
        json.writeNumberField("in_flight", view.inFlight());
        if (!view.rules().quota().windows().isEmpty()) {
            json.writeNumberField("free_slots", view.freeSlots());
            seconds(json, "next_slot_seconds", view.nextSlotIn());
        }
        json.writeObjectFieldStart("backlog");
        json.writeNumberField("queued", view.queued());
        json.writeNumberField("retrying", view.retrying());
        json.writeEndObject();
        seconds(json, "estimated_seconds", view.drainsIn());
        if (!view.own().equals(OwnRules.NONE)) {
            json.writeObjectFieldStart("own");
            writeOwn(json, view.own());
            json.writeEndObject();
        }
    }

    /** How many there are of each kind, as a field; nothing where that is not known. */
    public static void writeCounts(JsonGenerator json, Partitions.@Nullable Counts counts)
            throws IOException {
        if (counts != null) {
            json.writeObjectFieldStart("partitions");
            json.writeNumberField("known", counts.known());
            json.writeNumberField("waiting", counts.waiting());
            json.writeNumberField("paused", counts.paused());
            json.writeNumberField("closed", counts.closed());
            json.writeNumberField("refused", counts.refused());
            json.writeEndObject();
        }
    }

    /** As it was set. */
    private static void writeOwn(JsonGenerator json, OwnRules own) throws IOException {
        if (own.quota() != null) {
            json.writeArrayFieldStart("quota");
            windows(json, null, own.quota(), null);
            for (Map.Entry<String, Quota> unit : own.units().entrySet()) {
                windows(json, unit.getKey(), unit.getValue(), null);
            }
            json.writeEndArray();
        }
        if (own.concurrency() != null) {
            json.writeNumberField("concurrency", own.concurrency());
        }
        if (own.paused()) {
            json.writeBooleanField("paused", true);
        }
        if (!own.headers().isEmpty()) {
            json.writeObjectFieldStart("headers");
            for (String name : own.headers().names()) {
                json.writeStringField(name, MASK);
            }
            json.writeEndObject();
        }
    }

    private static void windows(
            JsonGenerator json, @Nullable String unit, Quota quota, @Nullable List<Long> taken)
            throws IOException {
        Iterator<Long> used = taken == null ? null : taken.iterator();
        for (Window window : quota.windows()) {
            json.writeStartObject();
            if (unit != null) {
                json.writeStringField("unit", unit);
            }
            json.writeNumberField("limit", window.limit());
            json.writeNumberField("window_seconds", window.length().toMillis() / 1000.0);
            if (used != null) {
                json.writeNumberField("taken", used.next());
            }
            json.writeEndObject();
        }
    }

    private static void seconds(JsonGenerator json, String name, @Nullable Duration duration)
            throws IOException {
        if (duration != null) {
            json.writeNumberField(name, duration.toMillis() / 1000.0);
        }
    }
}
