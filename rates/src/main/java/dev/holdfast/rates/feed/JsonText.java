package dev.holdfast.rates.feed;

/**
 * JSON (RFC 8259) as text that is walked over, not taken apart: each method takes where something
 * begins and returns where it ends, or {@link #WRONG} when it is not JSON. Nothing is copied, so a
 * frame costs a fraction of what a general parser takes; a test holds it against Jackson's on
 * hundreds of thousands of frames.
 */
final class JsonText {
    /** Returned in place of an end. */
    static final int WRONG = -1;

    /** Deepest nesting of arrays and objects. */
    static final int MAX_DEPTH = 100;

    private JsonText() {}

    /** Behind the white space, if there is any. */
    static int space(char[] text, int at) {
        int end = at;
        while (end < text.length && isSpace(text[end])) {
            end++;
        }
        return end;
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }

    static boolean is(char[] text, int at, char c) {
        return at >= 0 && at < text.length && text[at] == c;
    }

    /** Behind the value of any kind that begins here. */
    static int value(char[] text, int at, int depth) {
        if (at >= text.length) {
            return WRONG;
        }
        return switch (text[at]) {
            case '"' -> string(text, at);
            case '{' -> depth > 0 ? members(text, at + 1, depth - 1) : WRONG;
            case '[' -> depth > 0 ? elements(text, at + 1, depth - 1) : WRONG;
            case 't' -> word(text, at, "true");
            case 'f' -> word(text, at, "false");
            case 'n' -> word(text, at, "null");
            default -> number(text, at);
        };
    }

    private static int word(char[] text, int at, String word) {
        for (int i = 0; i < word.length(); i++) {
            if (!is(text, at + i, word.charAt(i))) {
                return WRONG;
            }
        }
        return at + word.length();
    }

    private static int members(char[] text, int at, int depth) {
        int next = space(text, at);
        if (is(text, next, '}')) {
            return next + 1;
        }
        while (next >= 0) {
            int value = valueOf(text, string(text, next));
            int end = value < 0 ? WRONG : value(text, value, depth);
            next = end < 0 ? WRONG : space(text, end);
            if (is(text, next, '}')) {
                return next + 1;
            }
            next = is(text, next, ',') ? space(text, next + 1) : WRONG;
        }
        return WRONG;
    }

    /** Where the value of a member begins whose name ends here: behind the colon. */
    static int valueOf(char[] text, int nameEnd) {
        int colon = nameEnd < 0 ? WRONG : space(text, nameEnd);
        return is(text, colon, ':') ? space(text, colon + 1) : WRONG;
    }

    private static int elements(char[] text, int at, int depth) {
        int next = space(text, at);
        if (is(text, next, ']')) {
            return next + 1;
        }
        while (next >= 0) {
            int end = value(text, next, depth);
            next = end < 0 ? WRONG : space(text, end);
            if (is(text, next, ']')) {
                return next + 1;
            }
            next = is(text, next, ',') ? space(text, next + 1) : WRONG;
        }
        return WRONG;
    }

    /** Behind the string, its closing quote included. */
    static int string(char[] text, int at) {
        if (!is(text, at, '"')) {
            return WRONG;
        }
        int end = at + 1;
        while (end < text.length) {
            char c = text[end];
            if (c == '"') {
                return end + 1;
            }
            if (c == '\\') {
                end = escape(text, end + 1);
                if (end < 0) {
                    return WRONG;
                }
            } else if (c < ' ') {
                return WRONG;
            } else {
                end++;
            }
        }
        return WRONG;
    }

    private static int escape(char[] text, int at) {
        if (at >= text.length) {
            return WRONG;
        }
        char c = text[at];
        if (c != 'u') {
            return "\"\\/bfnrt".indexOf(c) >= 0 ? at + 1 : WRONG;
        }
        int end = at + 5;
        if (end > text.length) {
            return WRONG;
        }
        for (int i = at + 1; i < end; i++) {
            if (hex(text[i]) < 0) {
                return WRONG;
            }
        }
        return end;
    }

    private static int hex(char c) {
        return c < 128 ? Character.digit(c, 16) : -1;
    }

    /** Behind the number. */
    static int number(char[] text, int at) {
        int digit = is(text, at, '-') ? at + 1 : at;
        int end = is(text, digit, '0') ? digit + 1 : digits(text, digit);
        if (is(text, end, '.')) {
            end = digits(text, end + 1);
        }
        if (is(text, end, 'e') || is(text, end, 'E')) {
            int exponent = end + 1;
            boolean signed = is(text, exponent, '+') || is(text, exponent, '-');
            end = digits(text, signed ? exponent + 1 : exponent);
        }
        return end;
    }

    private static int digits(char[] text, int at) {
        int end = at;
        while (end < text.length && text[end] >= '0' && text[end] <= '9') {
            end++;
        }
        return end > at ? end : WRONG;
    }

    /** What a string says that is known to be right; {@code from} and {@code to} with quotes. */
    static String unquoted(String text, int from, int to) {
        if (text.indexOf('\\', from + 1, to) < 0) {
            return text.substring(from + 1, to - 1);
        }
        StringBuilder plain = new StringBuilder(to - from);
        int at = from + 1;
        while (at < to - 1) {
            char c = text.charAt(at++);
            if (c != '\\') {
                plain.append(c);
                continue;
            }
            char kind = text.charAt(at++);
            if (kind == 'u') {
                plain.append((char) Integer.parseInt(text, at, at + 4, 16));
                at += 4;
            } else {
                plain.append(named(kind));
            }
        }
        return plain.toString();
    }

    private static char named(char kind) {
        return switch (kind) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> kind;
        };
    }
}
