package dev.holdfast.outbound;

import org.jspecify.annotations.Nullable;

/** What may be the value of a header that we send (RFC 9110, section 5.5, without obs-text). */
public final class HeaderText {
    private HeaderText() {}

    /** Why a value cannot be sent, without any of it, or null if it can. */
    public static @Nullable String wrong(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\n' || c == '\r') {
                return "character " + (i + 1) + " is a line break";
            }
            if ((c < ' ' && c != '\t') || c == 0x7f) {
                return "character " + (i + 1) + " is a control character";
            }
            if (c > 0x7f) {
                return "character "
                        + (i + 1)
                        + " is not ASCII (a typographic quote or dash, perhaps)";
            }
        }
        return null;
    }
}
