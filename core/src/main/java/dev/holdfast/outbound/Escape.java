package dev.holdfast.outbound;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Percent-encoding (RFC 3986) and what else keeps a parameter in the place it was put in. */
final class Escape {
    private static final String UNRESERVED =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    private Escape() {}

    /** Every byte of the UTF-8 form but RFC 3986's unreserved ones as {@code %XX}. */
    static String percent(String text) {
        ByteBuffer bytes = utf8(text);
        StringBuilder escaped = new StringBuilder(bytes.remaining() + 16);
        while (bytes.hasRemaining()) {
            int octet = bytes.get() & 0xff;
            if (octet < 0x80 && UNRESERVED.indexOf(octet) >= 0) {
                escaped.append((char) octet);
            } else {
                escaped.append('%').append(HEX[octet >> 4]).append(HEX[octet & 15]);
            }
        }
        return escaped.toString();
    }

    /** One path segment; {@code .} and {@code ..} would name another path however written. */
    static String pathSegment(String text) {
        if (text.isEmpty() || text.equals(".") || text.equals("..")) {
            throw new UnsendableException("a parameter in the path may not be empty, . or ..");
        }
        return percent(text);
    }

    /** A header's value: visible ASCII, blanks between. */
    static String headerValue(String text) {
        boolean plain = text.chars().allMatch(c -> (c >= ' ' && c < 0x7f) || c == '\t');
        if (!plain) {
            throw new UnsendableException("a parameter in a header may hold only visible ASCII");
        }
        return text.strip();
    }

    /** The text itself, if it is valid Unicode. */
    static String unicode(String text) {
        utf8(text);
        return text;
    }

    /** The UTF-8 form; half a surrogate pair is refused, since replaced it is another text. */
    static ByteBuffer utf8(String text) {
        try {
            return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException e) {
            throw new UnsendableException("a parameter is not valid Unicode");
        }
    }
}
