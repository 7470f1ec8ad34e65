package dev.holdfast.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.request.Failure;
import dev.holdfast.wire.BasePath;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Writes every problem, in one form (RFC 9457). */
public final class ProblemWriter {
    private ProblemWriter() {}

    /**
     * A problem as JSON.
     *
     * @param base what links begin with where the caller is
     * @param instance the request's path; never its query, which holds what callers keep secret
     */
    public static Buffer render(
            Problem problem, BasePath base, @Nullable String instance, String requestId) {
        return Json.object(
                json -> {
                    Problem.Kind kind = problem.kind();
                    json.writeStringField("type", base.outside(kind.type()));
                    json.writeStringField("title", kind.title());
                    json.writeNumberField("status", kind.status());
                    json.writeStringField("detail", problem.detail());
                    if (instance != null) {
                        json.writeStringField("instance", instance);
                    }
                    json.writeStringField("request_id", requestId);
                    writeMore(json, problem);
                });
    }

    /**
     * Sets the headers that go with a problem, unless it is too late for any.
     *
     * @param base what links begin with where the caller is
     */
    public static void headers(HttpServerResponse response, Problem problem, BasePath base) {
        if (response.headWritten()) {
            return;
        }
        response.putHeader(HttpHeaders.CACHE_CONTROL, Headers.NO_STORE);
        switch (problem) {
            case Problem.NotAllowed(var allowed) ->
                    response.putHeader(HttpHeaders.ALLOW, String.join(", ", allowed));
            case Problem.Passing(_, _, Duration retryAfter) when retryAfter != null ->
                    response.putHeader(HttpHeaders.RETRY_AFTER, seconds(retryAfter));
            case Problem.Uncertain(var request) ->
                    response.putHeader(HttpHeaders.RETRY_AFTER, seconds(Problem.AGAIN))
                            .putHeader(
                                    HttpHeaders.LOCATION, base.outside("/v1/requests/" + request));
            case Problem.Ended(_, _, var request, _) ->
                    response.putHeader(
                            HttpHeaders.LOCATION, base.outside("/v1/requests/" + request));
            default -> {}
        }
        switch (problem.kind()) {
            case UNAUTHORIZED ->
                    response.putHeader(Headers.WWW_AUTHENTICATE, "Bearer realm=\"holdfast\"");
            case UNSUPPORTED_MEDIA_TYPE ->
                    response.putHeader(
                            HttpHeaders.ACCEPT,
                            "application/json, application/x-www-form-urlencoded");
            default -> {}
        }
    }

    private static void writeMore(JsonGenerator json, Problem problem) throws IOException {
        switch (problem) {
            case Problem.Invalid(_, var mistakes) -> {
                json.writeArrayFieldStart("errors");
                for (Mistake mistake : mistakes) {
                    json.writeStartObject();
                    json.writeStringField("field", mistake.field());
                    json.writeStringField("detail", mistake.detail());
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
            case Problem.Passing(_, _, Duration retryAfter) when retryAfter != null ->
                    json.writeNumberField("retry_after", Math.max(1, ceil(retryAfter)));
            case Problem.Uncertain(var request) -> {
                json.writeNumberField("retry_after", ceil(Problem.AGAIN));
                json.writeStringField("id", request.toString());
            }
            case Problem.Ended(_, _, var request, Failure failure) -> {
                json.writeStringField("id", request.toString());
                if (failure != null) {
                    writeFailure(json, failure);
                }
            }
            default -> {}
        }
    }

    private static void writeFailure(JsonGenerator json, Failure failure) throws IOException {
        json.writeStringField("reason", failure.reason().wire());
        if (failure.upstreamStatus() != null) {
            json.writeNumberField("upstream_status", failure.upstreamStatus());
        }
        if (failure.upstreamBody() != null) {
            json.writeStringField("upstream_body", failure.upstreamBody());
        }
    }

    /** Whole seconds for Retry-After, at least one. */
    public static String seconds(Duration duration) {
        return Long.toString(Math.max(1, ceil(duration)));
    }

    private static long ceil(Duration duration) {
        return duration.toSeconds() + (duration.toNanosPart() > 0 ? 1 : 0);
    }
}
