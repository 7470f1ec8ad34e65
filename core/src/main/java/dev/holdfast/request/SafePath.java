package dev.holdfast.request;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells paths that stay where they are appended from those that could lead elsewhere, however an
 * upstream, or what stands before it, reads them: dot segments (RFC 3986, section 5.2.4), slashes
 * in another spelling, empty segments, encodings of all these, and encodings of encodings. Pure.
 */
public final class SafePath {
    /** Longest path or query, in characters. */
    public static final int MAX_CHARS = 8 << 10;

    /** How often an encoding is taken off; what has one more is refused. */
    private static final int MAX_ENCODINGS = 3;

    /** What a path consists of (RFC 3986, section 3.3). */
    private static final Pattern PLAIN =
            Pattern.compile("(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*+");

    /** What a query may hold: more than RFC 3986 allows, as everybody does, but no fragment. */
    private static final Pattern QUERY = Pattern.compile("[\\x21-\\x7e&&[^#]]*+");

    private static final Pattern DOTS = Pattern.compile("\\.{1,2}");

    private SafePath() {}

    /**
     * What is wrong with a path below another one, in words; null if nothing is.
     *
     * @param path as it came, without a slash at its beginning; empty ones are right, and so is a
     *     slash at the end
     */
    public static @Nullable String wrong(String path) {
        if (path.length() > MAX_CHARS) {
            return "has at most " + MAX_CHARS + " characters";
        }
        if (!PLAIN.matcher(path).matches()) {
            return "is percent-encoded, without blanks, backslashes or control characters";
        }
        String[] segments = path.split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            if (segments[i].isEmpty() && i < segments.length - 1) {
                return "has no empty segments";
            }
            String wrong = wrongSegment(segments[i]);
            if (wrong != null) {
                return wrong;
            }
        }
        return null;
    }

    /** What is wrong with a query, without its question mark, in words; null if nothing is. */
    public static @Nullable String wrongQuery(String query) {
        if (query.length() > MAX_CHARS) {
            return "has at most " + MAX_CHARS + " characters";
        }
        return QUERY.matcher(query).matches()
                ? null
                : "is percent-encoded, without blanks, control characters or a #";
    }

    private static @Nullable String wrongSegment(String segment) {
        String text = segment;
        for (int i = 0; ; i++) {
            String wrong = wrongText(text);
            if (wrong != null) {
                return wrong;
            }
            if (text.indexOf('%') < 0) {
                return null;
            }
            String plain = decoded(text);
            if (plain == null) {
                // The first is a path's own encoding, the others are only looked through.
                return i == 0 ? "is UTF-8 where it is percent-encoded" : null;
            }
            if (plain.equals(text)) {
                return null;
            }
            if (i == MAX_ENCODINGS) {
                return "is percent-encoded once";
            }
            text = plain;
        }
    }

    private static @Nullable String wrongText(String text) {
        // Some compare texts by what they look like: a full-width dot is a dot to them.
        String seen = Normalizer.normalize(text, Normalizer.Form.NFKC);
        for (String form : new String[] {text, seen}) {
            int parameters = form.indexOf(';');
            String name = parameters < 0 ? form : form.substring(0, parameters);
            if (DOTS.matcher(name.strip()).matches()) {
                return "has no segments `.` and `..`, however they are written";
            }
            for (int at = 0; at < form.length(); at++) {
                char c = form.charAt(at);
                if (c == '/' || c == '\\' || Character.isISOControl(c) || c == '\u2028') {
                    return "holds no encoded slash, backslash or control character";
                }
            }
        }
        return null;
    }

    /** The text without one layer of encoding; null if that is not text. */
    private static @Nullable String decoded(String text) {
        byte[] raw = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer plain = ByteBuffer.allocate(raw.length);
        for (int i = 0; i < raw.length; i++) {
            int high = raw[i] == '%' && i + 2 < raw.length ? digit(raw[i + 1]) : -1;
            int low = high >= 0 ? digit(raw[i + 2]) : -1;
            if (low >= 0) {
                plain.put((byte) (high << 4 | low));
                i += 2;
            } else {
                plain.put(raw[i]);
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(plain.flip())
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private static int digit(byte letter) {
        return letter < 0 ? -1 : Character.digit(letter, 16);
    }
}
