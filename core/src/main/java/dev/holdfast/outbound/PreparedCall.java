package dev.holdfast.outbound;

import dev.holdfast.request.Params;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A {@link HttpCallTemplate} taken apart, ready to be filled with a request's parameters. */
final class PreparedCall {
    private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9\\-._~!$&'()*+,;=:@%/]*");
    private static final Pattern METHOD = Pattern.compile("[A-Z]{1,20}");

    private static final String FORM = "application/x-www-form-urlencoded";

    /** A body and what it is. */
    record Content(@Nullable String type, Buffer bytes) {}

    private final HttpCallTemplate template;
    private final HttpMethod method;
    private final Placeholders path;
    private final Map<String, Placeholders> query;
    private final Map<String, Placeholders> headers;
    private final Map<String, Placeholders> form;
    private final @Nullable JsonTemplate json;
    private final @Nullable Placeholders text;

    /**
     * @param basePath the path of the upstream's URL, as it is written there
     * @throws IllegalArgumentException for a template that cannot work, saying why
     */
    PreparedCall(String basePath, HttpCallTemplate template) {
        this.template = template;
        String upper = template.method().toUpperCase(Locale.ROOT);
        if (!METHOD.matcher(upper).matches() || upper.equals("CONNECT")) {
            throw new IllegalArgumentException("not a method to call with: " + template.method());
        }
        method = HttpMethod.valueOf(upper);
        if (!PATH.matcher(Placeholders.PARAM.matcher(template.path()).replaceAll("x")).matches()) {
            throw new IllegalArgumentException(
                    "a call's path begins with / and is percent-encoded: " + template.path());
        }
        String base =
                basePath.endsWith("/") ? basePath.substring(0, basePath.length() - 1) : basePath;
        path = Placeholders.parse(base + template.path());
        query = parsed(template.query(), Escape::percent);
        headers = parsed(template.headers(), UnaryOperator.identity());
        form =
                template.body() instanceof CallBody.Form fields
                        ? parsed(fields.fields(), Escape::percent)
                        : Map.of();
        json =
                template.body() instanceof CallBody.Json body
                        ? JsonTemplate.parse(body.template())
                        : null;
        text =
                template.body() instanceof CallBody.Text body
                        ? Placeholders.parse(body.template())
                        : null;
    }

    HttpCallTemplate template() {
        return template;
    }

    /**
     * Writes method, path, query and headers into {@code options}.
     *
     * @throws UnsendableException if the parameters cannot be put there
     */
    void fill(RequestOptions options, Params params) {
        String target = path.fill(params, Escape::pathSegment);
        if (target == null) {
            throw new UnsendableException("a parameter of the path is missing");
        }
        String pairs = pairs(query, params);
        options.setMethod(method).setURI(pairs.isEmpty() ? target : target + "?" + pairs);
        headers.forEach(
                (name, value) -> {
                    String filled = value.fill(params, Escape::headerValue);
                    if (filled != null) {
                        options.putHeader(name, filled);
                    }
                });
    }

    /** The body for {@code params}. */
    Content content(Params params) {
        return switch (template.body()) {
            case CallBody.None none -> new Content(null, Buffer.buffer());
            case CallBody.Json structure ->
                    new Content(
                            "application/json",
                            Buffer.buffer(Objects.requireNonNull(json).fill(params)));
            case CallBody.Text plain ->
                    new Content(
                            plain.form() ? FORM : "text/plain; charset=utf-8",
                            Buffer.buffer(
                                    Objects.requireNonNull(text).fillAll(params, escape(plain))));
            case CallBody.Form fields -> new Content(FORM, Buffer.buffer(pairs(form, params)));
        };
    }

    private static UnaryOperator<String> escape(CallBody.Text body) {
        return body.form() ? Escape::percent : Escape::unicode;
    }

    private static String pairs(Map<String, Placeholders> templates, Params params) {
        StringBuilder pairs = new StringBuilder();
        templates.forEach(
                (name, value) -> {
                    String filled = value.fill(params, Escape::percent);
                    if (filled != null) {
                        pairs.append(pairs.isEmpty() ? "" : "&").append(name).append('=');
                        pairs.append(filled);
                    }
                });
        return pairs.toString();
    }

    /** Names and literals are written as they are sent; placeholders stay for later. */
    private static Map<String, Placeholders> parsed(
            Map<String, String> templates, UnaryOperator<String> escape) {
        Map<String, Placeholders> parsed = new LinkedHashMap<>();
        templates.forEach(
                (name, value) -> parsed.put(escape.apply(name), Placeholders.parse(value, escape)));
        return parsed;
    }
}
