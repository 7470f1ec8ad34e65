package dev.holdfast.gateway.pass;

import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.request.Body;
import dev.holdfast.request.Original;
import dev.holdfast.request.Result;
import dev.holdfast.request.ResultShape;
import dev.holdfast.store.RequestRecord;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/requests/{id}/result}: the bytes of a result as they came, or a range of them (RFC
 * 9110, section 14). Whatever they are, no browser runs them.
 */
public final class ResultDoor {
    private static final int PARTIAL = 206;
    private static final int NOT_SATISFIABLE = 416;
    private static final int MAX_DIGITS = 15;
    private static final Pattern RANGE =
            Pattern.compile("bytes=\\s*([0-9]{0,15})-([0-9]{0,15})\\s*", Pattern.CASE_INSENSITIVE);

    private final Originals originals;

    public ResultDoor(Originals originals) {
        this.originals = originals;
    }

    /**
     * Answers with the result of a request that succeeded.
     *
     * @param shape its route's, or null if that is not configured any more
     */
    public void send(
            Exchange exchange, RequestRecord request, Result result, @Nullable ResultShape shape) {
        HttpServerResponse response = exchange.response();
        // A job's result never changes.
        String etag = "\"" + request.id() + "\"";
        response.putHeader(HttpHeaders.ETAG, etag)
                .putHeader(HttpHeaders.ACCEPT_RANGES, "bytes")
                .putHeader(HttpHeaders.CACHE_CONTROL, "private, no-cache");
        Originals.confine(response);
        String known = exchange.header(HttpHeaders.IF_NONE_MATCH);
        if (known != null && matches(known, etag)) {
            exchange.send(304);
            return;
        }
        Original original = result.original();
        Body body;
        String type;
        if (original == null) {
            body = text(result);
            type =
                    shape != null && shape.from() == ResultShape.From.JSON
                            ? "application/json"
                            : null;
            type = type == null ? "text/plain; charset=utf-8" : type;
        } else {
            body = original.body();
            type = original.type();
            String coding = original.header("content-encoding");
            if (coding != null) {
                response.putHeader(HttpHeaders.CONTENT_ENCODING, coding);
            }
        }
        send(exchange, type == null ? "application/octet-stream" : type, body, etag);
    }

    private void send(Exchange exchange, String type, Body body, String etag) {
        Originals.Part whole = Originals.Part.whole(body);
        String wanted = exchange.header("range");
        String only = exchange.header("if-range");
        Matcher range =
                wanted == null || (only != null && !only.strip().equals(etag))
                        ? null
                        : RANGE.matcher(wanted);
        if (range == null || !range.matches() || isNone(range.group(1), range.group(2))) {
            // Several ranges, other units: whoever asks for them has to take all of it, too.
            originals.send(exchange, 200, type, whole);
            return;
        }
        Originals.Part part = part(range.group(1), range.group(2), body);
        if (part == null) {
            exchange.response().putHeader(HttpHeaders.CONTENT_RANGE, "bytes */" + body.size());
            originals.send(exchange, NOT_SATISFIABLE, null, new Originals.Part(Body.none(), 0, 0));
            return;
        }
        exchange.response()
                .putHeader(
                        HttpHeaders.CONTENT_RANGE,
                        "bytes "
                                + part.from()
                                + "-"
                                + (part.from() + part.bytes() - 1)
                                + "/"
                                + body.size());
        originals.send(exchange, PARTIAL, type, part);
    }

    /** Whether it names nothing, or ends before it begins: then it is none. */
    private static boolean isNone(String first, String last) {
        return first.isEmpty() ? last.isEmpty() : !last.isEmpty() && number(last) < number(first);
    }

    /** The part that a range names, or null if there is nothing of it. */
    static Originals.@Nullable Part part(String first, String last, Body body) {
        long size = body.size();
        if (first.isEmpty()) {
            long count = Math.min(number(last), size);
            return count == 0 ? null : new Originals.Part(body, size - count, count);
        }
        long from = number(first);
        long to = last.isEmpty() ? size - 1 : Math.min(number(last), size - 1);
        return from >= size || to < from ? null : new Originals.Part(body, from, to - from + 1);
    }

    private static long number(String digits) {
        return digits.length() > MAX_DIGITS ? Long.MAX_VALUE : Long.parseLong(digits);
    }

    private static boolean matches(String known, String etag) {
        for (String one : known.split(",", -1)) {
            String tag = one.strip();
            if (tag.equals("*") || tag.equals(etag) || tag.equals("W/" + etag)) {
                return true;
            }
        }
        return false;
    }

    /** A text is written as UTF-8, at most {@link Result#MAX_BODY_BYTES}. */
    private static Body text(Result result) {
        return new Body.Inline(result.body().getBytes(StandardCharsets.UTF_8));
    }
}
