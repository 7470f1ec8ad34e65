package dev.holdfast.request;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a JSON text has at several places, all of them found while it is read once. Has a buffer of
 * it in memory, and the strings at those places. Pure, but for what it reads from.
 */
public final class JsonLooks {
    private final Map<JsonPointer, JsonLook> found = new HashMap<>();
    private boolean anything;

    private JsonLooks() {}

    /** A place, and what is left of the way there. */
    private record Sought(JsonPointer place, JsonPointer rest) {}

    /**
     * What was found.
     *
     * @param found what each place that was asked for has
     * @param isOneValue whether the text was read to its end and is one value
     */
    public record Seen(Map<JsonPointer, JsonLook> found, boolean isOneValue) {
        /** Of a text that was not looked into. */
        public static final Seen NOTHING = new Seen(Map.of(), false);

        public Seen {
            found = Map.copyOf(found);
        }

        /** What stands at a place; of one that was not asked for nothing tells. */
        public JsonLook at(JsonPointer place) {
            return found.getOrDefault(place, new JsonLook.Unknown());
        }
    }

    /**
     * Reads a text, which may be cut off anywhere, as far as it is JSON; does not close it.
     *
     * @throws IOException if it cannot be read; not for what is no JSON
     */
    public static Seen read(Reader text, Collection<JsonPointer> places) throws IOException {
        JsonLooks looks = new JsonLooks();
        int values = looks.values(text, places);
        for (JsonPointer place : places) {
            looks.found.putIfAbsent(
                    place,
                    values >= 0 && looks.anything ? new JsonLook.Absent() : new JsonLook.Unknown());
        }
        return new Seen(looks.found, values == 1);
    }

    /** How many values one after the other the text is; less than 0 if it is no JSON. */
    private int values(Reader text, Collection<JsonPointer> places) throws IOException {
        List<Sought> all = places.stream().map(place -> new Sought(place, place)).toList();
        int values = 0;
        try (JsonParser json = JsonLook.JSON.createParser(text)) {
            for (JsonToken next; (next = json.nextToken()) != null; values++) {
                anything = true;
                value(json, next, all);
                if (json.currentToken() == JsonToken.VALUE_STRING) {
                    // Strings are read lazily: an unfinished one shows only when it is asked for.
                    json.getTextLength();
                }
            }
            return values;
        } catch (JacksonException notJson) {
            return -1;
        }
    }

    private void value(JsonParser json, @Nullable JsonToken token, List<Sought> here)
            throws IOException {
        if (token == null) {
            return;
        }
        List<Sought> below = new ArrayList<>();
        for (Sought one : here) {
            if (one.rest().matches()) {
                found.putIfAbsent(one.place(), JsonLook.of(json, token));
            } else {
                below.add(one);
            }
        }
        if (!token.isStructStart()) {
            return;
        }
        if (below.isEmpty()) {
            json.skipChildren();
            return;
        }
        children(json, token == JsonToken.START_ARRAY, below);
    }

    private void children(JsonParser json, boolean array, List<Sought> sought) throws IOException {
        JsonToken next = json.nextToken();
        for (int index = 0; next != null && !next.isStructEnd(); index++) {
            String name = "";
            if (!array) {
                name = json.currentName();
                next = json.nextToken();
            }
            List<Sought> in = new ArrayList<>();
            for (Sought one : sought) {
                JsonPointer rest =
                        array ? one.rest().matchElement(index) : one.rest().matchProperty(name);
                if (rest != null) {
                    in.add(new Sought(one.place(), rest));
                }
            }
            value(json, next, in);
            next = json.nextToken();
        }
    }
}
