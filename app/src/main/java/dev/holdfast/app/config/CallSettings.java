package dev.holdfast.app.config;

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
 * @param body text of the body, or null; within JSON, values are escaped as JSON strings
 */
public record CallSettings(
        String method,
        String path,
        Map<String, String> query,
        Map<String, String> headers,
        @Nullable String body) {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([A-Za-z_][A-Za-z0-9_-]*)}");
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
                                "path below the upstream's `url`, with `{param}` where a value goes")
                        .required()
                        .one("path that begins with /", CallSettings::checkedPath, "/");
        Map<String, String> query =
                s.texts(
                        "query",
                        "a query parameter of the call, with `{param}` where a value goes");
        Map<String, String> headers = new LinkedHashMap<>(UpstreamSettings.readHeaders(s));
        Node body = s.any("body");
        String text = null;
        if (body instanceof Node.Scalar scalar) {
            text = scalar.text();
        } else if (body != null) {
            text = JsonTemplate.of(body);
            boolean typed =
                    headers.keySet().stream().anyMatch(h -> h.equalsIgnoreCase("content-type"));
            if (!typed) {
                headers.put("Content-Type", "application/json");
            }
        }
        if (text != null && (method.equals("GET") || method.equals("HEAD"))) {
            s.mistake("body", "a " + method + " call has no body; write `method: POST`");
        }
        return new CallSettings(method, path, query, Map.copyOf(headers), text);
    }

    private static String checkedMethod(String text) {
        String method = text.toUpperCase(Locale.ROOT);
        if (!METHODS.contains(method)) {
            throw new IllegalArgumentException("write GET, POST, PUT, PATCH or DELETE");
        }
        return method;
    }

    private static String checkedPath(String text) {
        if (!text.startsWith("/")) {
            throw new IllegalArgumentException("must begin with /");
        }
        return text;
    }

    /** Names of all parameters that the call's templates use, by the key that uses them. */
    Map<String, Set<String>> placeholders() {
        Map<String, Set<String>> used = new LinkedHashMap<>();
        used.put("path", in(path));
        used.put("query", in(String.join(" ", query.values())));
        used.put("headers", in(String.join(" ", headers.values())));
        used.put("body", body == null ? Set.of() : in(body));
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
