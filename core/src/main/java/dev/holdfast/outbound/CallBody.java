package dev.holdfast.outbound;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The body of a call to an upstream, with {@code {param}} placeholders. */
public sealed interface CallBody {

    /** No body at all. */
    record None() implements CallBody {}

    /**
     * JSON. A placeholder inside of a JSON string becomes the parameter's text, escaped; one that
     * stands alone becomes a number, true, false or null if the parameter is one, else a string (an
     * absent parameter: null).
     *
     * @param template for example {@code {"text":"{message}","count":{count}}}
     */
    record Json(String template) implements CallBody {}

    /**
     * {@code application/x-www-form-urlencoded}; a field whose parameter is absent is left out.
     *
     * @param fields templates by field name
     */
    record Form(Map<String, String> fields) implements CallBody {
        public Form {
            fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        }
    }
}
