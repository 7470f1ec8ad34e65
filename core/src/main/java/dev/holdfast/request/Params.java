package dev.holdfast.request;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A call's parameters. The store keeps them as the JSON object that callers see.
 *
 * @param texts those that are strings, by name
 * @param values all others, each a JSON value as {@link JsonValue} has it, by name
 */
public record Params(Map<String, String> texts, Map<String, String> values) {
    private static final JsonFactory JSON = new JsonFactory();

    public Params {
        texts = Map.copyOf(texts);
        values = Map.copyOf(values);
    }

    /** Strings alone. */
    public static Params of(Map<String, String> texts) {
        return new Params(texts, Map.of());
    }

    /** Whether there is one of this name. */
    public boolean has(String name) {
        return texts.containsKey(name) || values.containsKey(name);
    }

    /** What stands for it where there is only text: a string's characters, else its JSON. */
    public @Nullable String text(String name) {
        String text = texts.get(name);
        return text == null ? values.get(name) : text;
    }

    /** Its JSON, or null if there is none of this name. */
    public @Nullable String json(String name) {
        String text = texts.get(name);
        return text == null ? values.get(name) : JsonValue.quoted(text);
    }

    /**
     * The object, its fields by name.
     *
     * @throws IllegalArgumentException for a value that is not JSON
     */
    public static String write(SortedMap<String, String> texts, SortedMap<String, String> values) {
        if (values.isEmpty()) {
            return Texts.write(texts);
        }
        SortedMap<String, String> all = new TreeMap<>();
        texts.forEach((name, text) -> all.put(name, JsonValue.quoted(text)));
        values.forEach(
                (name, value) -> {
                    if (!value.equals(JsonValue.of(value)) || all.put(name, value) != null) {
                        throw new IllegalArgumentException(name + " is no JSON value");
                    }
                });
        var out = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            for (Map.Entry<String, String> param : all.entrySet()) {
                json.writeFieldName(param.getKey());
                json.writeRawValue(param.getValue());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("JSON values make a JSON object", e);
        }
        return out.toString();
    }

    /**
     * What an object holds.
     *
     * @throws IllegalArgumentException if it is not what {@link #write} gives
     */
    public static Params read(String object) {
        Map<String, String> texts = new TreeMap<>();
        Map<String, String> values = new TreeMap<>();
        try (JsonParser json = JSON.createParser(object)) {
            JsonToken at = json.nextToken();
            if (at != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("not an object");
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                if (json.nextToken() == JsonToken.VALUE_STRING) {
                    texts.put(name, json.getText());
                } else {
                    values.put(name, JsonValue.copy(json));
                }
            }
            if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
                throw new IllegalArgumentException("not one object");
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("not JSON", e);
        }
        return new Params(texts, values);
    }

    /** Without what was asked, which may be long and the caller's own. */
    @Override
    public String toString() {
        return "Params[" + texts.keySet() + ", " + values.keySet() + "]";
    }
}
