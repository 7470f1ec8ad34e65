package dev.holdfast.gateway;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.engine.UpstreamView;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Priority;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An upstream's figures as JSON. */
final class UpstreamJson {
    private UpstreamJson() {}

    /** Writes the fields into the open object. */
    static void write(JsonGenerator json, UpstreamView view) throws IOException {
        json.writeStringField("name", view.name());
        json.writeStringField("state", state(view));
        json.writeBooleanField("paused", view.paused());
        String waitingFor = waitingFor(view);
        if (waitingFor != null) {
            json.writeStringField("waiting_for", waitingFor);
        }
        if (view.unauthorizedFor() != null) {
            json.writeNumberField("unauthorized_seconds", seconds(view.unauthorizedFor()));
        }
        if (view.absentFor() != null) {
            json.writeNumberField("absent_seconds", seconds(view.absentFor()));
        }
        if (view.closedFor() != null) {
            json.writeNumberField("closed_seconds", seconds(view.closedFor()));
        }
        writeQuota(json, view);
        json.writeNumberField("concurrency", view.concurrency());
        json.writeNumberField("in_flight", view.inFlight());
        if (!view.quota().windows().isEmpty()) {
            json.writeNumberField("free_slots", view.freeSlots());
            if (view.nextSlotIn() != null) {
                json.writeNumberField("next_slot_seconds", seconds(view.nextSlotIn()));
            }
            json.writeNumberField("strangers", view.strangers());
            json.writeNumberField("headers_ignored", view.absurd());
            json.writeNumberField("missing", view.missing());
            json.writeNumberField("probes", view.probes());
            json.writeBooleanField("restored", view.restored());
        }
        json.writeObjectFieldStart("backlog");
        json.writeNumberField("queued", view.queued());
        json.writeNumberField("retrying", view.retrying());
        json.writeNumberField("scheduled", view.scheduled());
        for (Priority priority : Priority.ALL) {
            json.writeNumberField(priority.wire(), view.waiting().of(priority));
        }
        json.writeEndObject();
        if (view.successRate() != null) {
            json.writeNumberField("success_rate", view.successRate());
        }
        json.writeNumberField("latency_ms", view.latency().toMillis());
        if (view.drainsIn() != null) {
            json.writeNumberField("estimated_seconds", seconds(view.drainsIn()));
        }
        json.writeNumberField("incidents", view.incidents());
        json.writeObjectFieldStart("outcomes");
        for (Map.Entry<String, Long> outcome : view.outcomes().entrySet()) {
            json.writeNumberField(outcome.getKey(), outcome.getValue());
        }
        json.writeEndObject();
    }

    private static void writeQuota(JsonGenerator json, UpstreamView view) throws IOException {
        json.writeArrayFieldStart("quota");
        Iterator<Long> taken = view.taken().iterator();
        for (Window window : view.quota().windows()) {
            json.writeStartObject();
            json.writeNumberField("limit", window.limit());
            json.writeNumberField("window_seconds", seconds(window.length()));
            json.writeNumberField("taken", taken.next());
            json.writeEndObject();
        }
        for (UpstreamView.UnitView unit : view.units()) {
            Iterator<Long> used = unit.taken().iterator();
            for (Window window : unit.quota().windows()) {
                json.writeStartObject();
                json.writeStringField("unit", unit.unit());
                json.writeNumberField("limit", window.limit());
                json.writeNumberField("window_seconds", seconds(window.length()));
                json.writeNumberField("taken", used.next());
                json.writeNumberField("underestimated", unit.underestimated());
                json.writeEndObject();
            }
        }
        json.writeEndArray();
    }

    private static String state(UpstreamView view) {
        if (view.paused()) {
            return "paused";
        }
        if (view.unauthorizedFor() != null) {
            return "unauthorized";
        }
        if (view.absentFor() != null) {
            return "breaker";
        }
        return view.closedFor() != null ? "closed" : "open";
    }

    /** Why no call leaves now, or null. */
    private static @Nullable String waitingFor(UpstreamView view) {
        String state = state(view);
        if (!state.equals("open")) {
            return state;
        }
        return view.freeSlots() > 0 && view.inFlight() < view.concurrency() ? null : "slot";
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
