package dev.holdfast.outbound;

import dev.holdfast.request.Outcome.Unusable.Kind;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.brotli.dec.BrotliInputStream;

/**
 * Takes content codings off (RFC 9110, section 8.4): gzip, deflate and br, whether they were asked
 * for or not. What comes out is bounded, however small what went in.
 */
final class Codings {
    /** Most codings on one body; nobody needs two. */
    static final int MAX_CODINGS = 3;

    private static final int CHUNK_BYTES = 8 << 10;
    private static final int MAX_SHOWN_CHARS = 40;
    private static final int ZLIB_METHOD = 8;
    private static final int ZLIB_CHECK = 31;

    private Codings() {}

    /**
     * The body without its codings.
     *
     * @param codings in the order they were applied, in lower case
     * @param maxBytes most that may come out
     * @throws UnreadableException if that is not enough, a coding is not known or its bytes are
     *     broken
     */
    static byte[] decoded(byte[] body, List<String> codings, int maxBytes)
            throws UnreadableException {
        try {
            return whole(decoding(new ByteArrayInputStream(body), codings), maxBytes);
        } catch (IOException | RuntimeException broken) {
            throw broken(codings);
        }
    }

    /**
     * The body without its codings, as a stream; what it throws but the first, {@link #broken}
     * says.
     *
     * @throws UnreadableException if a coding is not known
     */
    static InputStream decoding(InputStream body, List<String> codings)
            throws UnreadableException, IOException {
        InputStream plain = body;
        for (String coding : known(codings)) {
            plain = opened(plain, coding);
        }
        return plain;
    }

    /** Why bytes are unreadable that could not be decoded. */
    static UnreadableException broken(List<String> codings) {
        return new UnreadableException(
                Kind.UNREADABLE,
                "its bytes are not " + String.join(", ", coded(codings)) + ", as it says");
    }

    /** As much of the body as can be had: for words that are only shown. */
    static byte[] start(byte[] body, List<String> codings, int maxBytes) {
        byte[] plain = body;
        try {
            for (String coding : known(codings)) {
                var out = new ByteArrayOutputStream();
                try (InputStream in = opened(new ByteArrayInputStream(plain), coding)) {
                    copy(in, out, maxBytes);
                } catch (IOException | RuntimeException cutOff) {
                    // What came before is still of use.
                }
                plain = out.toByteArray();
            }
        } catch (UnreadableException unknown) {
            return new byte[0];
        }
        return plain;
    }

    /** Those that change anything. */
    static List<String> coded(List<String> codings) {
        return codings.stream().filter(one -> !one.equals("identity")).toList();
    }

    /** The codings to take off, the last one first. */
    private static List<String> known(List<String> codings) throws UnreadableException {
        List<String> coded = coded(codings);
        if (coded.size() > MAX_CODINGS) {
            throw new UnreadableException(
                    Kind.UNREADABLE, "it has more than " + MAX_CODINGS + " content codings");
        }
        for (String coding : coded) {
            if (!List.of("gzip", "x-gzip", "deflate", "br").contains(coding)) {
                throw new UnreadableException(
                        Kind.UNREADABLE, "its content coding '" + shown(coding) + "' is not known");
            }
        }
        return coded.reversed();
    }

    private static InputStream opened(InputStream from, String coding) throws IOException {
        var in = new BufferedInputStream(from, CHUNK_BYTES);
        in.mark(2);
        int first = in.read();
        int second = in.read();
        in.reset();
        if (first < 0) {
            return in;
        }
        return switch (coding) {
            case "br" -> new BrotliInputStream(in);
            case "deflate" -> new InflaterInputStream(in, new Inflater(!isZlib(first, second)));
            default -> new GZIPInputStream(in);
        };
    }

    /**
     * Some send what deflate means in RFC 9110, some the bare stream: two bytes tell them apart.
     */
    private static boolean isZlib(int first, int second) {
        return second >= 0
                && (first & 0xf) == ZLIB_METHOD
                && ((first << 8) | second) % ZLIB_CHECK == 0;
    }

    private static byte[] whole(InputStream in, int maxBytes)
            throws IOException, UnreadableException {
        var out = new ByteArrayOutputStream();
        try (in) {
            if (!copy(in, out, maxBytes)) {
                throw tooLarge(maxBytes);
            }
        }
        return out.toByteArray();
    }

    /** False if there is more than may come out. */
    private static boolean copy(InputStream in, ByteArrayOutputStream out, int maxBytes)
            throws IOException {
        byte[] chunk = new byte[CHUNK_BYTES];
        for (int read; (read = in.read(chunk)) >= 0; ) {
            if (read == 0) {
                throw new EOFException("no progress");
            }
            int room = maxBytes - out.size();
            out.write(chunk, 0, Math.min(read, room));
            if (read > room) {
                return false;
            }
        }
        return true;
    }

    static UnreadableException tooLarge(int maxBytes) {
        return new UnreadableException(Kind.TOO_LARGE, "it is over " + maxBytes + " bytes");
    }

    /** A word of the upstream's, safe to show. */
    static String shown(String word) {
        String plain = word.replaceAll("[^\\x21-\\x7e]", "?");
        return plain.length() <= MAX_SHOWN_CHARS ? plain : plain.substring(0, MAX_SHOWN_CHARS);
    }
}
