package dev.holdfast.request;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.filter.FilteringParserDelegate;
import com.fasterxml.jackson.core.filter.JsonPointerBasedFilter;
import com.fasterxml.jackson.core.filter.TokenFilter.Inclusion;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One value of a JSON text, which need not be whole behind it. */
final class JsonLook {
    private static final JsonFactory JSON = new JsonFactory();

    private JsonLook() {}

    /**
     * The string, or the letters of the number, true or false, at {@code place}; an empty text for
     * an object or array; null if there is nothing, null, or no JSON up to there.
     */
    static @Nullable String at(String text, JsonPointer place) {
        try (JsonParser json =
                new FilteringParserDelegate(
                        JSON.createParser(text),
                        new JsonPointerBasedFilter(place),
                        Inclusion.ONLY_INCLUDE_ALL,
                        false)) {
            JsonToken found = json.nextToken();
            if (found == null || found == JsonToken.VALUE_NULL) {
                return null;
            }
            return found.isScalarValue() ? json.getText() : "";
        } catch (IOException notJson) {
            return null;
        }
    }
}
