package dev.holdfast.request;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.filter.FilteringParserDelegate;
import com.fasterxml.jackson.core.filter.JsonPointerBasedFilter;
import com.fasterxml.jackson.core.filter.TokenFilter.Inclusion;
import java.io.IOException;

/** What a JSON text, which may be cut off anywhere, has at one place. */
public sealed interface JsonLook {
    /** Leaves what it reads from open. */
    JsonFactory JSON = JsonFactory.builder().disable(StreamReadFeature.AUTO_CLOSE_SOURCE).build();

    /**
     * Something other than null stands there.
     *
     * @param text the string, or the letters of the number, true or false; empty for an object or
     *     array
     */
    record Found(String text) implements JsonLook {}

    /** Null stands there, or the text was read to its end and has nothing there. */
    record Absent() implements JsonLook {}

    /** Nothing tells: the text is empty, cut off before that place or no JSON. */
    record Unknown() implements JsonLook {}

    /** What stands at {@code place}. */
    static JsonLook at(String text, JsonPointer place) {
        try (JsonParser json =
                new FilteringParserDelegate(
                        JSON.createParser(text),
                        new JsonPointerBasedFilter(place),
                        Inclusion.ONLY_INCLUDE_ALL,
                        false)) {
            JsonToken found = json.nextToken();
            if (found == null) {
                return text.isBlank() ? new Unknown() : new Absent();
            }
            return of(json, found);
        } catch (IOException notJson) {
            return new Unknown();
        }
    }

    /** What the value is that a reader stands at. */
    static JsonLook of(JsonParser json, JsonToken value) throws IOException {
        if (value == JsonToken.VALUE_NULL) {
            return new Absent();
        }
        return new Found(value.isScalarValue() ? json.getText() : "");
    }
}
