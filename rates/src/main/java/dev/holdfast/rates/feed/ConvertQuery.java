package dev.holdfast.rates.feed;

import dev.holdfast.rates.feed.ConvertProblem.Mistake;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a query, read as the URL standard reads them (url.spec.whatwg.org, section 5.1:
 * only {@code &} parts them), but strictly: what is not percent-encoded UTF-8 is a mistake.
 */
final class ConvertQuery {
    /** Parameters that are read at most. */
    private static final int MAX_PARAMETERS = 20;

    private static final String NOT_UTF_8 = "is not UTF-8 or not percent-encoded right";

    private final Map<String, List<String>> values = new LinkedHashMap<>();
    private final List<Mistake> mistakes;

    /**
     * @param query one char for each byte that was sent, or null
     * @param mistakes where what is wrong goes
     */
    ConvertQuery(@Nullable String query, List<Mistake> mistakes) {
        this.mistakes = mistakes;
        int read = 0;
        for (String pair : (query == null ? "" : query).split("&", -1)) {
            if (!pair.isEmpty() && ++read <= MAX_PARAMETERS) {
                take(pair);
            }
        }
        if (read > MAX_PARAMETERS) {
            mistakes.add(new Mistake("query", "send at most " + MAX_PARAMETERS + " parameters"));
        }
    }

    private void take(String pair) {
        int equals = pair.indexOf('=');
        String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
        String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
        if (name == null) {
            mistakes.add(new Mistake("query", "a parameter's name " + NOT_UTF_8));
            return;
        }
        if (value == null) {
            mistakes.add(new Mistake(name, NOT_UTF_8));
        }
        // One that cannot be read is there all the same: it is not reported as missing, too.
        values.computeIfAbsent(name, _ -> new ArrayList<>()).add(value == null ? "" : value);
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    Iterable<String> names() {
        return values.keySet();
    }

    /** The one value of a parameter that is wanted; empty with a mistake when there is none. */
    String one(String name) {
        List<String> found = values.getOrDefault(name, List.of());
        if (found.size() == 1 && !found.getFirst().isBlank()) {
            return found.getFirst().strip();
        }
        boolean told = mistakes.stream().anyMatch(mistake -> mistake.field().equals(name));
        if (!told) {
            mistakes.add(
                    new Mistake(name, found.size() > 1 ? "must be given once" : "is required"));
        }
        return "";
    }

    private static @Nullable String decoded(String text) {
        var bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > 0xff) {
                return null;
            }
            if (c != '%') {
                bytes.write(c == '+' ? ' ' : c);
                continue;
            }
            boolean hex =
                    i + 2 < text.length()
                            && HexFormat.isHexDigit(text.charAt(i + 1))
                            && HexFormat.isHexDigit(text.charAt(i + 2));
            if (!hex) {
                return null;
            }
            bytes.write(HexFormat.fromHexDigits(text, i + 1, i + 3));
            i += 2;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
