package dev.holdfast.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.store.Batches.BatchRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;

/** A batch as JSON, the same in an answer, a listing, an event and a webhook. */
public final class BatchJson {
    private static final JsonFactory JSON = new JsonFactory();

    private BatchJson() {}

    /** Where it stands, in a word. */
    public static String status(BatchRecord batch) {
        if (batch.unfinished() > 0) {
            return batch.stopped() ? "cancelling" : batch.sealed() ? "running" : "receiving";
        }
        return batch.stopped() ? "cancelled" : batch.sealed() ? "completed" : "receiving";
    }

    /** Whether nothing of it goes on, and no line comes. */
    public static boolean isOver(BatchRecord batch) {
        return batch.unfinished() == 0 && (batch.sealed() || batch.stopped());
    }

    /** A batch as {@code GET /v1/batches/{id}} gives it, in UTF-8. */
    public static byte[] bytes(BatchRecord batch, BasePath base) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            fields(json, batch, base);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("a byte array takes every write", e);
        }
        return out.toByteArray();
    }

    /** Writes its fields into an object. */
    public static void fields(JsonGenerator json, BatchRecord batch, BasePath base)
            throws IOException {
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
        json.writeStringField("created_at", RequestJson.instant(batch.createdAt()));
        Instant completed = batch.completedAt();
        if (completed != null) {
            json.writeStringField("completed_at", RequestJson.instant(completed));
        }
        json.writeObjectFieldStart("links");
        json.writeStringField("self", self);
        json.writeStringField("events", self + "/events");
        json.writeStringField("results", self + "/results");
        json.writeEndObject();
    }
}
