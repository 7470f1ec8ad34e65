package dev.holdfast.gateway.console;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.engine.UpstreamView;
import dev.holdfast.gateway.partition.PartitionJson;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Priority;
import dev.holdfast.store.Reads.CallRecord;
import dev.holdfast.wire.RequestJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes what the stream tells as JSON. Times are ages in milliseconds: clocks may differ. */
final class LiveJson {
    /** Between two events. */
    static final Duration INTERVAL = Duration.ofMillis(500);

    private final JsonFactory factory = new JsonFactory();

    /** The first event: what does not change, and what went before. */
    String hello(
            String version,
            Collection<String> routes,
            Collection<String> clients,
            Map<String, List<History.Point>> history,
            @Nullable ConverterView converter) {
        return object(
                json -> {
                    json.writeStringField("version", version);
                    json.writeNumberField("interval_ms", INTERVAL.toMillis());
                    writeStrings(json, "routes", routes);
                    writeStrings(json, "clients", clients);
                    json.writeObjectFieldStart("history");
                    for (Map.Entry<String, List<History.Point>> upstream : history.entrySet()) {
                        json.writeArrayFieldStart(upstream.getKey());
                        for (History.Point point : upstream.getValue()) {
                            writePoint(json, point);
                        }
                        json.writeEndArray();
                    }
                    json.writeEndObject();
                    json.writeBooleanField("converter", converter != null);
                    if (converter != null) {
                        writeMessages(json, converter.messages());
                        writeRates(json, converter.rates());
                    }
                });
    }

    private static void writePoint(JsonGenerator json, History.Point point) throws IOException {
        json.writeStartArray();
        json.writeNumber(point.atMillis());
        json.writeNumber(point.queued());
        json.writeNumber(point.retrying());
        Long eta = point.etaMillis();
        Double success = point.successRate();
        if (eta == null) {
            json.writeNull();
        } else {
            json.writeNumber(eta);
        }
        if (success == null) {
            json.writeNull();
        } else {
            json.writeNumber(Math.round(success * 1000) / 1000.0);
        }
        json.writeNumber(point.latencyMillis());
        json.writeEndArray();
    }

    /** Every further event. */
    String frame(Frame frame, ConverterView.@Nullable Snapshot converter, Fresh fresh) {
        return object(
                json -> {
                    json.writeStringField("at", RequestJson.instant(frame.at()));
                    json.writeBooleanField("store", frame.storeWorks());
                    json.writeNumberField("pending_deliveries", frame.pendingDeliveries());
                    json.writeArrayFieldStart("upstreams");
                    for (UpstreamView view : frame.upstreams()) {
                        writeUpstream(json, frame, view);
                    }
                    json.writeEndArray();
                    if (converter != null) {
                        writeConverter(json, converter);
                        writeMessages(json, fresh.messages());
                        writeRates(json, fresh.rates());
                    }
                });
    }

    /** What of the converter was not told before. */
    record Fresh(List<ConverterView.Message> messages, ConverterView.@Nullable RateTable rates) {
        static final Fresh NOTHING = new Fresh(List.of(), null);
    }

    private static void writeUpstream(JsonGenerator json, Frame frame, UpstreamView view)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("name", view.name());
        json.writeBooleanField("paused", view.paused());
        writeMillis(json, "closed_ms", view.closedFor());
        writeMillis(json, "unauthorized_ms", view.unauthorizedFor());
        writeMillis(json, "absent_ms", view.absentFor());
        PartitionJson.writeCounts(json, view.partitions());
        writeWindows(json, frame, view);
        json.writeNumberField("concurrency", view.concurrency());
        json.writeNumberField("in_flight", view.inFlight());
        if (!view.quota().windows().isEmpty()) {
            json.writeNumberField("free_slots", view.freeSlots());
            writeMillis(json, "next_slot_ms", view.nextSlotIn());
            if (view.strangers() > 0) {
                json.writeNumberField("strangers", view.strangers());
            }
        }
        json.writeNumberField("queued", view.queued());
        json.writeNumberField("retrying", view.retrying());
        json.writeNumberField("scheduled", view.scheduled());
        Instant starts = frame.starts().get(view.name());
        if (starts != null) {
            json.writeStringField("starts_at", RequestJson.instant(starts));
        }
        json.writeNumberField("high", view.waiting().high());
        json.writeNumberField("low", view.waiting().low());
        writeMillis(json, "oldest_ms", view.oldestWaiting());
        writeMillis(json, "eta_ms", view.drainsIn());
        for (Priority priority : Priority.ALL) {
            String name = "eta_" + priority.wire() + "_ms";
            writeMillis(json, name, view.drainsByPriority().get(priority));
        }
        if (view.successRate() != null) {
            json.writeNumberField("success_rate", view.successRate());
        }
        writeMillis(json, "latency_ms", view.latency());
        json.writeNumberField("incidents", view.incidents());
        json.writeObjectFieldStart("outcomes");
        for (Map.Entry<String, Long> outcome : view.outcomes().entrySet()) {
            json.writeNumberField(outcome.getKey(), outcome.getValue());
        }
        json.writeEndObject();
        json.writeArrayFieldStart("calls");
        for (CallRecord call : frame.calls().getOrDefault(view.name(), List.of())) {
            writeCall(json, frame, call);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writeWindows(JsonGenerator json, Frame frame, UpstreamView view)
            throws IOException {
        json.writeArrayFieldStart("windows");
        Iterator<Long> taken = view.taken().iterator();
        for (Window window : view.quota().windows()) {
            Duration held = window.held();
            json.writeStartObject();
            json.writeNumberField("limit", window.limit());
            json.writeNumberField("length_ms", window.length().toMillis());
            json.writeNumberField("held_ms", held.toMillis());
            json.writeNumberField(
                    "used", Math.min(window.limit(), used(frame, view, held, taken.next())));
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** Slots taken: what the engine saw last, or what the ledger has since; each may know less. */
    private static long used(Frame frame, UpstreamView view, Duration held, long seen) {
        Instant freed = frame.steady().minus(held);
        long listed =
                frame.calls().getOrDefault(view.name(), List.of()).stream()
                        .filter(call -> call.settled() == null || call.settled().isAfter(freed))
                        .count();
        return Math.max(seen, listed);
    }

    private static void writeCall(JsonGenerator json, Frame frame, CallRecord call)
            throws IOException {
        json.writeStartObject();
        json.writeNumberField("id", call.attempt());
        json.writeStringField("request_id", call.request().toString());
        json.writeNumberField("number", call.number());
        writeMillis(json, "taken_ms", Duration.between(call.taken(), frame.steady()));
        if (call.settled() != null) {
            writeMillis(json, "settled_ms", Duration.between(call.settled(), frame.steady()));
        }
        json.writeStringField("outcome", call.outcome());
        if (call.status() != null) {
            json.writeNumberField("status", call.status());
        }
        json.writeEndObject();
    }

    private static void writeConverter(JsonGenerator json, ConverterView.Snapshot converter)
            throws IOException {
        json.writeObjectFieldStart("converter");
        json.writeBooleanField("connected", converter.connected());
        json.writeStringField("target", converter.target());
        json.writeNumberField("in_hand", converter.inHand());
        writeMillis(json, "heartbeat_ms", converter.sinceHeartbeat());
        writeMillis(json, "rate_age_ms", converter.rateAge());
        writeCounts(json, "counts", converter.counts());
        writeCounts(json, "errors", converter.errors());
        json.writeEndObject();
    }

    private static void writeCounts(JsonGenerator json, String name, Map<String, Long> counts)
            throws IOException {
        json.writeObjectFieldStart(name);
        for (Map.Entry<String, Long> count : counts.entrySet()) {
            json.writeNumberField(count.getKey(), count.getValue());
        }
        json.writeEndObject();
    }

    private static void writeMessages(JsonGenerator json, List<ConverterView.Message> messages)
            throws IOException {
        json.writeArrayFieldStart("messages");
        for (ConverterView.Message message : messages) {
            json.writeStartObject();
            json.writeNumberField("number", message.number());
            json.writeStringField("at", RequestJson.instant(message.at()));
            json.writeStringField("id", message.id());
            writeText(json, "amount", plain(message.amount()));
            writeText(json, "currency", message.currency());
            writeText(json, "day", message.day() == null ? null : message.day().toString());
            writeText(json, "result", plain(message.result()));
            writeText(json, "error", message.error());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeRates(JsonGenerator json, ConverterView.@Nullable RateTable rates)
            throws IOException {
        if (rates == null) {
            return;
        }
        json.writeObjectFieldStart("rates");
        json.writeStringField("day", rates.day().toString());
        json.writeStringField("valid_on", rates.validOn().toString());
        json.writeObjectFieldStart("per_unit");
        for (Map.Entry<String, BigDecimal> rate : rates.perUnit().entrySet()) {
            json.writeStringField(rate.getKey(), rate.getValue().toPlainString());
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static @Nullable String plain(@Nullable BigDecimal number) {
        return number == null ? null : number.toPlainString();
    }

    private static void writeText(JsonGenerator json, String name, @Nullable String value)
            throws IOException {
        if (value != null) {
            json.writeStringField(name, value);
        }
    }

    private static void writeMillis(JsonGenerator json, String name, @Nullable Duration duration)
            throws IOException {
        if (duration != null) {
            json.writeNumberField(name, duration.toMillis());
        }
    }

    private static void writeStrings(JsonGenerator json, String name, Collection<String> values)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (String value : values) {
            json.writeString(value);
        }
        json.writeEndArray();
    }

    /** Something that writes JSON. */
    private interface Writing {
        void write(JsonGenerator json) throws IOException;
    }

    private String object(Writing fields) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = factory.createGenerator(out)) {
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("a byte array takes every write", e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
