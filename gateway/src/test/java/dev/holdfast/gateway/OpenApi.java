package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.Yaml;

/**
 * The OpenAPI document as a judge of answers: paths, methods, statuses, content types, headers and
 * the part of JSON Schema that the document uses. What it does not describe is a failure.
 */
final class OpenApi {
    /** Headers that mean something to callers, and so have to be described. */
    private static final Set<String> OURS =
            Set.of(
                    "location",
                    "retry-after",
                    "etag",
                    "allow",
                    "accept",
                    "www-authenticate",
                    "cache-status",
                    "preference-applied",
                    "ratelimit",
                    "ratelimit-policy",
                    "x-request-id");

    /** The tests' own endpoints, and a page, which is no part of the API. */
    private static final Pattern NOT_OURS =
            Pattern.compile("/(third/(admins|mount|socket).*|console.*)");

    private static final ObjectMapper JSON = new ObjectMapper();

    private final JsonNode document = load();
    private final Set<String> called = new ConcurrentSkipListSet<>();

    private static JsonNode load() {
        String resource = "/dev/holdfast/gateway/openapi.yaml";
        try (InputStream in = OpenApi.class.getResourceAsStream(resource)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            Object tree = new Yaml().load(RouteDocument.of(text, Rig.doors()));
            return JSON.valueToTree(tree);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The operations that answered with something, such as {@code GET /livez 200}. */
    Set<String> called() {
        return called;
    }

    /** Every operation that is described, such as {@code GET /livez}. */
    Set<String> operations() {
        Set<String> operations = new TreeSet<>();
        document.get("paths")
                .properties()
                .forEach(
                        path ->
                                path.getValue()
                                        .fieldNames()
                                        .forEachRemaining(
                                                method -> add(operations, method, path.getKey())));
        return operations;
    }

    private static void add(Set<String> operations, String method, String path) {
        if (!method.equals("parameters")) {
            operations.add(method.toUpperCase(Locale.ROOT) + " " + path);
        }
    }

    /** Fails unless the document describes this answer. */
    void check(HttpResponse<String> response) {
        String method = response.request().method();
        String path = response.request().uri().getRawPath();
        if (NOT_OURS.matcher(path).matches()) {
            return;
        }
        String shown = method + " " + path + " " + response.statusCode();
        assertThat(response.headers().firstValue("X-Request-Id")).as(shown).isPresent();
        Optional<String> template = template(path);
        if (template.isEmpty()) {
            assertThat(response.statusCode()).as(shown).isEqualTo(404);
            checkContent(shown, response, resolve(document.at("/components/responses/NotFound")));
            return;
        }
        JsonNode described = described(method, template.get(), response.statusCode());
        assertThat(described.isMissingNode()).as("%s is not described", shown).isFalse();
        called.add(method + " " + template.get() + " " + response.statusCode());
        checkHeaders(shown, response, described);
        checkContent(shown, response, described);
    }

    private JsonNode described(String method, String template, int status) {
        JsonNode path = document.get("paths").get(template);
        String name = method.equals("HEAD") ? "get" : method.toLowerCase(Locale.ROOT);
        String code = Integer.toString(status);
        if (path.has(name)) {
            return resolve(path.get(name).path("responses").path(code));
        }
        // A method that is not there is described wherever another one is.
        JsonNode any = path.properties().iterator().next().getValue();
        for (Map.Entry<String, JsonNode> operation : path.properties()) {
            any = operation.getKey().equals("parameters") ? any : operation.getValue();
        }
        return status == 405 || status == 401
                ? resolve(any.path("responses").path(code))
                : any.path("nothing");
    }

    private Optional<String> template(String path) {
        List<String> found = new ArrayList<>();
        document.get("paths")
                .fieldNames()
                .forEachRemaining(
                        template -> {
                            String pattern = template.replaceAll("\\{[a-z]+}", "[^/]+");
                            if (path.matches(pattern.replace(".", "\\."))) {
                                found.add(template);
                            }
                        });
        return found.stream().min((a, b) -> Boolean.compare(a.contains("{"), b.contains("{")));
    }

    private void checkHeaders(String shown, HttpResponse<String> response, JsonNode described) {
        Set<String> names = new TreeSet<>();
        described.path("headers").fieldNames().forEachRemaining(n -> names.add(lower(n)));
        for (String name : response.headers().map().keySet()) {
            if (OURS.contains(lower(name)) && response.statusCode() / 100 != 3) {
                boolean known = names.contains(lower(name)) || lower(name).equals("x-request-id");
                // The way to the request that ended is in its problem too, as the id.
                known |= lower(name).equals("location") && response.statusCode() >= 400;
                known |= Set.of("cache-status", "preference-applied").contains(lower(name));
                assertThat(known).as("%s: header %s is not described", shown, name).isTrue();
            }
        }
    }

    private void checkContent(String shown, HttpResponse<String> response, JsonNode described) {
        Optional<String> type = response.headers().firstValue("Content-Type");
        if (type.isEmpty()) {
            assertThat(response.body()).as(shown).isEmpty();
            assertThat(described.has("content")).as("%s has no content", shown).isFalse();
            return;
        }
        String media = type.get().replaceAll(";.*", "");
        JsonNode content = described.path("content").path(media);
        assertThat(content.isMissingNode()).as("%s: %s is not described", shown, media).isFalse();
        boolean one = media.endsWith("json") && !media.endsWith("ndjson");
        if (one && !response.request().method().equals("HEAD")) {
            assertThat(mistakes(parse(response.body()), content.get("schema")))
                    .as("%s: %s", shown, response.body())
                    .isEmpty();
        }
    }

    /** What of a problem the document does not describe. */
    List<String> problemMistakes(int status, String json) {
        String schema = status == 400 ? "InvalidProblem" : "Problem";
        return mistakes(parse(json), document.at("/components/schemas/" + schema));
    }

    private static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new AssertionError(json, e);
        }
    }

    private List<String> mistakes(JsonNode value, JsonNode schema) {
        List<String> mistakes = new ArrayList<>();
        check("", value, schema, mistakes);
        return mistakes;
    }

    private void check(String at, JsonNode value, JsonNode given, List<String> mistakes) {
        JsonNode schema = resolve(given);
        if (!isOfType(value, schema.path("type").asText())) {
            mistakes.add(at + " is not " + schema.path("type").asText());
        }
        if (schema.has("const") && !schema.get("const").asText().equals(value.asText())) {
            mistakes.add(at + " is not " + schema.get("const"));
        }
        if (schema.has("enum") && !contains(schema.get("enum"), value)) {
            mistakes.add(at + " is none of " + schema.get("enum"));
        }
        if (schema.has("minimum") && value.asDouble() < schema.get("minimum").asDouble()) {
            mistakes.add(at + " is under " + schema.get("minimum"));
        }
        if (!isOfFormat(value, schema)) {
            mistakes.add(at + " is not in its format: " + value);
        }
        if (value.isObject()) {
            checkObject(at, value, schema, mistakes);
        }
        if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                check(at + "/" + i, value.get(i), schema.path("items"), mistakes);
            }
        }
    }

    private void checkObject(String at, JsonNode value, JsonNode schema, List<String> mistakes) {
        for (JsonNode required : schema.path("required")) {
            if (!value.has(required.asText())) {
                mistakes.add(at + "/" + required.asText() + " is missing");
            }
        }
        JsonNode more = schema.path("additionalProperties");
        for (Map.Entry<String, JsonNode> field : value.properties()) {
            JsonNode known = schema.path("properties").path(field.getKey());
            if (!known.isMissingNode()) {
                check(at + "/" + field.getKey(), field.getValue(), known, mistakes);
            } else if (more.isObject()) {
                check(at + "/" + field.getKey(), field.getValue(), more, mistakes);
            } else if (more.isBoolean() && !more.asBoolean()) {
                mistakes.add(at + "/" + field.getKey() + " is not described");
            }
        }
    }

    private static boolean isOfType(JsonNode value, String type) {
        return switch (type) {
            case "string" -> value.isTextual();
            case "integer" -> value.isIntegralNumber();
            case "number" -> value.isNumber();
            case "boolean" -> value.isBoolean();
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            default -> true;
        };
    }

    private static boolean isOfFormat(JsonNode value, JsonNode schema) {
        String text = value.asText();
        if (schema.has("pattern")
                && !Pattern.compile(schema.get("pattern").asText()).matcher(text).find()) {
            return false;
        }
        return switch (schema.path("format").asText()) {
            case "uuid" -> text.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
            case "date-time" -> text.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
            default -> true;
        };
    }

    private static boolean contains(JsonNode choices, JsonNode value) {
        for (JsonNode choice : choices) {
            if (choice.equals(value)) {
                return true;
            }
        }
        return false;
    }

    private JsonNode resolve(JsonNode node) {
        return node.has("$ref")
                ? resolve(document.at(node.get("$ref").asText().substring(1)))
                : node;
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
