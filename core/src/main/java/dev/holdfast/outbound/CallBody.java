package dev.holdfast.outbound;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The body of a call to an upstream, with {@code {param}} placeholders. */
public sealed interface CallBody {

    /** No body at all. */
    record None() implements CallBody {}

    /**
     * JSON. A placeholder inside of a JSON string becomes the parameter's text, escaped; one that
     * stands alone becomes the parameter's JSON, a string or whatever else it is (an absent
     * parameter: null).
     *
     * @param template for example {@code {"text":"{message}","count":{count}}}
     */
    record Json(String template) implements CallBody {}

    /**
     * Any other text; what it is, the call's own content-type says.
     *
     * @param template parameters stand in it as they are, or percent-encoded if {@code form}; an
     *     absent one as nothing
     * @param form whether it is {@code application/x-www-form-urlencoded}
     */
    record Text(String template, boolean form) implements CallBody {}

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

    /**
     * The body that a configured text means.
     *
     * @param text the template, or null for none
     * @param contentType the call's content type, or null: then the text is taken for JSON
     */
    static CallBody of(@Nullable String text, @Nullable String contentType) {
        if (text == null) {
            return new None();
        }
        String type = contentType == null ? "json" : contentType.toLowerCase(Locale.ROOT);
        return type.contains("json")
                ? new Json(text)
                : new Text(text, type.contains("x-www-form-urlencoded"));
    }
}
