package dev.holdfast.gateway.batch;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.http.Json;
import dev.holdfast.store.Batches.BatchRecord;
import dev.holdfast.store.Batches.Refusal;
import dev.holdfast.wire.BasePath;
import dev.holdfast.wire.BatchJson;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A batch and what is known of it besides, as its caller is answered. */
final class BatchAnswer {
    private BatchAnswer() {}

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

    private static void fields(JsonGenerator json, Told told, BasePath base) throws IOException {
        BatchJson.fields(json, told.batch(), base);
        if (told.seconds() != null) {
            json.writeNumberField("estimated_seconds", told.seconds());
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
    }
}
