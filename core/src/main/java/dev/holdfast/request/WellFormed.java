package dev.holdfast.request;

/**
 * Text that has a form in UTF-8: every surrogate with its other half (The Unicode Standard, D84).
 */
public final class WellFormed {
    private static final char REPLACEMENT = '\uFFFD';

    private WellFormed() {}

    /** The text with a replacement character for each half of a pair that stands alone. */
    public static String of(String text) {
        int broken = firstBroken(text, 0);
        if (broken < 0) {
            return text;
        }
        StringBuilder whole = new StringBuilder(text);
        while (broken >= 0) {
            whole.setCharAt(broken, REPLACEMENT);
            broken = firstBroken(text, broken + 1);
        }
        return whole.toString();
    }

    /** Where the first half that stands alone is, or -1. */
    public static int firstBroken(CharSequence text, int from) {
        for (int i = from; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (!isPair(text, i)) {
                    return i;
                }
                i++;
            }
        }
        return -1;
    }

    /** Whether a surrogate and its other half begin here. */
    public static boolean isPair(CharSequence text, int at) {
        return Character.isHighSurrogate(text.charAt(at))
                && at + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(at + 1));
    }
}
