package dev.holdfast.http;

import java.util.Map;

/** The value of one field of an ask, before it is known what the field is for. */
public sealed interface Field {
    /** A string, well-formed. */
    record Text(String value) implements Field {}

    /** A JSON number, as it was written. */
    record Numeral(String literal) implements Field {}

    /** A JSON object of strings. */
    record Table(Map<String, String> entries) implements Field {}

    /** Any other JSON. */
    record Other(String kind) implements Field {}
}
