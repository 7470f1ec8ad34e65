package dev.holdfast.gateway;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.http.Json;
import dev.holdfast.store.Reads.AttemptRecord;
import dev.holdfast.wire.RequestJson;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/** The upstream calls of a request as JSON, with a sentence for each. */
final class AttemptJson {
    private AttemptJson() {}

    static Buffer of(UUID request, List<AttemptRecord> attempts) {
        return Json.object(
                json -> {
                    json.writeStringField("request_id", request.toString());
                    json.writeArrayFieldStart("attempts");
                    for (AttemptRecord attempt : attempts) {
                        write(json, attempt);
                    }
                    json.writeEndArray();
                });
    }

    private static void write(JsonGenerator json, AttemptRecord attempt) throws IOException {
        json.writeStartObject();
        json.writeNumberField("retry", attempt.retry());
        json.writeNumberField("number", attempt.number());
        json.writeStringField("started_at", RequestJson.instant(attempt.startedAt()));
        json.writeNumberField("waited_ms", attempt.waited().toMillis());
        json.writeStringField("waited_for", attempt.waitedFor());
        json.writeStringField("outcome", attempt.outcome());
        if (attempt.status() != null) {
            json.writeNumberField("status", attempt.status());
        }
        if (attempt.latency() != null) {
            json.writeNumberField("latency_ms", attempt.latency().toMillis());
        }
        json.writeStringField("summary", summary(attempt));
        json.writeEndObject();
    }

    /** The attempt in words, such as {@code waited 41 s for a slot; retry 1, attempt 2: 502}. */
    static String summary(AttemptRecord attempt) {
        String waited =
                switch (attempt.waitedFor()) {
                    case "slot" -> "waited " + words(attempt.waited()) + " for a slot; ";
                    case "backoff" -> "waited " + words(attempt.waited()) + " to try again; ";
                    default -> "";
                };
        String retry = attempt.retry() == 0 ? "" : "retry " + attempt.retry() + ", ";
        return waited + retry + "attempt " + attempt.number() + ": " + ending(attempt);
    }

    private static String ending(AttemptRecord attempt) {
        if (attempt.latency() == null) {
            return "under way";
        }
        return attempt.status() != null ? attempt.status().toString() : attempt.outcome();
    }

    private static String words(Duration duration) {
        long seconds = duration.toSeconds();
        return seconds >= 10
                ? seconds + " s"
                : String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }
}
