package dev.holdfast.outbound;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.holdfast.request.Params;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;

/** A JSON text with {@code {param}} placeholders ({@link CallBody.Json}). */
final class JsonTemplate {
    private static final JsonFactory JSON =
            JsonFactory.builder().disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION).build();

    private sealed interface Part {
        record Literal(String text) implements Part {}

        record InString(String param) implements Part {}

        record Alone(String param) implements Part {}
    }

    private final List<Part> parts;

    private JsonTemplate(List<Part> parts) {
        this.parts = List.copyOf(parts);
    }

    /**
     * Takes a template apart.
     *
     * @throws IllegalArgumentException if it is not JSON once its placeholders are filled
     */
    static JsonTemplate parse(String template) {
        List<Part> parts = new ArrayList<>();
        Matcher matcher = Placeholders.PARAM.matcher(template);
        int from = 0;
        boolean inString = false;
        while (matcher.find()) {
            String literal = template.substring(from, matcher.start());
            inString = stringOpenAfter(literal, inString);
            parts.add(new Part.Literal(literal));
            String param = matcher.group(1);
            parts.add(inString ? new Part.InString(param) : new Part.Alone(param));
            from = matcher.end();
        }
        parts.add(new Part.Literal(template.substring(from)));
        JsonTemplate parsed = new JsonTemplate(parts);
        if (!isOneValue(parsed.fill(Params.of(Map.of())))) {
            throw new IllegalArgumentException("the json body is not JSON: " + template);
        }
        return parsed;
    }

    String fill(Params params) {
        StringBuilder json = new StringBuilder();
        for (Part part : parts) {
            switch (part) {
                case Part.Literal literal -> json.append(literal.text());
                case Part.InString place ->
                        json.append(
                                quoted(Objects.requireNonNullElse(params.text(place.param()), "")));
                case Part.Alone place -> {
                    String text = params.texts().get(place.param());
                    if (text == null) {
                        json.append(params.values().getOrDefault(place.param(), "null"));
                    } else {
                        json.append('"').append(quoted(text)).append('"');
                    }
                }
            }
        }
        return json.toString();
    }

    /** Whether {@code json} is exactly one JSON value (RFC 8259). */
    static boolean isOneValue(String json) {
        try (JsonParser parser = JSON.createParser(json)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                return false;
            }
            parser.skipChildren();
            finishScalar(parser);
            return parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    /** Jackson reads strings lazily: an unfinished one shows only when it is asked for. */
    private static void finishScalar(JsonParser parser) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            parser.getTextLength();
        }
    }

    private static char[] quoted(String text) {
        Escape.utf8(text);
        return JsonStringEncoder.getInstance().quoteAsString(text);
    }

    private static boolean stringOpenAfter(String literal, boolean openBefore) {
        boolean open = openBefore;
        for (int i = 0; i < literal.length(); i++) {
            char c = literal.charAt(i);
            if (c == '"') {
                open = !open;
            } else if (c == '\\' && open) {
                i++;
            }
        }
        return open;
    }
}
