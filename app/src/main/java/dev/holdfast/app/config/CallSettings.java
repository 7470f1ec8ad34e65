package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Node;
import dev.holdfast.app.yaml.NodeJson;
import dev.holdfast.app.yaml.Section;
import dev.holdfast.outbound.CallBody;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The call a route makes, with {@code {param}} where a parameter's value goes.
 *
 * @param method HTTP method in capitals
 * @param path below the upstream's URL
 * @param query query parameters
 * @param headers headers besides the upstream's
 * @param body what is sent
 */
public record CallSettings(
        String method,
        String path,
        Map<String, String> query,
        Map<String, String> headers,
        CallBody body) {
    /** The type of a key that only a file can give. */
    static final String ANY_YAML = "any YAML";

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([A-Za-z_][A-Za-z0-9_-]*)}");
    private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9\\-._~!$&'()*+,;=:@%/]*");
    private static final Set<String> METHODS =
            Set.of("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS");

    static CallSettings read(Section s) {
        String method =
                s.field("method", "HTTP method of the call")
                        .orElse("GET")
                        .one("HTTP method", CallSettings::checkedMethod, "GET");
        String path =
                s.field(
                                "path",
                                "path below the upstream's `url`, with `{param}` where a value"
                                        + " goes")
                        .required()
                        .one("path that begins with /", CallSettings::checkedPath, "/");
        Map<String, String> query =
                s.sent("query", "a query parameter of the call, with `{param}` where a value goes");
        Map<String, String> headers = UpstreamSettings.readHeaders(s);
        CallBody body = readBody(s);
        if (!(body instanceof CallBody.None) && (method.equals("GET") || method.equals("HEAD"))) {
            s.mistake(
                    body instanceof CallBody.Json ? "json" : "form",
                    "a " + method + " call has no body; write `method: POST`");
        }
        return new CallSettings(method, path, query, headers, body);
    }

    /** What stands in a call's place where it is passed on as it comes. */
    static CallSettings passed(Set<String> methods, @Nullable PassSettings pass) {
        return new CallSettings(
                String.join("/", new TreeSet<>(methods)),
                pass == null ? "/" : pass.path(),
                Map.of(),
                Map.of(),
                new CallBody.None());
    }

    private static CallBody readBody(Section s) {
        Node json =
                s.any(
                        "json",
                        ANY_YAML,
                        "body sent as JSON: `{ text: \"{param}\" }` puts a value into a string,"
                                + " `{ count: {param} }` puts it as JSON of its `type`");
        Map<String, String> form =
                s.sent("form", "a field of a form body, with `{param}` where a value goes");
        if (json != null && !form.isEmpty()) {
            s.mistake("form", "and `json` cannot both be the body");
        }
        if (json != null) {
            return new CallBody.Json(
                    json instanceof Node.Scalar scalar ? scalar.text() : NodeJson.of(json));
        }
        return form.isEmpty() ? new CallBody.None() : new CallBody.Form(form);
    }

    private static String checkedMethod(String text) {
        String method = text.toUpperCase(Locale.ROOT);
        if (!METHODS.contains(method)) {
            throw new IllegalArgumentException("write GET, POST, PUT, PATCH or DELETE");
        }
        return method;
    }

    private static String checkedPath(String text) {
        if (!PATH.matcher(PLACEHOLDER.matcher(text).replaceAll("x")).matches()) {
            throw new IllegalArgumentException(
                    "must begin with / and be percent-encoded; what follows a ? goes into `query`");
        }
        return text;
    }

    /** Names of all parameters that the call's templates use, by the key that uses them. */
    public Map<String, Set<String>> placeholders() {
        Map<String, Set<String>> used = new LinkedHashMap<>();
        used.put("path", in(path));
        used.put("query", in(String.join(" ", query.values())));
        used.put("headers", in(String.join(" ", headers.values())));
        switch (body) {
            case CallBody.Json json -> used.put("json", in(json.template()));
            case CallBody.Form form ->
                    used.put("form", in(String.join(" ", form.fields().values())));
            case CallBody.Text text -> used.put("body", in(text.template()));
            case CallBody.None none -> {
                // nothing to fill
            }
        }
        return used;
    }

    private static Set<String> in(String template) {
        Set<String> names = new TreeSet<>();
        Matcher m = PLACEHOLDER.matcher(template);
        while (m.find()) {
            names.add(m.group(1));
        }
        return names;
    }

    /** Never shows headers or body, which may hold secrets. */
    @Override
    public String toString() {
        return "CallSettings[" + method + " " + path + "]";
    }
}
