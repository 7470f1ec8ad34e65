package dev.holdfast.gateway.batch;

import dev.holdfast.engine.RequestView;
import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.gateway.server.Filters;
import dev.holdfast.http.Json;
import dev.holdfast.http.Mistakes;
import dev.holdfast.store.Batches;
import dev.holdfast.store.Batches.BatchRecord;
import dev.holdfast.store.Batches.Refusal;
import dev.holdfast.store.Reads;
import dev.holdfast.wire.BasePath;
import dev.holdfast.wire.RequestJson;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/batches/{id}/results}: what became of the lines, in their order, a JSON object a
 * line. A page ends before the first line that goes on, unless those are wanted too: so whoever
 * follows the cursor sees each line once, as it ended.
 */
public final class BatchResults {
    /** Lines on a page when the caller does not say, and at most. */
    static final int USUAL_LIMIT = 500;

    static final int MAX_LIMIT = 1_000;

    private static final String NEXT = "holdfast-next-cursor";
    private static final String NDJSON = "application/x-ndjson";

    private final DoorParts doorway;

    public BatchResults(DoorParts doorway) {
        this.doorway = doorway;
    }

    /** Whether lines that go on are told as they stand. */
    private enum Unfinished {
        INCLUDE,
        WAIT;

        String wire() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /**
     * A part of the results.
     *
     * @param next the line to go on after, or null if there is nothing more
     */
    private record Page(Buffer lines, @Nullable Integer next) {}

    public void get(Exchange exchange, String id) {
        UUID batch = Filters.uuid(id);
        Mistakes mistakes = new Mistakes();
        Filters filters = new Filters(exchange.request().query(), mistakes);
        int limit = filters.limit(USUAL_LIMIT, MAX_LIMIT);
        int after = after(filters.text("cursor"), mistakes);
        Unfinished unfinished = filters.choice("unfinished", Unfinished.values(), Unfinished::wire);
        filters.finish();
        if (batch == null) {
            exchange.problem(BatchDoors.notFound());
            return;
        }
        if (!mistakes.isEmpty()) {
            exchange.problem(mistakes.problem());
            return;
        }
        RequestJson json = doorway.json(exchange);
        BasePath base = exchange.base();
        doorway.read(
                exchange,
                () ->
                        doorway.engine()
                                .store()
                                .batches()
                                .batch(exchange.caller().viewer(), batch)
                                .map(
                                        found ->
                                                page(
                                                        found,
                                                        after,
                                                        limit,
                                                        unfinished == Unfinished.INCLUDE,
                                                        json,
                                                        base)),
                page -> answer(exchange, batch, page));
    }

    private static int after(@Nullable String cursor, Mistakes mistakes) {
        boolean number =
                cursor != null
                        && cursor.length() <= 6
                        && cursor.chars().allMatch(c -> c >= '0' && c <= '9');
        int after = number ? Integer.parseInt(cursor) : 0;
        if (cursor != null && (!number || after > Batches.MAX_LINES)) {
            mistakes.add("cursor", "is a line's number that " + NEXT + " gave");
        }
        return after;
    }

    private static void answer(Exchange exchange, UUID batch, Optional<Page> page) {
        if (page.isEmpty()) {
            exchange.problem(BatchDoors.notFound());
            return;
        }
        Integer next = page.get().next();
        if (next != null) {
            String more = "/v1/batches/" + batch + "/results?cursor=" + next;
            exchange.response()
                    .putHeader(NEXT, next.toString())
                    .putHeader("link", "<" + exchange.link(more) + ">; rel=\"next\"");
        }
        exchange.send(200, NDJSON, page.get().lines());
    }

    private Page page(
            BatchRecord batch,
            int after,
            int limit,
            boolean unfinished,
            RequestJson json,
            BasePath base) {
        List<RequestView> lines = doorway.engine().lines(batch, after, limit);
        List<Refusal> refusals = doorway.engine().store().batches().refusals(batch, after, limit);
        long chars = lines.stream().mapToLong(line -> Reads.chars(line.request())).sum();
        int known = batch.lines();
        if (lines.size() == limit || chars >= Reads.MAX_LIST_CHARS) {
            known = Batches.number(lines.getLast().request().id());
        }
        if (refusals.size() == limit) {
            known = Math.min(known, refusals.getLast().line());
        }
        Buffer out = Buffer.buffer();
        int line = 0;
        int refusal = 0;
        int last = after;
        for (int told = 0; told < limit; told++) {
            int good = line < lines.size() ? number(lines.get(line)) : Integer.MAX_VALUE;
            int bad = refusal < refusals.size() ? refusals.get(refusal).line() : Integer.MAX_VALUE;
            int next = Math.min(good, bad);
            boolean waits =
                    next == good
                            && line < lines.size()
                            && !unfinished
                            && !lines.get(line).request().status().isFinal();
            if (next > known || waits) {
                return new Page(
                        out,
                        next > known && known == batch.lines()
                                ? end(batch)
                                : Integer.valueOf(last));
            }
            out.appendBuffer(
                    next == good
                            ? accepted(next, lines.get(line++), json)
                            : refused(refusals.get(refusal++), base));
            last = next;
        }
        return new Page(out, last == batch.lines() ? end(batch) : Integer.valueOf(last));
    }

    /** Whoever read all there is may come back for what is still to come. */
    private static @Nullable Integer end(BatchRecord batch) {
        return batch.sealed() || batch.stopped() ? null : Integer.valueOf(batch.lines());
    }

    private static int number(RequestView line) {
        return Batches.number(line.request().id());
    }

    private static Buffer accepted(int number, RequestView line, RequestJson json) {
        byte[] request = json.followed(line);
        return Buffer.buffer("{\"line\":" + number + ",")
                .appendBytes(request, 1, request.length - 1)
                .appendByte((byte) '\n');
    }

    private static Buffer refused(Refusal refusal, BasePath base) {
        return Json.object(
                        json -> {
                            json.writeNumberField("line", refusal.line());
                            json.writeStringField("status", "refused");
                            json.writeFieldName("problem");
                            KeptProblem.write(json, base, refusal.problem());
                        })
                .appendByte((byte) '\n');
    }
}
