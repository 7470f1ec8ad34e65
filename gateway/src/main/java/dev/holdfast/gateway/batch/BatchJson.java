package dev.holdfast.gateway.batch;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.http.Json;
import dev.holdfast.store.Batches.BatchRecord;
import dev.holdfast.store.Batches.Refusal;
import dev.holdfast.wire.BasePath;
import dev.holdfast.wire.RequestJson;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A batch as JSON, the same in an answer, a listing and an event. */
final class BatchJson {
    private BatchJson() {}

    /**
     * A batch and what is known of it.
     *
     * @param seconds until its last line is done, about; null if nobody knows
     * @param refusals the first lines that were refused, or null to leave them out
     */
    record Told(BatchRecord batch, @Nullable Long seconds, @Nullable List<Refusal> refusals) {}

    static Buffer of(Told told, BasePath base) {
        return Json.object(json -> fields(json, told, base));
    }

    static void write(JsonGenerator json, Told told, BasePath base) throws IOException {
        json.writeStartObject();
        fields(json, told, base);
        json.writeEndObject();
    }

    /** Where it stands, in a word. */
    static String status(BatchRecord batch) {
        if (batch.unfinished() > 0) {
            return batch.stopped() ? "cancelling" : batch.sealed() ? "running" : "receiving";
        }
        return batch.stopped() ? "cancelled" : batch.sealed() ? "completed" : "receiving";
    }

    /** Whether nothing of it goes on, and no line comes. */
    static boolean isOver(BatchRecord batch) {
        return batch.unfinished() == 0 && (batch.sealed() || batch.stopped());
    }

    private static void fields(JsonGenerator json, Told told, BasePath base) throws IOException {
        BatchRecord batch = told.batch();
        String self = base.outside("/v1/batches/" + batch.id());
        json.writeStringField("id", batch.id().toString());
        json.writeStringField("status", status(batch));
        json.writeNumberField("lines", batch.lines());
        json.writeNumberField("accepted", batch.accepted());
        json.writeNumberField("refused_lines", batch.refused());
        json.writeObjectFieldStart("counts");
        json.writeNumberField("unfinished", batch.unfinished());
        json.writeNumberField("succeeded", batch.succeeded());
        json.writeNumberField("failed", batch.failed());
        json.writeNumberField("expired", batch.expired());
        json.writeNumberField("cancelled", batch.cancelled());
        json.writeEndObject();
        if (told.seconds() != null) {
            json.writeNumberField("estimated_seconds", told.seconds());
        }
        json.writeStringField("created_at", RequestJson.instant(batch.createdAt()));
        Instant completed = batch.completedAt();
        if (completed != null) {
            json.writeStringField("completed_at", RequestJson.instant(completed));
        }
        if (told.refusals() != null) {
            json.writeArrayFieldStart("refused");
            for (Refusal refusal : told.refusals()) {
                json.writeStartObject();
                json.writeNumberField("line", refusal.line());
                json.writeFieldName("problem");
                KeptProblem.write(json, base, refusal.problem());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        json.writeObjectFieldStart("links");
        json.writeStringField("self", self);
        json.writeStringField("events", self + "/events");
        json.writeStringField("results", self + "/results");
        json.writeEndObject();
    }
}
