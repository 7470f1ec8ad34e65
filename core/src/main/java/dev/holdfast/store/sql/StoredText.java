package dev.holdfast.store.sql;

import dev.holdfast.request.WellFormed;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The form in which a database keeps a text, so that each store keeps every one of Java's strings
 * as it is: PostgreSQL has no U+0000, and half of a surrogate pair has no form in UTF-8. Those, and
 * the mark itself, are a mark and four hexadecimal digits; all other text is kept as it is, so that
 * equal texts have equal forms.
 */
public final class StoredText {
    /** SUBSTITUTE, which hardly any text holds. */
    private static final char MARK = '\u001A';

    private static final int DIGITS = 4;
    private static final int HEX = 16;

    private StoredText() {}

    /** What is kept for a text; in time that its length decides, whatever it holds. */
    public static String encode(String text) {
        StringBuilder kept = null;
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (WellFormed.isPair(text, i)) {
                i++;
            } else if (c == 0 || c == MARK || Character.isSurrogate(c)) {
                kept = kept == null ? new StringBuilder(text.length() + HEX) : kept;
                kept.append(text, from, i).append(MARK);
                for (int shift = Character.SIZE - DIGITS; shift >= 0; shift -= DIGITS) {
                    kept.append(Character.forDigit((c >> shift) & (HEX - 1), HEX));
                }
                from = i + 1;
            }
        }
        return kept == null ? text : kept.append(text, from, text.length()).toString();
    }

    /**
     * The text that was kept, or null where none was. A mark without its digits, which nobody wrote
     * here, stands for itself: what is odd in one row stops nobody from reading it.
     */
    static @Nullable String decode(@Nullable String kept) {
        int at = kept == null ? -1 : kept.indexOf(MARK);
        if (kept == null || at < 0) {
            return kept;
        }
        StringBuilder text = new StringBuilder(kept.length());
        int from = 0;
        while (at >= 0) {
            int end = at + 1 + DIGITS;
            text.append(kept, from, at);
            if (isHex(kept, at + 1, end)) {
                text.append((char) Integer.parseInt(kept, at + 1, end, HEX));
                from = end;
            } else {
                text.append(MARK);
                from = at + 1;
            }
            at = kept.indexOf(MARK, from);
        }
        return text.append(kept, from, kept.length()).toString();
    }

    /** The text that was kept, where there is one. */
    public static String text(String kept) {
        return Objects.requireNonNull(decode(kept));
    }

    private static boolean isHex(String kept, int from, int to) {
        return to <= kept.length()
                && kept.substring(from, to).chars().allMatch(c -> Character.digit(c, HEX) >= 0);
    }
}
