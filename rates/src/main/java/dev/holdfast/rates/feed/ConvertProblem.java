package dev.holdfast.rates.feed;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.engine.AskedPath;
import dev.holdfast.rates.RateError;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the converter's doors answer when they cannot convert, as {@code application/problem+json}
 * (RFC 9457) in the form that all of Holdfast has.
 *
 * @param slug the last segment of the {@code type}
 * @param mistakes what is wrong with the request; empty when it is not the request
 * @param retryAfterSeconds when trying again may help, 0 when it does not
 */
record ConvertProblem(
        int status,
        String slug,
        String title,
        String detail,
        List<Mistake> mistakes,
        int retryAfterSeconds) {
    private static final JsonFactory JSON = new JsonFactory();

    static final ConvertRoutes.Kind NOT_CONVERTIBLE =
            new ConvertRoutes.Kind("not-convertible", 422, "The amount cannot be converted");
    static final ConvertRoutes.Kind RATES_UNAVAILABLE =
            new ConvertRoutes.Kind("rates-unavailable", 503, "The rates cannot be had now");

    /** Most that a caller is told to wait, in seconds: a month's quota may be used up. */
    private static final int MOST_RETRY_AFTER_SECONDS = 86_400;

    /** One thing that is wrong, and where. */
    record Mistake(String field, String detail) {}

    static ConvertProblem invalid(List<Mistake> mistakes) {
        String detail =
                mistakes.size() == 1
                        ? mistakes.getFirst().field() + ": " + mistakes.getFirst().detail()
                        : "Correct what errors lists and send it again.";
        return new ConvertProblem(
                400, "invalid-request", "The request is not right", detail, mistakes, 0);
    }

    static ConvertProblem notFound() {
        return plain(404, "not-found", "There is no such thing", "There is no such path here.", 0);
    }

    static ConvertProblem notAllowed() {
        return plain(405, "method-not-allowed", "Not with this method", "Use GET here.", 0);
    }

    static ConvertProblem tooManyStreams() {
        return plain(503, "queue-full", "The queue is full", "Too many streams are open.", 5);
    }

    /** Why an amount is not converted: for good (422), or just now (503). */
    static ConvertProblem of(RateError error, Instant now) {
        String detail = error.words() + ".";
        return switch (error.reason()) {
            case INVALID_MESSAGE,
                    UNSUPPORTED_CURRENCY,
                    DATE_IN_FUTURE,
                    BEFORE_HISTORY,
                    HISTORY_ENDED,
                    TOO_OLD,
                    NO_RATES,
                    REFUSED ->
                    of(NOT_CONVERTIBLE, detail, 0);
            case OUT_OF_QUOTA,
                    UNAUTHORIZED,
                    UNREACHABLE,
                    SOURCE_FAILED,
                    NOT_RATES,
                    TOO_SLOW,
                    STORE_UNAVAILABLE,
                    OVERLOADED ->
                    of(RATES_UNAVAILABLE, detail, retryAfter(error, now));
        };
    }

    /** When trying again may help, in seconds from 1 to {@link #MOST_RETRY_AFTER_SECONDS}. */
    private static int retryAfter(RateError error, Instant now) {
        Instant until = error instanceof RateError.OutOfQuota(Instant at) ? at : null;
        if (until == null) {
            return 1;
        }
        long seconds = Duration.between(now, until).toSeconds() + 1;
        return Math.clamp(seconds, 1, MOST_RETRY_AFTER_SECONDS);
    }

    private static ConvertProblem of(
            ConvertRoutes.Kind kind, String detail, int retryAfterSeconds) {
        return plain(kind.status(), kind.slug(), kind.title(), detail, retryAfterSeconds);
    }

    private static ConvertProblem plain(
            int status, String slug, String title, String detail, int retryAfterSeconds) {
        return new ConvertProblem(status, slug, title, detail, List.of(), retryAfterSeconds);
    }

    void write(HttpServerRequest request, AskedPath at) {
        var response = request.response();
        if (retryAfterSeconds > 0) {
            response.putHeader("retry-after", Integer.toString(retryAfterSeconds));
        }
        response.setStatusCode(status).putHeader("cache-control", "no-store");
        String body = body(at, response.headers().get("x-request-id"));
        end(request, "application/problem+json", body);
    }

    /** Ends an answer with its body, or with what a HEAD is told of it (RFC 9110, 9.3.2). */
    static void end(HttpServerRequest request, String type, String body) {
        var bytes = Buffer.buffer(body);
        var response =
                request.response()
                        .putHeader("content-type", type)
                        .putHeader("content-length", Integer.toString(bytes.length()));
        if (request.method().equals(HttpMethod.HEAD)) {
            response.end();
        } else {
            response.end(bytes);
        }
    }

    private String body(AskedPath at, @Nullable String requestId) {
        var text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            out.writeStartObject();
            out.writeStringField("type", at.base().outside("/problems/" + slug));
            out.writeStringField("title", title);
            out.writeNumberField("status", status);
            out.writeStringField("detail", detail);
            out.writeStringField("instance", at.outside());
            if (requestId != null) {
                out.writeStringField("request_id", requestId);
            }
            if (!mistakes.isEmpty()) {
                out.writeArrayFieldStart("errors");
                for (Mistake mistake : mistakes) {
                    out.writeStartObject();
                    out.writeStringField("field", mistake.field());
                    out.writeStringField("detail", mistake.detail());
                    out.writeEndObject();
                }
                out.writeEndArray();
            }
            out.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return text.toString();
    }
}
