package dev.holdfast.webhook;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Reads the headers that a caller wants on its webhooks, as the store keeps them. */
final class CallerHeaders {
    private static final JsonFactory JSON = new JsonFactory();

    private CallerHeaders() {}

    /**
     * The headers, names in lower case.
     *
     * @param json an object of strings; whatever else is in it is left out
     * @throws IllegalArgumentException if it is not JSON
     */
    static Map<String, String> parse(String json) {
        Map<String, String> headers = new LinkedHashMap<>();
        if (json.length() <= 2) {
            return headers;
        }
        try (JsonParser parser = JSON.createParser(json)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName().toLowerCase(Locale.ROOT);
                if (parser.nextToken() == JsonToken.VALUE_STRING) {
                    headers.put(name, parser.getText());
                } else {
                    parser.skipChildren();
                }
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("the webhook's own headers cannot be read", e);
        }
        return headers;
    }
}
