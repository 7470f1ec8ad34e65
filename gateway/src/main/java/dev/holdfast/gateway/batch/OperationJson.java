package dev.holdfast.gateway.batch;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.store.Operations.Filter;
import dev.holdfast.store.Operations.OperationRecord;
import dev.holdfast.wire.BasePath;
import dev.holdfast.wire.RequestJson;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** An operation as JSON. */
final class OperationJson {
    private OperationJson() {}

    /**
     * @param client the name of the client that it chooses, or null
     */
    static void write(
            JsonGenerator json, OperationRecord operation, BasePath base, @Nullable String client)
            throws IOException {
        json.writeStringField("id", operation.id().toString());
        json.writeStringField("do", operation.act().wire());
        json.writeStringField("status", operation.state().wire());
        json.writeBooleanField("dry_run", operation.dryRun());
        json.writeNumberField("matched", operation.matched());
        json.writeNumberField("done", operation.done());
        json.writeNumberField("skipped", operation.skipped());
        if (operation.perSecond() > 0) {
            json.writeNumberField("per_second", operation.perSecond());
        }
        json.writeObjectFieldStart("filter");
        write(json, operation.filter(), client);
        json.writeEndObject();
        json.writeStringField("created_at", RequestJson.instant(operation.createdAt()));
        Instant ended = operation.endedAt();
        if (ended != null) {
            json.writeStringField("ended_at", RequestJson.instant(ended));
        }
        json.writeObjectFieldStart("links");
        json.writeStringField("self", base.outside("/v1/operations/" + operation.id()));
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, Filter filter, @Nullable String client)
            throws IOException {
        text(json, "status", filter.status());
        text(json, "reason", filter.reason());
        if (filter.upstreamStatus() != null) {
            json.writeNumberField("upstream_status", filter.upstreamStatus());
        }
        text(json, "route", filter.route());
        text(json, "upstream", filter.upstream());
        text(json, "partition", filter.partition());
        text(json, "host", filter.host());
        text(json, "client", client);
        text(json, "batch", filter.batch());
        text(json, "since", filter.since());
        text(json, "until", filter.until());
    }

    private static void text(JsonGenerator json, String name, @Nullable Object value)
            throws IOException {
        if (value != null) {
            json.writeStringField(name, value.toString());
        }
    }
}
