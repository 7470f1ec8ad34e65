package dev.holdfast.simulator.feed;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A JSON frame laid flat: each value by its path, in order, numbers as they were written. Two
 * frames with the same {@link #rest} have the same fields with the same values in the same order.
 *
 * @param values literals by path; text is in quotes
 */
record FeedFrame(Map<String, String> values) {
    /** What a conversion changes. */
    static final Set<String> CONVERTED =
            Set.of("/payload/stake", "/payload/currency", "/payload/date");

    private static final JsonFactory JSON = new JsonFactory();

    /** The frame, or nothing if it is no JSON object. */
    static Optional<FeedFrame> parse(String text) {
        try (var parser = JSON.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            var values = new LinkedHashMap<String, String>();
            object(parser, "", values);
            return parser.nextToken() == null
                    ? Optional.of(new FeedFrame(values))
                    : Optional.empty();
        } catch (IOException notJson) {
            return Optional.empty();
        }
    }

    private static void object(JsonParser parser, String path, Map<String, String> values)
            throws IOException {
        values.put(path + "/", "{}");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            var field = path + "/" + parser.currentName();
            parser.nextToken();
            value(parser, field, values);
        }
    }

    private static void value(JsonParser parser, String path, Map<String, String> values)
            throws IOException {
        switch (parser.currentToken()) {
            case START_OBJECT -> object(parser, path, values);
            case START_ARRAY -> {
                values.put(path + "/", "[]");
                for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
                    value(parser, path + "/" + i, values);
                }
            }
            case VALUE_STRING -> values.put(path, '"' + parser.getText() + '"');
            default -> values.put(path, parser.getText());
        }
    }

    /** A value's literal, or "" if it is missing. */
    String literal(String path) {
        return values.getOrDefault(path, "");
    }

    /** A text without its quotes, or "" if it is missing or no text. */
    String text(String path) {
        var literal = literal(path);
        return literal.startsWith("\"") ? literal.substring(1, literal.length() - 1) : "";
    }

    /** All values in order, what a conversion changes by its path alone. */
    List<String> rest() {
        var rest = new ArrayList<String>(values.size());
        values.forEach(
                (path, literal) -> rest.add(CONVERTED.contains(path) ? path : path + literal));
        return rest;
    }
}
