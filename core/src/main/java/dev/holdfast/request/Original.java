package dev.holdfast.request;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's answer as it came: what was chosen of its headers, and its bytes with whatever
 * codings they have.
 *
 * @param headers chosen ones, in their order, with Content-Type and Content-Encoding if there were
 *     any
 */
public record Original(List<HeaderLine> headers, Body body) {
    /** Largest text that is shown where a request is, in bytes; a larger one is linked to. */
    public static final int MAX_SHOWN_BYTES = 64 << 10;

    private static final List<String> TEXT_TYPES =
            List.of("text/", "application/json", "application/xml", "application/javascript");

    public Original {
        headers = List.copyOf(headers);
    }

    /** A header's value, the first if it is there more than once; or null. */
    public @Nullable String header(String name) {
        for (HeaderLine line : headers) {
            if (line.name().equals(name)) {
                return line.value();
            }
        }
        return null;
    }

    /** What it is, as the upstream says; null if it does not. */
    public @Nullable String type() {
        return header("content-type");
    }

    /** Its text, if it is one that is small enough to be shown; null for all else. */
    public @Nullable String text() {
        if (!(body instanceof Body.Inline(byte[] bytes)) || !isText()) {
            return null;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException notText) {
            return null;
        }
    }

    /** A start of its text for people, whatever it is; what cannot be read is replaced. */
    public String start(int maxChars) {
        if (!(body instanceof Body.Inline(byte[] bytes)) || !isText()) {
            return "";
        }
        String text = new String(bytes, StandardCharsets.UTF_8);
        return text.length() <= maxChars ? text : text.substring(0, maxChars);
    }

    private boolean isText() {
        if (header("content-encoding") != null) {
            return false;
        }
        String type = type();
        if (type == null) {
            return true;
        }
        String essence = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        return TEXT_TYPES.stream().anyMatch(essence::startsWith)
                || essence.endsWith("+json")
                || essence.endsWith("+xml");
    }
}
