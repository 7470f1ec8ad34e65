package dev.holdfast.store.sql;

import dev.holdfast.request.Status;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.NewRequest.WebhookTarget;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.sql.Insert.Column;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A new request's own row.
 *
 * @param job whose result it gets
 * @param expires steady microseconds, or null if it does not expire any more
 * @param expiresMillis wall time that was asked for, or null
 */
public record AskedRow(
        NewRequest ask, long job, @Nullable Long expires, @Nullable Long expiresMillis) {
    public static final Insert<AskedRow> INSERT =
            new Insert<>(
                    "request",
                    List.of(
                            new Column<>("client", "int4", row -> row.ask.client()),
                            new Column<>("id", "uuid", row -> row.ask.id()),
                            new Column<>("job", "int8", AskedRow::job),
                            new Column<>("webhook_url", "text", AskedRow::webhookUrl),
                            new Column<>("webhook_headers", "text", AskedRow::webhookHeaders),
                            new Column<>(
                                    "client_request_id", "text", row -> row.ask.clientRequestId()),
                            new Column<>("expires", "int8", AskedRow::expires),
                            new Column<>("expires_ms", "int8", AskedRow::expiresMillis),
                            new Column<>(
                                    "priority", "int2", row -> row.ask.place().priority().number()),
                            new Column<>("not_before_ms", "int8", AskedRow::notBeforeMillis),
                            new Column<>("batch", "int4", row -> row.ask.batch())));

    private @Nullable Long notBeforeMillis() {
        Instant notBefore = ask.place().notBefore();
        return notBefore == null ? null : Long.valueOf(notBefore.toEpochMilli());
    }

    private @Nullable String webhookUrl() {
        WebhookTarget webhook = ask.webhook();
        return webhook == null ? null : webhook.url();
    }

    private @Nullable String webhookHeaders() {
        WebhookTarget webhook = ask.webhook();
        return webhook == null ? null : webhook.headers();
    }

    /** What a new job's request reads like; spares the accept path a read. */
    public RequestRecord fresh(Job job) {
        Long starts = job.starts();
        return new RequestRecord(
                ask.id(),
                ask.client(),
                job.id(),
                ask.upstream(),
                ask.route(),
                ask.params(),
                starts == null ? Status.QUEUED : Status.SCHEDULED,
                0,
                null,
                UuidBytes.time(ask.id()),
                null,
                expiresMillis == null ? null : Instant.ofEpochMilli(expiresMillis),
                ask.clientRequestId(),
                webhookUrl(),
                null,
                null,
                job.turn(),
                null,
                null,
                ask.place().priority(),
                ask.place().priority(),
                ask.place().notBefore(),
                starts == null ? null : Instant.ofEpochMilli(starts),
                job.partition());
    }
}
