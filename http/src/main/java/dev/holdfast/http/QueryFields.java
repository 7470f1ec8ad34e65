package dev.holdfast.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code application/x-www-form-urlencoded} bytes, of a query or a form, as the URL
 * standard's parser does (url.spec.whatwg.org, section 5.1), but strictly: what is not UTF-8,
 * percent-encoded or as it is, is a mistake, not a question mark.
 */
public final class QueryFields {
    /** Fields that are read at most. */
    static final int MAX_FIELDS = 100;

    private static final String NOT_UTF_8 = "is not UTF-8 or not percent-encoded right";

    private QueryFields() {}

    /**
     * Reads a query; a field that is named twice is a mistake.
     *
     * @param query one char for each byte that was sent, as HTTP's heads are read
     */
    public static Map<String, Field> read(@Nullable String query, Mistakes mistakes) {
        return read(query, "query", mistakes);
    }

    /** Reads a form; a field that is named twice is a mistake. */
    public static Map<String, Field> read(byte[] form, Mistakes mistakes) {
        return read(new String(form, StandardCharsets.ISO_8859_1), "body", mistakes);
    }

    private static Map<String, Field> read(@Nullable String text, String place, Mistakes mistakes) {
        Map<String, Field> fields = new LinkedHashMap<>(8);
        if (text == null || text.isEmpty()) {
            return fields;
        }
        int at = 0;
        int read = 0;
        while (at <= text.length()) {
            int end = text.indexOf('&', at);
            end = end < 0 ? text.length() : end;
            if (end > at) {
                if (++read > MAX_FIELDS) {
                    mistakes.add(place, "send at most " + MAX_FIELDS + " parameters");
                    return fields;
                }
                readPair(text.substring(at, end), place, fields, mistakes);
            }
            at = end + 1;
        }
        return fields;
    }

    private static void readPair(
            String pair, String place, Map<String, Field> fields, Mistakes mistakes) {
        int equals = pair.indexOf('=');
        String name = decode(equals < 0 ? pair : pair.substring(0, equals));
        if (name == null) {
            mistakes.add(place, "a parameter's name " + NOT_UTF_8);
            return;
        }
        String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
        if (value == null) {
            mistakes.add(name, NOT_UTF_8);
            // Known as said, so that it is not reported as missing too.
            fields.putIfAbsent(name, new Field.Unreadable());
        } else if (fields.putIfAbsent(name, new Field.Text(value)) != null) {
            mistakes.add(name, "say it once");
        }
    }

    /**
     * The text behind percent signs and plus signs, or null if it is not UTF-8.
     *
     * @param text one char for each byte that was sent
     */
    public static @Nullable String decode(String text) {
        int length = text.length();
        boolean plain = true;
        for (int i = 0; i < length && plain; i++) {
            char c = text.charAt(i);
            plain = c != '%' && c != '+' && c < 0x80;
        }
        return plain ? text : decodeBytes(text);
    }

    private static @Nullable String decodeBytes(String text) {
        byte[] bytes = new byte[text.length()];
        int written = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                int value = i + 2 < text.length() ? hex(text, i + 1) : -1;
                if (value < 0) {
                    return null;
                }
                bytes[written++] = (byte) value;
                i += 2;
            } else if (c > 0xff) {
                return null;
            } else {
                // A byte that came as it is.
                bytes[written++] = c == '+' ? (byte) ' ' : (byte) c;
            }
        }
        return utf8(bytes, written);
    }

    private static int hex(String text, int at) {
        // HexFormat knows the digits of ASCII alone, Character those of all scripts.
        return HexFormat.isHexDigit(text.charAt(at)) && HexFormat.isHexDigit(text.charAt(at + 1))
                ? HexFormat.fromHexDigits(text, at, at + 2)
                : -1;
    }

    /** The first {@code length} bytes as text, or null if they are not UTF-8. */
    static @Nullable String utf8(byte[] bytes, int length) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes, 0, length))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
