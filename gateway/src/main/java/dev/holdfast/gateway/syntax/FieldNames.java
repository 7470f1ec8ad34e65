package dev.holdfast.gateway.syntax;

import io.netty.util.AsciiString;
import java.util.List;

/** Names of headers, of which the usual ones are made once. Safe for use by many threads. */
final class FieldNames {
    private static final List<String> USUAL =
            List.of(
                    "Host",
                    "host",
                    "Accept",
                    "accept",
                    "Connection",
                    "connection",
                    "User-Agent",
                    "user-agent",
                    "Content-Type",
                    "content-type",
                    "Authorization",
                    "authorization",
                    "Content-Length",
                    "content-length");
    private static final int LONGEST = 14;
    private static final AsciiString[][] BY_LENGTH = byLength();

    private FieldNames() {}

    private static AsciiString[][] byLength() {
        AsciiString[][] names = new AsciiString[LONGEST + 1][];
        for (int length = 0; length <= LONGEST; length++) {
            int wanted = length;
            names[length] =
                    USUAL.stream()
                            .filter(name -> name.length() == wanted)
                            .map(AsciiString::cached)
                            .toArray(AsciiString[]::new);
        }
        return names;
    }

    /**
     * The name in these bytes, letter by letter: Vert.x looks at some of them only, and takes
     * {@code Content-Xength} for {@code Content-Length}.
     */
    static AsciiString of(byte[] bytes, int start, int length) {
        if (length <= LONGEST) {
            for (AsciiString usual : BY_LENGTH[length]) {
                if (isSame(usual, bytes, start)) {
                    return usual;
                }
            }
        }
        return new AsciiString(bytes, start, length, true);
    }

    private static boolean isSame(AsciiString usual, byte[] bytes, int start) {
        for (int i = 0; i < usual.length(); i++) {
            if (usual.byteAt(i) != bytes[start + i]) {
                return false;
            }
        }
        return true;
    }
}
