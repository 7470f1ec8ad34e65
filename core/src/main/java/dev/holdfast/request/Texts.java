package dev.holdfast.request;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;

/** Named texts as the store keeps them: a JSON object of strings. Safe for many threads. */
public final class Texts {
    private static final JsonFactory JSON = new JsonFactory();

    private Texts() {}

    /** The object, with its fields in the map's order. */
    public static String write(Map<String, String> texts) {
        var out = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            for (Map.Entry<String, String> text : texts.entrySet()) {
                json.writeStringField(text.getKey(), text.getValue());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("a map of strings is always JSON", e);
        }
        return out.toString();
    }

    /**
     * The texts of an object, in its order.
     *
     * @throws IllegalArgumentException if it is not what {@link #write} gives
     */
    public static Map<String, String> read(String object) {
        Map<String, String> texts = new LinkedHashMap<>();
        try (JsonParser json = JSON.createParser(object)) {
            JsonToken at = json.nextToken();
            while (at != null && json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                at = json.nextToken();
                if (at != JsonToken.VALUE_STRING) {
                    break;
                }
                texts.put(name, json.getText());
            }
            if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
                throw new IllegalArgumentException("not an object of strings");
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("not JSON", e);
        }
        return texts;
    }
}
