package dev.holdfast.request;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One JSON value as text (RFC 8259), without blanks between its tokens; its numbers keep every
 * digit, its objects their order. Safe for many threads.
 */
public final class JsonValue {
    private static final JsonFactory JSON = new JsonFactory();

    private JsonValue() {}

    /** What a value is. */
    public enum Kind {
        STRING("a string"),
        NUMBER("a number"),
        BOOLEAN("true or false"),
        NULL("null"),
        OBJECT("an object"),
        ARRAY("an array");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        /** With its article. */
        public String words() {
            return words;
        }
    }

    /** The value that {@code text} is, or null if it is not exactly one. */
    public static @Nullable String of(String text) {
        try (JsonParser json = JSON.createParser(text)) {
            if (json.nextToken() == null) {
                return null;
            }
            String value = copy(json);
            return json.nextToken() == null ? value : null;
        } catch (IOException e) {
            return null;
        }
    }

    /** A string as JSON. */
    public static String quoted(String text) {
        var out = new StringWriter(text.length() + 16);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeString(text);
        } catch (IOException e) {
            throw new IllegalStateException("every string is JSON", e);
        }
        return out.toString();
    }

    /** What a value is, by how it begins. */
    public static Kind kind(String value) {
        return switch (value.charAt(0)) {
            case '"' -> Kind.STRING;
            case '{' -> Kind.OBJECT;
            case '[' -> Kind.ARRAY;
            case 't', 'f' -> Kind.BOOLEAN;
            case 'n' -> Kind.NULL;
            default -> Kind.NUMBER;
        };
    }

    /**
     * Copies the value that {@code from} has begun; it stands at its end then.
     *
     * @throws JsonProcessingException if it is not JSON, an object in it has two fields of one
     *     name, or a string is not Unicode
     */
    public static String copy(JsonParser from) throws IOException {
        var out = new StringWriter();
        Deque<Set<String>> names = new ArrayDeque<>();
        try (JsonGenerator to = JSON.createGenerator(out)) {
            int depth = 0;
            JsonToken token = from.currentToken();
            do {
                switch (token) {
                    case START_OBJECT -> names.push(new HashSet<>());
                    case END_OBJECT -> names.pop();
                    case FIELD_NAME -> once(from, names);
                    case VALUE_STRING -> unbroken(from, from.getText());
                    default -> {
                        // copied as it is
                    }
                }
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                write(from, token, to);
            } while (depth > 0 && (token = from.nextToken()) != null);
        }
        return out.toString();
    }

    private static void write(JsonParser from, JsonToken token, JsonGenerator to)
            throws IOException {
        if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
            to.writeNumber(from.getText());
        } else {
            to.copyCurrentEvent(from);
        }
    }

    private static void once(JsonParser from, Deque<Set<String>> names) throws IOException {
        String name = from.currentName();
        unbroken(from, name);
        Set<String> seen = names.peek();
        if (seen == null || !seen.add(name)) {
            throw new TwiceException(from);
        }
    }

    private static void unbroken(JsonParser from, String text) throws IOException {
        if (WellFormed.firstBroken(text, 0) >= 0) {
            throw new BrokenException(from);
        }
    }

    /** An object has two fields of one name, which readers take for different things. */
    public static final class TwiceException extends JsonProcessingException {
        TwiceException(JsonParser at) {
            super("a name is there twice", at.currentLocation());
        }
    }

    /** A string holds half of a surrogate pair. */
    public static final class BrokenException extends JsonProcessingException {
        BrokenException(JsonParser at) {
            super("half of a surrogate pair", at.currentLocation());
        }
    }
}
