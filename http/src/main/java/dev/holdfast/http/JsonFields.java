package dev.holdfast.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.holdfast.request.WellFormed;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
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
        try (JsonParser json = FACTORY.createParser(text)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            Field table = readTable(json);
            return json.nextToken() == null && table instanceof Field.Table(var entries)
                    ? entries
                    : null;
        } catch (IOException e) {
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
        Field value = readValue(json, token);
        if (fields.putIfAbsent(name, value) != null) {
            mistakes.add(name, "say it once");
        } else if (value instanceof Field.Text(String text)
                && WellFormed.firstBroken(text, 0) >= 0) {
            mistakes.add(name, "holds half of a surrogate pair");
        }
    }

    private static Field readValue(JsonParser json, JsonToken token) throws IOException {
        return switch (token) {
            case VALUE_STRING -> new Field.Text(json.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Field.Numeral(json.getText());
            case START_OBJECT -> readTable(json);
            default -> {
                json.skipChildren();
                yield new Field.Other(
                        switch (token) {
                            case START_ARRAY -> "an array";
                            case VALUE_NULL -> "null";
                            default -> token.asString().toLowerCase(Locale.ROOT);
                        });
            }
        };
    }

    private static Field readTable(JsonParser json) throws IOException {
        Map<String, String> entries = new LinkedHashMap<>();
        boolean strings = true;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            if (json.nextToken() == JsonToken.VALUE_STRING) {
                strings &= entries.putIfAbsent(name, json.getText()) == null;
            } else {
                json.skipChildren();
                strings = false;
            }
        }
        return strings ? new Field.Table(entries) : new Field.Other("an object of other things");
    }
}
