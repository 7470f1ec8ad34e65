package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import dev.holdfast.http.ParamType;

/**
 * A parameter that callers of a route give.
 *
 * @param required whether an ask without it is refused
 * @param maxBytes longest value, in bytes of UTF-8
 * @param type what it may be
 */
public record ParamSettings(boolean required, int maxBytes, ParamType type) {
    private static final int LONGEST = 1 << 20;

    static ParamSettings read(Section s) {
        return new ParamSettings(
                s.field("required", "whether an ask without it is refused").orElse("true").flag(),
                (int)
                        s.field(
                                        "max-bytes",
                                        "longest value in bytes of UTF-8; of what is no string, of"
                                                + " its JSON")
                                .orElse("4096")
                                .bytes(1, LONGEST),
                s.field(
                                "type",
                                "what it may be; in a query or form its text is read as that, and"
                                        + " `any` is a string where it is not JSON")
                        .orElse("string")
                        .choice(ParamType.class, ParamType.STRING));
    }
}
