package dev.holdfast.http;

import dev.holdfast.request.JsonValue;
import dev.holdfast.request.JsonValue.Kind;
import dev.holdfast.request.WellFormed;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a parameter of a route may be: {@code type} in the configuration, a type of JSON Schema. */
public enum ParamType {
    /** Any text. */
    STRING("a string", Kind.STRING),
    /** A number without fraction and exponent, however long. */
    INTEGER("an integer", Kind.NUMBER),
    /** Any JSON number; every digit is kept. */
    NUMBER("a number", Kind.NUMBER),
    /** {@code true} or {@code false}. */
    BOOLEAN("true or false", Kind.BOOLEAN),
    /** A JSON object. */
    OBJECT("an object", Kind.OBJECT),
    /** A JSON array. */
    ARRAY("an array", Kind.ARRAY),
    /** Any JSON; in a query or form what is no JSON is a string. */
    ANY("JSON", null);

    private static final Pattern INTEGRAL = Pattern.compile("-?(0|[1-9][0-9]*)");

    private final String words;
    private final @Nullable Kind kind;

    ParamType(String words, @Nullable Kind kind) {
        this.words = words;
        this.kind = kind;
    }

    /** What a value was found to be. */
    public sealed interface Read {
        /** A string. */
        record Text(String text) implements Read {}

        /** Any other JSON, as {@link JsonValue} has it. */
        record Json(String value) implements Read {}

        /** Not of the type. */
        record Wrong(String why) implements Read {}
    }

    /**
     * Reads a value; null if it could not be read and that was said already.
     *
     * @param typed whether a text is a string and nothing else, as in JSON, and not in a query
     */
    public @Nullable Read read(Field field, boolean typed) {
        return switch (field) {
            case Field.Text(String text) -> typed || this == STRING ? string(text) : ofText(text);
            case Field.Numeral(String literal) -> ofJson(literal);
            case Field.Json(String value) -> ofJson(value);
            case Field.Unreadable() -> null;
        };
    }

    private Read string(String text) {
        return takes(Kind.STRING)
                ? new Read.Text(text)
                : new Read.Wrong("is " + words + ", not a string");
    }

    private boolean takes(Kind found) {
        return kind == null || kind == found;
    }

    private Read ofJson(String value) {
        Kind found = JsonValue.kind(value);
        if (!takes(found)) {
            return new Read.Wrong("is " + words + ", not " + found.words());
        }
        return this == INTEGER && !INTEGRAL.matcher(value).matches()
                ? new Read.Wrong("is an integer, written as 5, not as 5.0 or 5e0")
                : new Read.Json(value);
    }

    private Read ofText(String text) {
        String value = JsonValue.of(text);
        if (value != null && JsonValue.kind(value) != Kind.STRING) {
            return ofJson(value);
        }
        boolean string = this == ANY && WellFormed.firstBroken(text, 0) < 0;
        return string ? new Read.Text(text) : new Read.Wrong("is " + words + example());
    }

    private String example() {
        return switch (this) {
            case INTEGER -> ", such as 5";
            case NUMBER -> ", such as 2.5";
            case OBJECT -> " as JSON, such as {\"a\":1}";
            case ARRAY -> " as JSON, such as [1,2]";
            case STRING, BOOLEAN, ANY -> "";
        };
    }
}
