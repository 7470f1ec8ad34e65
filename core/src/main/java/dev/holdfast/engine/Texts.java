package dev.holdfast.engine;

import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Named texts as the store keeps them: a JSON object of strings (RFC 8259), without blanks. By
 * hand, since every ask and every call needs it and the JSON library's parser prepares big decimals
 * first: 0.1 s in which a gateway that has just started makes no call.
 */
final class Texts {
    private static final HexFormat HEX = HexFormat.of().withUpperCase();
    private static final String ESCAPED = "\"\\/bfnrt";
    private static final String MEANT = "\"\\/\b\f\n\r\t";

    private Texts() {}

    /** The object, with its fields in the map's order. */
    static String write(Map<String, String> texts) {
        var out = new StringBuilder().append('{');
        for (Map.Entry<String, String> text : texts.entrySet()) {
            if (out.length() > 1) {
                out.append(',');
            }
            write(text.getKey(), out);
            out.append(':');
            write(text.getValue(), out);
        }
        return out.append('}').toString();
    }

    /**
     * The texts of an object, in its order.
     *
     * @throws IllegalArgumentException if it is not what {@link #write} gives
     */
    static Map<String, String> read(String object) {
        Map<String, String> texts = new LinkedHashMap<>();
        var in = new Reader(object);
        in.take('{');
        if (!in.takes('}')) {
            do {
                String name = in.string();
                in.take(':');
                texts.put(name, in.string());
            } while (in.takes(','));
            in.take('}');
        }
        in.end();
        return texts;
    }

    private static void write(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= ' ' && c != '"' && c != '\\') {
                out.append(c);
            } else {
                escape(c, out.append('\\'));
            }
        }
        out.append('"');
    }

    private static void escape(char c, StringBuilder out) {
        int at = MEANT.indexOf(c);
        if (at >= 0) {
            out.append(ESCAPED.charAt(at));
        } else {
            out.append('u').append(HEX.toHexDigits(c));
        }
    }

    /** Goes through an object's characters. */
    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        boolean takes(char wanted) {
            if (at < text.length() && text.charAt(at) == wanted) {
                at++;
                return true;
            }
            return false;
        }

        void take(char wanted) {
            if (!takes(wanted)) {
                throw wrong();
            }
        }

        void end() {
            if (at < text.length()) {
                throw wrong();
            }
        }

        String string() {
            take('"');
            var out = new StringBuilder();
            while (!takes('"')) {
                char c = next();
                if (c < ' ') {
                    throw wrong();
                }
                out.append(c == '\\' ? escaped() : c);
            }
            return out.toString();
        }

        private char escaped() {
            char c = next();
            if (c == 'u' && at + 4 <= text.length()) {
                at += 4;
                return (char) HexFormat.fromHexDigits(text, at - 4, at);
            }
            int which = ESCAPED.indexOf(c);
            if (which < 0) {
                throw wrong();
            }
            return MEANT.charAt(which);
        }

        private char next() {
            if (at == text.length()) {
                throw wrong();
            }
            return text.charAt(at++);
        }

        private IllegalArgumentException wrong() {
            return new IllegalArgumentException("not an object of strings, at character " + at);
        }
    }
}
