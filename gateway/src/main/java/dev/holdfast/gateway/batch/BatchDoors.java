package dev.holdfast.gateway.batch;

import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.ports.WebhookUrls;
import dev.holdfast.gateway.server.AnnouncedBody;
import dev.holdfast.gateway.server.Bodies;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.server.Filters;
import dev.holdfast.http.Headers;
import dev.holdfast.http.Json;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.Problem;
import dev.holdfast.store.Batches.BatchRecord;
import dev.holdfast.store.Batches.NewBatch;
import dev.holdfast.store.Store;
import dev.holdfast.store.Viewer;
import io.vertx.core.http.HttpHeaders;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Batches as their callers send, list and follow them. */
public final class BatchDoors {
    /** Lines that were refused which an answer tells of; the results tell of all. */
    static final int MAX_REFUSALS_TOLD = 1_000;

    /** Batches on a page when the caller does not say, and at most. */
    static final int USUAL_LIMIT = 50;

    static final int MAX_LIMIT = 200;

    /** Memory for what is read ahead of one batch, in bytes: a slice, and what was made of it. */
    private static final long HELD_BYTES = 4L * BatchIntake.SLICE_BYTES;

    private static final int PIECE_BYTES = 64 << 10;

    private final DoorParts doorway;
    private final Bodies bodies;
    private final LineAsks reader;
    private final WebhookUrls webhookUrls;
    private final IdempotencyKeys keys;

    /** How an Idempotency-Key is read from its header. */
    @FunctionalInterface
    public interface IdempotencyKeys {
        @Nullable String read(String header, Mistakes mistakes);
    }

    public BatchDoors(
            DoorParts doorway,
            Bodies bodies,
            LineAsks reader,
            WebhookUrls webhookUrls,
            IdempotencyKeys keys) {
        this.doorway = doorway;
        this.bodies = bodies;
        this.reader = reader;
        this.webhookUrls = webhookUrls;
        this.keys = keys;
    }

    /** Takes one in. */
    public void post(Exchange exchange) {
        Mistakes mistakes = new Mistakes();
        Filters filters = new Filters(exchange.request().query(), mistakes);
        String webhook = filters.url("webhook_url");
        filters.finish();
        String key = key(exchange, mistakes);
        Boolean packed = packed(exchange);
        if (packed == null) {
            return;
        }
        if (!mistakes.isEmpty()) {
            exchange.problem(mistakes.problem());
            return;
        }
        if (webhook != null
                && webhookUrls.check(webhook) instanceof WebhookUrls.Verdict.Forbidden(var words)) {
            exchange.problem(new Problem.Plain(Problem.Kind.WEBHOOK_URL_FORBIDDEN, words));
            return;
        }
        if (AnnouncedBody.isIn(exchange.request()) && !exchange.hold(HELD_BYTES)) {
            return;
        }
        boolean together = isStrict(exchange);
        if (together) {
            exchange.response().putHeader(Headers.PREFERENCE_APPLIED, "handling=strict");
        }
        bodies.stream(
                exchange,
                BatchIntake.MAX_BYTES,
                PIECE_BYTES,
                new BatchIntake(
                        exchange,
                        doorway,
                        reader,
                        new NewBatch(exchange.caller().client(), key, webhook),
                        packed,
                        together,
                        batch -> accepted(exchange, batch.id())));
    }

    private @Nullable String key(Exchange exchange, Mistakes mistakes) {
        List<String> sent = exchange.request().headers().getAll(Headers.IDEMPOTENCY_KEY);
        if (sent.size() > 1) {
            mistakes.add("Idempotency-Key", "say it once");
        }
        return sent.isEmpty() ? null : keys.read(sent.getFirst(), mistakes);
    }

    /** Whether it comes in gzip; null after a problem was answered. */
    private static @Nullable Boolean packed(Exchange exchange) {
        String type = exchange.header(HttpHeaders.CONTENT_TYPE);
        String media = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        String coding = exchange.header(HttpHeaders.CONTENT_ENCODING);
        boolean gzip = coding != null && coding.strip().equalsIgnoreCase("gzip");
        boolean plain = coding == null || coding.strip().equalsIgnoreCase("identity");
        boolean lines =
                media.equals("application/x-ndjson")
                        || media.equals("application/ndjson")
                        || media.equals("application/jsonl")
                        || media.equals("application/x-jsonlines");
        if (lines && (gzip || plain)) {
            return gzip;
        }
        exchange.problem(
                new Problem.Plain(
                        Problem.Kind.UNSUPPORTED_MEDIA_TYPE,
                        "Send application/x-ndjson, a JSON object a line, as it is or in gzip."));
        return null;
    }

    /** {@code Prefer: handling=strict} (RFC 7240, section 4.4). */
    private static boolean isStrict(Exchange exchange) {
        for (String header : exchange.request().headers().getAll(Headers.PREFER)) {
            for (String part : header.split(",", -1)) {
                String preference = part.replace(" ", "").replace("\"", "");
                if (preference.equalsIgnoreCase("handling=strict")) {
                    return true;
                }
            }
        }
        return false;
    }

    private void accepted(Exchange exchange, UUID id) {
        exchange.response().putHeader(HttpHeaders.LOCATION, exchange.link("/v1/batches/" + id));
        doorway.read(
                exchange,
                () -> told(exchange.caller().viewer(), id, true),
                told ->
                        told.ifPresentOrElse(
                                found -> exchange.json(202, BatchAnswer.of(found, exchange.base())),
                                () -> exchange.problem(notFound())));
    }

    /** Where one stands. */
    public void get(Exchange exchange, String id) {
        UUID batch = Filters.uuid(id);
        if (batch == null) {
            exchange.problem(notFound());
            return;
        }
        doorway.read(
                exchange,
                () -> told(exchange.caller().viewer(), batch, false),
                told ->
                        told.ifPresentOrElse(
                                found -> exchange.json(200, BatchAnswer.of(found, exchange.base())),
                                () -> exchange.problem(notFound())));
    }

    /** Takes no more lines, and ends those that are not finished, in the background. */
    public void delete(Exchange exchange, String id) {
        UUID batch = Filters.uuid(id);
        if (batch == null) {
            exchange.problem(notFound());
            return;
        }
        Viewer viewer = exchange.caller().viewer();
        Store store = doorway.engine().store();
        doorway.guard(exchange);
        exchange.when(
                store.batches()
                        .stop(viewer, batch)
                        .thenCompose(
                                stopped ->
                                        stopped
                                                ? store.operations()
                                                        .begin(
                                                                OperationDoors.cancelling(
                                                                        viewer, batch))
                                                        .thenApply(begun -> begun.isPresent())
                                                : CompletableFuture.completedFuture(null)),
                begun -> {
                    if (begun == null) {
                        exchange.problem(notFound());
                    } else if (begun) {
                        doorway.acted(
                                exchange,
                                "cancel-batch",
                                batch.toString(),
                                () -> accepted(exchange, batch));
                    } else {
                        exchange.problem(OperationDoors.tooMany());
                    }
                });
    }

    /** Newest first. */
    public void list(Exchange exchange) {
        Mistakes mistakes = new Mistakes();
        Filters filters = new Filters(exchange.request().query(), mistakes);
        int limit = filters.limit(USUAL_LIMIT, MAX_LIMIT);
        UUID before = filters.cursor();
        filters.finish();
        if (!mistakes.isEmpty()) {
            exchange.problem(mistakes.problem());
            return;
        }
        doorway.read(
                exchange,
                () ->
                        doorway.engine()
                                .store()
                                .batches()
                                .list(exchange.caller().viewer(), limit, before),
                found -> answer(exchange, found, limit));
    }

    private static void answer(Exchange exchange, List<BatchRecord> found, int limit) {
        exchange.json(
                200,
                Json.object(
                        json -> {
                            json.writeArrayFieldStart("batches");
                            for (BatchRecord batch : found) {
                                BatchAnswer.write(
                                        json,
                                        new BatchAnswer.Told(batch, null, null),
                                        exchange.base());
                            }
                            json.writeEndArray();
                            if (found.size() == limit) {
                                json.writeStringField(
                                        "next_cursor", Filters.cursor(found.getLast().id()));
                            }
                        }));
    }

    private Optional<BatchAnswer.Told> told(Viewer viewer, UUID id, boolean refusals) {
        return doorway.engine()
                .store()
                .batches()
                .batch(viewer, id)
                .map(batch -> told(doorway, batch, refusals));
    }

    static BatchAnswer.Told told(DoorParts doorway, BatchRecord batch, boolean refusals) {
        Long seconds =
                batch.unfinished() == 0
                        ? Long.valueOf(0)
                        : doorway.engine()
                                .lastUnfinished(batch)
                                .map(view -> view.estimatedSeconds())
                                .orElse(null);
        return new BatchAnswer.Told(
                batch,
                seconds,
                refusals
                        ? doorway.engine().store().batches().refusals(batch, 0, MAX_REFUSALS_TOLD)
                        : null);
    }

    static Problem notFound() {
        return Problem.notFound("batch of this id");
    }
}
