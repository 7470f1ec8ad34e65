package dev.holdfast.gateway;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.http.ParamType;
import dev.holdfast.request.ResultShape;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is configured, as the OpenAPI document describes it (OpenAPI 3.1): a path item for each
 * route, as JSON, which is YAML too. Pure.
 */
final class RouteDocument {
    private static final JsonFactory JSON = new JsonFactory();

    /** Between these lines the document has the routes of the default configuration. */
    private static final String BEFORE = "\npaths:\n";

    private static final String AFTER = "\n  /v1/requests:\n";

    /** What may be said with any ask, by its component. */
    private static final List<String> EXTRAS =
            List.of("WebhookUrl", "WebhookHeaders", "ClientRequestId", "ExpiresIn");

    private static final List<String> HEADERS = List.of("IdempotencyKey", "PreferAsk", "RequestId");

    private static final String LARGE =
            "What the upstream answers; over 1 MiB it is at `/v1/requests/{id}/result`, where"
                    + " `links.result` leads.";

    /** A variable of a path, which may be the rest of it. */
    private static final Pattern VARIABLE = Pattern.compile("\\{([^}.]+)(\\.\\.\\.)?}");

    private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");

    /** Answers of every ask, by their component. */
    private static final Map<Integer, String> PROBLEMS =
            new TreeMap<>(
                    Map.ofEntries(
                            Map.entry(202, "Receipt"),
                            Map.entry(400, "InvalidRequest"),
                            Map.entry(401, "Unauthorized"),
                            Map.entry(403, "Forbidden"),
                            Map.entry(405, "MethodNotAllowed"),
                            Map.entry(408, "RequestTimeout"),
                            Map.entry(409, "Conflict"),
                            Map.entry(413, "ContentTooLarge"),
                            Map.entry(414, "UriTooLong"),
                            Map.entry(415, "UnsupportedMediaType"),
                            Map.entry(422, "Unprocessable"),
                            Map.entry(429, "TooManyPending"),
                            Map.entry(431, "HeadersTooLarge"),
                            Map.entry(500, "InternalError"),
                            Map.entry(502, "UpstreamFailed"),
                            Map.entry(503, "Unavailable"),
                            Map.entry(504, "RequestExpired")));

    private RouteDocument() {}

    /** The document with these routes instead of the default configuration's. */
    static String of(String document, List<RouteDoor> doors) {
        int from = document.indexOf(BEFORE);
        int to = document.indexOf(AFTER);
        if (from < 0 || to < from) {
            throw new IllegalStateException("the document has no place for routes");
        }
        StringBuilder routes = new StringBuilder();
        for (RouteDoor door : doors) {
            routes.append("  ").append(item(door)).append('\n');
        }
        return document.substring(0, from + BEFORE.length()) + routes + document.substring(to + 1);
    }

    /** A path and what it has, as one line. */
    private static String item(RouteDoor door) {
        var out = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            for (String method : door.methods().stream().sorted().toList()) {
                json.writeObjectFieldStart(method.toLowerCase(Locale.ROOT));
                writeOperation(json, door, method);
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("a writer in memory takes every write", e);
        }
        // What takes the rest of a path is to this document a parameter like any other.
        return "\"" + door.path().replace("...}", "}") + "\": " + out;
    }

    private static void writeOperation(JsonGenerator json, RouteDoor door, String method)
            throws IOException {
        if (door.pass() != null) {
            writePassed(json, door, method);
            return;
        }
        boolean body = !method.equals("GET") && !method.equals("DELETE");
        json.writeArrayFieldStart("tags");
        json.writeString("Ask");
        json.writeEndArray();
        json.writeStringField("operationId", operationId(door.path(), method));
        json.writeStringField(
                "summary", "Ask " + door.path() + ", which calls " + door.policy().upstream());
        json.writeArrayFieldStart("parameters");
        if (!body) {
            for (RouteDoor.Param param : door.params()) {
                writeParameter(json, param);
            }
            for (String extra : EXTRAS) {
                writeRef(json, "parameters", extra);
            }
        }
        for (String header : HEADERS) {
            writeRef(json, "parameters", header);
        }
        json.writeEndArray();
        if (body) {
            writeBody(json, door);
        }
        json.writeObjectFieldStart("responses");
        writeResponses(json, door.policy().shape());
        json.writeEndObject();
    }

    /** A route that passes on what comes: what it takes and gives is the upstream's matter. */
    private static void writePassed(JsonGenerator json, RouteDoor door, String method)
            throws IOException {
        json.writeArrayFieldStart("tags");
        json.writeString("Ask");
        json.writeEndArray();
        json.writeStringField("operationId", operationId(door.path(), method));
        json.writeStringField("summary", "Pass on to " + door.policy().upstream());
        json.writeArrayFieldStart("parameters");
        Matcher variable = VARIABLE.matcher(door.path());
        while (variable.find()) {
            json.writeStartObject();
            json.writeStringField("name", variable.group(1));
            json.writeStringField("in", "path");
            json.writeBooleanField("required", true);
            json.writeObjectFieldStart("schema");
            json.writeStringField("type", "string");
            json.writeEndObject();
            json.writeEndObject();
        }
        for (String header : HEADERS) {
            writeRef(json, "parameters", header);
        }
        json.writeEndArray();
        if (WITH_BODY.contains(method)) {
            json.writeObjectFieldStart("requestBody");
            json.writeObjectFieldStart("content");
            json.writeObjectFieldStart("*/*");
            json.writeEndObject();
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeObjectFieldStart("responses");
        json.writeObjectFieldStart("default");
        json.writeStringField(
                "description",
                "What the upstream answers, as it came; 202 and a receipt if that takes longer; a"
                        + " problem if it cannot be asked.");
        json.writeEndObject();
        json.writeEndObject();
    }

    private static String operationId(String path, String method) {
        return method.toLowerCase(Locale.ROOT) + path.replaceAll("[^A-Za-z0-9]+", "_");
    }

    private static void writeParameter(JsonGenerator json, RouteDoor.Param param)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("name", param.name());
        json.writeStringField("in", "query");
        json.writeBooleanField("required", param.required());
        json.writeStringField("description", "At most " + param.maxBytes() + " bytes of UTF-8.");
        boolean structure = param.type() == ParamType.OBJECT || param.type() == ParamType.ARRAY;
        if (structure) {
            json.writeObjectFieldStart("content");
            json.writeObjectFieldStart("application/json");
        }
        json.writeFieldName("schema");
        writeSchema(json, param);
        if (structure) {
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private static void writeSchema(JsonGenerator json, RouteDoor.Param param) throws IOException {
        json.writeStartObject();
        if (param.type() != ParamType.ANY) {
            json.writeStringField("type", param.type().name().toLowerCase(Locale.ROOT));
        }
        if (param.type() == ParamType.STRING) {
            json.writeNumberField("minLength", param.required() ? 1 : 0);
            json.writeNumberField("maxLength", param.maxBytes());
        }
        json.writeEndObject();
    }

    private static void writeBody(JsonGenerator json, RouteDoor door) throws IOException {
        json.writeObjectFieldStart("requestBody");
        json.writeBooleanField(
                "required", door.params().stream().anyMatch(RouteDoor.Param::required));
        json.writeObjectFieldStart("content");
        for (String type : List.of("application/json", "application/x-www-form-urlencoded")) {
            json.writeObjectFieldStart(type);
            json.writeObjectFieldStart("schema");
            json.writeStringField("type", "object");
            json.writeArrayFieldStart("required");
            for (RouteDoor.Param param : door.params()) {
                if (param.required()) {
                    json.writeString(param.name());
                }
            }
            json.writeEndArray();
            json.writeBooleanField("additionalProperties", false);
            json.writeObjectFieldStart("properties");
            for (RouteDoor.Param param : door.params()) {
                json.writeFieldName(param.name());
                writeSchema(json, param);
            }
            writeExtras(json);
            json.writeEndObject();
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    /** As the default configuration's body has them. */
    private static void writeExtras(JsonGenerator json) throws IOException {
        for (String extra :
                List.of(
                        "webhook_url",
                        "callback_url",
                        "webhookUrl",
                        "webhook_headers",
                        "client_request_id",
                        "clientRequestId",
                        "expires_in",
                        "priority",
                        "not_before")) {
            json.writeObjectFieldStart(extra);
            json.writeStringField("$ref", "#/components/schemas/SignAsk/properties/" + extra);
            json.writeEndObject();
        }
    }

    private static void writeResponses(JsonGenerator json, ResultShape shape) throws IOException {
        json.writeObjectFieldStart("200");
        json.writeStringField(
                "description", "The result. With `Accept: text/plain` as the upstream answers it.");
        json.writeObjectFieldStart("headers");
        for (String header : List.of("X-Request-Id", "Cache-Status", "Preference-Applied")) {
            json.writeFieldName(header);
            writeRef(json, "headers", header);
        }
        json.writeEndObject();
        json.writeObjectFieldStart("content");
        json.writeObjectFieldStart("application/json");
        json.writeObjectFieldStart("schema");
        writeResult(json, shape);
        json.writeEndObject();
        json.writeEndObject();
        writeText(json);
        json.writeEndObject();
        json.writeEndObject();
        for (Map.Entry<Integer, String> problem : PROBLEMS.entrySet()) {
            boolean told = shape.values().containsKey(problem.getKey());
            json.writeFieldName(problem.getKey().toString());
            writeRef(
                    json,
                    "responses",
                    told && problem.getKey() == 400 ? "InvalidRequestOrText" : problem.getValue());
        }
    }

    private static void writeResult(JsonGenerator json, ResultShape shape) throws IOException {
        json.writeStringField("type", "object");
        json.writeArrayFieldStart("required");
        for (String field : List.of("id", "status", "attempts", "created_at", "completed_at")) {
            json.writeString(field);
        }
        boolean always = shape.from() == ResultShape.From.STATUS;
        if (always) {
            json.writeString(shape.field());
        }
        json.writeEndArray();
        json.writeBooleanField("additionalProperties", !always);
        json.writeObjectFieldStart("properties");
        json.writeObjectFieldStart(shape.field());
        switch (shape.from()) {
            case TEXT -> {
                json.writeStringField("type", "string");
                json.writeStringField("description", LARGE);
            }
            case JSON -> json.writeStringField("description", LARGE);
            case BYTES ->
                    json.writeStringField(
                            "description",
                            "What the upstream answers, if it is text and not large; else it is at"
                                    + " `/v1/requests/{id}/result`.");
            case STATUS -> {
                json.writeArrayFieldStart("enum");
                for (String value : shape.values().values().stream().distinct().sorted().toList()) {
                    json.writeRawValue(value);
                }
                json.writeNull();
                json.writeEndArray();
            }
        }
        json.writeEndObject();
        for (String field :
                List.of(
                        "id",
                        "status",
                        "attempts",
                        "created_at",
                        "completed_at",
                        "expires_at",
                        "client_request_id")) {
            json.writeObjectFieldStart(field);
            json.writeStringField("$ref", "#/components/schemas/Signed/properties/" + field);
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private static void writeText(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("text/plain");
        json.writeObjectFieldStart("schema");
        json.writeStringField("type", "string");
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void writeRef(JsonGenerator json, String kind, String name) throws IOException {
        json.writeStartObject();
        json.writeStringField("$ref", "#/components/" + kind + "/" + name);
        json.writeEndObject();
    }
}
