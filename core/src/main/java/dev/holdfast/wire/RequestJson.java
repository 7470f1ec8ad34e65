package dev.holdfast.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.engine.RequestView;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Result;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.Status;
import dev.holdfast.request.WellFormed;
import dev.holdfast.store.RequestRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A request as JSON, the same in an answer, a listing, an event and a webhook. Safe for use by many
 * threads.
 */
public final class RequestJson {
    /** Size a rendered request seldom exceeds, in bytes; where its buffer starts. */
    private static final int USUAL_BYTES = 1024;

    /** How the result of a route that is no longer configured is shown: as it came. */
    private static final ResultShape UNKNOWN =
            new ResultShape("body", ResultShape.From.TEXT, Map.of());

    private static final DateTimeFormatter MILLIS =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

    /** Costly to make, and one is made for each answer. */
    private static final JsonFactory JSON = new JsonFactory();

    private final Supplier<Map<String, ResultShape>> shapes;
    private final BasePath base;

    /** At the root of its host. */
    public RequestJson(Map<String, ResultShape> shapes) {
        this(shapes, BasePath.NONE);
    }

    /**
     * @param shapes how each route's result is shown, by the route's path
     * @param base what links begin with
     */
    public RequestJson(Map<String, ResultShape> shapes, BasePath base) {
        this(() -> shapes, base);
    }

    /**
     * @param shapes how each route's result is shown now, by the route's path; looked at each time
     * @param base what links begin with
     */
    public RequestJson(Supplier<Map<String, ResultShape>> shapes, BasePath base) {
        this.shapes = shapes;
        this.base = base;
    }

    /** The request as {@code GET /v1/requests/{id}} gives it, in UTF-8. */
    public byte[] followed(RequestView view) {
        return followed(view, null);
    }

    /**
     * The request as {@code GET /v1/requests/{id}} gives it to an admin, in UTF-8.
     *
     * @param client the name of its client, or null to leave it out
     */
    public byte[] followed(RequestView view, @Nullable String client) {
        return bytes(view.request(), generator -> writeFollowed(generator, view, client));
    }

    /** The request as a webhook's {@code data} carries it, in UTF-8. */
    public byte[] followed(RequestRecord request) {
        return followed(RequestView.ended(request));
    }

    /** What links begin with. */
    public BasePath base() {
        return base;
    }

    /**
     * The answer to an ask that succeeded, in UTF-8: the result's fields at the top level.
     *
     * @param clientRequestId the reference of this very ask, or null
     */
    public byte[] succeeded(RequestRecord request, @Nullable String clientRequestId) {
        return bytes(
                request,
                generator -> {
                    generator.writeStartObject();
                    writeIdentity(generator, request);
                    writeResult(generator, request);
                    generator.writeNumberField("attempts", request.attempts());
                    writeTimes(generator, request);
                    writeText(generator, "client_request_id", clientRequestId);
                    Result result = request.result();
                    if (result != null && result.original() != null) {
                        writeLinks(generator, request, true);
                    }
                    generator.writeEndObject();
                });
    }

    /** The receipt for an ask whose result is not there yet, in UTF-8. */
    public byte[] receipt(RequestView view) {
        return bytes(
                view.request(),
                generator -> {
                    RequestRecord request = view.request();
                    generator.writeStartObject();
                    writeIdentity(generator, request);
                    writeProgress(generator, view);
                    writeTimes(generator, request);
                    writeText(generator, "client_request_id", request.clientRequestId());
                    writeLinks(generator, request, false);
                    generator.writeEndObject();
                });
    }

    /** Writes the request as an object, as {@link #followed(RequestView, String)} gives it. */
    public void writeFollowed(JsonGenerator generator, RequestView view, @Nullable String client)
            throws IOException {
        RequestRecord request = view.request();
        generator.writeStartObject();
        writeIdentity(generator, request);
        writeProgress(generator, view);
        writeTimes(generator, request);
        writeText(generator, "client_request_id", request.clientRequestId());
        writeText(generator, "client", client);
        generator.writeStringField("route", request.route());
        generator.writeFieldName("params");
        generator.writeRawValue(request.params());
        if (request.result() != null) {
            generator.writeObjectFieldStart("result");
            writeResult(generator, request);
            generator.writeEndObject();
        }
        if (request.failure() != null) {
            generator.writeFieldName("failure");
            writeFailure(generator, request.failure());
        }
        Result result = request.result();
        boolean elsewhere =
                request.status() == Status.SUCCEEDED
                        && (result == null || result.original() != null);
        writeLinks(generator, request, elsewhere);
        generator.writeEndObject();
    }

    /** An instant as every answer writes it: UTC, milliseconds, {@code Z}. */
    public static String instant(Instant instant) {
        return MILLIS.format(instant);
    }

    private static void writeIdentity(JsonGenerator generator, RequestRecord request)
            throws IOException {
        generator.writeStringField("id", request.id().toString());
        generator.writeStringField("status", request.status().wire());
    }

    private static void writeProgress(JsonGenerator generator, RequestView view)
            throws IOException {
        RequestRecord request = view.request();
        if (!request.status().isFinal()) {
            generator.writeNumberField("position", view.position());
            if (view.estimatedSeconds() != null) {
                generator.writeNumberField("estimated_seconds", view.estimatedSeconds());
            }
        }
        generator.writeNumberField("attempts", request.attempts());
        if (request.lastStatus() != null) {
            generator.writeNumberField("last_status", request.lastStatus());
        }
        if (request.priority() != Priority.NORMAL) {
            generator.writeStringField("priority", request.priority().wire());
        }
        if (view.waitingFor() != null) {
            generator.writeStringField("waiting_for", view.waitingFor().wire());
        }
    }

    private static void writeTimes(JsonGenerator generator, RequestRecord request)
            throws IOException {
        generator.writeStringField("created_at", instant(request.createdAt()));
        if (request.completedAt() != null) {
            generator.writeStringField("completed_at", instant(request.completedAt()));
        }
        Instant notBefore = request.notBefore();
        if (notBefore != null) {
            generator.writeStringField("not_before", instant(notBefore));
        }
        if (request.expiresAt() != null) {
            generator.writeStringField("expires_at", instant(request.expiresAt()));
        }
    }

    private void writeResult(JsonGenerator generator, RequestRecord request) throws IOException {
        Result result = request.result();
        if (result != null && request.status() == Status.SUCCEEDED) {
            shapes.get().getOrDefault(request.route(), UNKNOWN).writeField(generator, result);
        }
    }

    private static void writeFailure(JsonGenerator generator, Failure failure) throws IOException {
        generator.writeStartObject();
        generator.writeStringField("reason", failure.reason().wire());
        if (failure.upstreamStatus() != null) {
            generator.writeNumberField("upstream_status", failure.upstreamStatus());
        }
        writeText(generator, "upstream_body", failure.upstreamBody());
        writeText(generator, "detail", failure.detail());
        generator.writeEndObject();
    }

    /**
     * @param result whether the result is not here but there, since it is too large for a list
     */
    private void writeLinks(JsonGenerator generator, RequestRecord request, boolean result)
            throws IOException {
        String self = base.outside("/v1/requests/" + request.id());
        generator.writeObjectFieldStart("links");
        generator.writeStringField("self", self);
        generator.writeStringField("events", self + "/events");
        if (result) {
            generator.writeStringField("result", self + "/result");
        }
        generator.writeEndObject();
    }

    private static void writeText(JsonGenerator generator, String name, @Nullable String value)
            throws IOException {
        if (value != null) {
            generator.writeStringField(name, WellFormed.of(value));
        }
    }

    private static byte[] bytes(RequestRecord request, Writing writing) {
        Result result = request.result();
        int body = result == null ? 0 : result.body().length();
        ByteArrayOutputStream out = new ByteArrayOutputStream(USUAL_BYTES + body);
        try (JsonGenerator generator = JSON.createGenerator(out)) {
            writing.write(generator);
        } catch (IOException e) {
            throw new UncheckedIOException("a byte array takes every write", e);
        }
        return out.toByteArray();
    }

    /** Something that writes JSON. */
    private interface Writing {
        void write(JsonGenerator generator) throws IOException;
    }
}
