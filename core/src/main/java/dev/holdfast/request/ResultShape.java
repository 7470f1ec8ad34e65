package dev.holdfast.request;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Map;

/**
 * How a route's result is shown to callers: {@code result: { field, from, values }} in the
 * configuration.
 *
 * @param field name of the result's field
 * @param from where its value comes from
 * @param values for {@link From#STATUS}, the JSON value for each upstream status; null for others
 */
public record ResultShape(String field, From from, Map<Integer, String> values) {
    /** Where the value of a result's field comes from. */
    public enum From {
        /** The answer's body as a JSON string. */
        TEXT,
        /** The answer's body, which is JSON; null if there is none. */
        JSON,
        /** The answer's status, looked up in {@code values}. */
        STATUS,
        /** The answer's bytes as they came: their text where they are a short one, else a link. */
        BYTES
    }

    public ResultShape {
        values = Map.copyOf(values);
    }

    /** Writes {@code "field":value} into the open object. */
    public void writeField(JsonGenerator json, Result result) throws IOException {
        Original original = result.original();
        if (original != null) {
            writeOriginal(json, result.status(), original);
            return;
        }
        json.writeFieldName(field);
        switch (from) {
            case TEXT, BYTES -> WrittenText.write(json, result.body());
            // An answer without a body is a success without a value.
            case JSON -> json.writeRawValue(result.body().isEmpty() ? "null" : result.body());
            case STATUS -> json.writeRawValue(values.getOrDefault(result.status(), "null"));
        }
    }

    /** What is short and text is shown; of all else it is said what it is. */
    private void writeOriginal(JsonGenerator json, int status, Original original)
            throws IOException {
        String text = original.text();
        if (text != null) {
            json.writeStringField(field, WellFormed.of(text));
        }
        json.writeNumberField("upstream_status", status);
        if (original.type() != null) {
            json.writeStringField("content_type", WellFormed.of(original.type()));
        }
        json.writeNumberField("bytes", original.body().size());
    }
}
