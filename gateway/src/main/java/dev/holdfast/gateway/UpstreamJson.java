package dev.holdfast.gateway;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.engine.UpstreamView;
import dev.holdfast.engine.credential.CredentialView;
import dev.holdfast.gateway.partition.PartitionJson;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Priority;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
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
        if (view.partlyRefused()) {
            json.writeBooleanField("partitions_refused", true);
        }
        PartitionJson.writeCounts(json, view.partitions());
        if (view.absentFor() != null) {
            json.writeNumberField("absent_seconds", seconds(view.absentFor()));
        }
        if (view.closedFor() != null) {
            json.writeNumberField("closed_seconds", seconds(view.closedFor()));
        }
        writeQuota(json, view);
        writeCredentials(json, view);
        json.writeNumberField("concurrency", view.concurrency());
        json.writeNumberField("in_flight", view.inFlight());
        if (!view.quota().windows().isEmpty() || hasLimits(view)) {
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
        if (view.oldestWaiting() != null) {
            json.writeNumberField("oldest_waiting_seconds", seconds(view.oldestWaiting()));
        }
        if (view.successRate() != null) {
            json.writeNumberField("success_rate", view.successRate());
        }
        json.writeNumberField("latency_ms", view.latency().toMillis());
        if (view.drainsIn() != null) {
            json.writeNumberField("estimated_seconds", seconds(view.drainsIn()));
        }
        if (!view.drainsByPriority().isEmpty()) {
            json.writeObjectFieldStart("estimated_seconds_by_priority");
            for (Priority priority : Priority.ALL) {
                Duration drains = view.drainsByPriority().get(priority);
                if (drains != null) {
                    json.writeNumberField(priority.wire(), seconds(drains));
                }
            }
            json.writeEndObject();
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
                if (unit.strangers() > 0) {
                    json.writeNumberField("strangers", unit.strangers());
                }
                json.writeNumberField("underestimated", unit.underestimated());
                json.writeEndObject();
            }
        }
        json.writeEndArray();
    }

    private static boolean hasLimits(UpstreamView view) {
        return view.credentials().stream().anyMatch(one -> !one.quota().windows().isEmpty());
    }

    /** Those of an upstream that has several; never their headers. */
    private static void writeCredentials(JsonGenerator json, UpstreamView view) throws IOException {
        if (view.credentials().isEmpty()) {
            return;
        }
        json.writeArrayFieldStart("credentials");
        for (CredentialView one : view.credentials()) {
            json.writeStartObject();
            json.writeStringField("name", one.name());
            json.writeStringField("state", one.state());
            if (one.outFor() != null) {
                json.writeNumberField("out_seconds", seconds(one.outFor()));
            }
            if (one.closedFor() != null) {
                json.writeNumberField("closed_seconds", seconds(one.closedFor()));
            }
            json.writeArrayFieldStart("quota");
            windows(json, null, one.quota(), one.taken());
            for (Map.Entry<String, CredentialView.Unit> unit : one.units().entrySet()) {
                windows(json, unit.getKey(), unit.getValue().quota(), unit.getValue().taken());
            }
            json.writeEndArray();
            json.writeNumberField("in_flight", one.inFlight());
            if (!one.quota().windows().isEmpty()) {
                json.writeNumberField("free_slots", one.freeSlots());
                if (one.nextSlotIn() != null) {
                    json.writeNumberField("next_slot_seconds", seconds(one.nextSlotIn()));
                }
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void windows(
            JsonGenerator json, @Nullable String unit, Quota quota, List<Long> taken)
            throws IOException {
        Iterator<Long> used = taken.iterator();
        for (Window window : quota.windows()) {
            json.writeStartObject();
            if (unit != null) {
                json.writeStringField("unit", unit);
            }
            json.writeNumberField("limit", window.limit());
            json.writeNumberField("window_seconds", seconds(window.length()));
            json.writeNumberField("taken", used.next());
            json.writeEndObject();
        }
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
