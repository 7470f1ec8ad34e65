package dev.holdfast.request;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.UTF8JsonGenerator;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Text of an upstream as a JSON string (RFC 8259, section 7). Long text is mostly plain, and looked
 * at eight bytes at a time: character by character, 1 MiB takes an event loop milliseconds.
 */
final class WrittenText {
    /** Shorter text is written character by character, in chars. */
    static final int LONG_CHARS = 4 << 10;

    private static final VarHandle EIGHT =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    private WrittenText() {}

    /** Writes it with a replacement character for each half of a surrogate pair that is alone. */
    static void write(JsonGenerator json, String text) throws IOException {
        if (text.length() >= LONG_CHARS && json instanceof UTF8JsonGenerator) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            if (bytes.length == text.length() && isPlain(bytes, text)) {
                json.writeRawUTF8String(bytes, 0, bytes.length);
                return;
            }
        }
        json.writeString(WellFormed.of(text));
    }

    /**
     * Whether nothing is to be escaped or replaced.
     *
     * @param bytes of the text, as many as it has chars, so one for each
     */
    private static boolean isPlain(byte[] bytes, String text) {
        int i = 0;
        for (; i + Long.BYTES <= bytes.length; i += Long.BYTES) {
            long eight = (long) EIGHT.get(bytes, i);
            boolean special =
                    (below(eight, ' ') | has(eight, '"') | has(eight, '\\') | has(eight, '?')) != 0;
            if (special && !arePlain(bytes, text, i, i + Long.BYTES)) {
                return false;
            }
        }
        return arePlain(bytes, text, i, bytes.length);
    }

    private static boolean arePlain(byte[] bytes, String text, int from, int to) {
        for (int i = from; i < to; i++) {
            byte b = bytes[i];
            // Half of a pair that stands alone has become a question mark.
            if (b < ' ' || b == '"' || b == '\\' || (b == '?' && text.charAt(i) != '?')) {
                return false;
            }
        }
        return true;
    }

    /** Not 0 if one of eight bytes, all below 128, is below {@code limit}. */
    private static long below(long eight, int limit) {
        return (eight - ONES * limit) & ~eight & HIGHS;
    }

    /** Not 0 if one of eight bytes, all below 128, is this one. */
    private static long has(long eight, int wanted) {
        return below(eight ^ (ONES * wanted), 1);
    }
}
