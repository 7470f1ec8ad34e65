package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;

/**
 * A parameter that callers of a route give.
 *
 * @param required whether an ask without it is refused
 * @param maxBytes longest value, in bytes of UTF-8
 */
public record ParamSettings(boolean required, int maxBytes) {
    private static final int LONGEST = 1 << 20;

    static ParamSettings read(Section s) {
        return new ParamSettings(
                s.field("required", "whether an ask without it is refused").orElse("true").flag(),
                (int)
                        s.field("max-bytes", "longest value in bytes of UTF-8")
                                .orElse("4096")
                                .bytes(1, LONGEST));
    }
}
