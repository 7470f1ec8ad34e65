package dev.holdfast.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.holdfast.request.JsonValue;
import dev.holdfast.request.Texts;
import dev.holdfast.request.WellFormed;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a JSON object of an ask, strictly: one object, each name once, well-formed Unicode. */
public final class JsonFields {
    private static final JsonFactory FACTORY = new JsonFactory();

    private JsonFields() {}

    /** Reads a body; mistakes that leave nothing to read leave the fields empty. */
    public static Map<String, Field> read(byte[] body, Mistakes mistakes) {
        String text = QueryFields.utf8(body, body.length);
        if (text == null) {
            mistakes.add("body", "is not UTF-8");
            return Map.of();
        }
        // A byte order mark, which some editors and libraries put first (RFC 8259, section 8.1).
        return read(text.startsWith("\ufeff") ? text.substring(1) : text, mistakes);
    }

    /** Reads the text of an object. */
    public static Map<String, Field> read(String text, Mistakes mistakes) {
        Map<String, Field> fields = new LinkedHashMap<>();
        try (JsonParser json = FACTORY.createParser(text)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                mistakes.add("body", "send one JSON object");
                return fields;
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                readField(json, fields, mistakes);
            }
            if (json.nextToken() != null) {
                mistakes.add("body", "something follows the JSON object");
            }
        } catch (IOException e) {
            mistakes.add("body", "is not JSON");
        }
        return fields;
    }

    /** An object of strings, or null if {@code text} is none. */
    public static @Nullable Map<String, String> table(String text) {
        try {
            return JsonValue.of(text) == null ? null : Texts.read(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static void readField(JsonParser json, Map<String, Field> fields, Mistakes mistakes)
            throws IOException {
        String name = json.currentName();
        JsonToken token = json.nextToken();
        if (fields.size() >= QueryFields.MAX_FIELDS) {
            json.skipChildren();
            mistakes.add("body", "send at most " + QueryFields.MAX_FIELDS + " fields");
            return;
        }
        Field value = readValue(json, token, name, mistakes);
        if (fields.putIfAbsent(name, value) != null) {
            mistakes.add(name, "say it once");
        } else if (value instanceof Field.Text(String text)
                && WellFormed.firstBroken(text, 0) >= 0) {
            mistakes.add(name, "holds half of a surrogate pair");
        }
    }

    private static Field readValue(JsonParser json, JsonToken token, String name, Mistakes mistakes)
            throws IOException {
        return switch (token) {
            case VALUE_STRING -> new Field.Text(json.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Field.Numeral(json.getText());
            default -> readJson(json, name, mistakes);
        };
    }

    /** Reads to the end of the value, whatever is wrong in it. */
    private static Field readJson(JsonParser json, String name, Mistakes mistakes)
            throws IOException {
        int outside = json.getParsingContext().getNestingDepth() - 1;
        String wrong;
        try {
            return new Field.Json(JsonValue.copy(json));
        } catch (JsonValue.TwiceException e) {
            wrong = "has two fields of one name in an object";
        } catch (JsonValue.BrokenException e) {
            wrong = "holds half of a surrogate pair";
        }
        mistakes.add(name, wrong);
        while (json.getParsingContext().getNestingDepth() > outside) {
            json.nextToken();
        }
        return new Field.Unreadable();
    }
}
