package dev.holdfast.http;

import dev.holdfast.request.JsonValue;

/** The value of one field of an ask, before it is known what the field is for. */
public sealed interface Field {
    /** A string, well-formed. */
    record Text(String value) implements Field {}

    /** A JSON number, as it was written. */
    record Numeral(String literal) implements Field {}

    /** Any other JSON, as {@link JsonValue} has it. */
    record Json(String value) implements Field {}

    /** What could not be read, and was reported. */
    record Unreadable() implements Field {}
}
