package dev.holdfast.outbound;

import com.fasterxml.jackson.core.JsonPointer;
import dev.holdfast.outbound.http.AnswerHead;
import dev.holdfast.request.JsonLooks;
import dev.holdfast.request.Outcome.Unusable.Kind;
import dev.holdfast.request.Result;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The text that an answer's bytes are: its codings taken off, read in the charset it names, or the
 * one that its byte order mark tells, or UTF-8; the mark is dropped.
 */
final class AnswerText {
    private static final Pattern CHARSET =
            Pattern.compile(
                    ";\\s*charset\\s*=\\s*(?:\"([^\"]*)\"|'([^']*)'|([^\\s;,\"']+))",
                    Pattern.CASE_INSENSITIVE);
    private static final char MARK = '\ufeff';
    private static final int MAX_MARK_BYTES = 3;
    private static final int BUFFER_BYTES = 8 << 10;

    private AnswerText() {}

    /**
     * All of the text.
     *
     * @param maxBytes most bytes, with the codings taken off and as UTF-8
     * @throws UnreadableException if there is more, or it is not text
     */
    static String whole(AnswerHead head, byte[] body, int maxBytes) throws UnreadableException {
        byte[] plain = Codings.decoded(body, head.codings(), maxBytes);
        String type = head.header("content-type");
        Charset charset = charset(type, plain);
        String text;
        try {
            text =
                    charset.newDecoder()
                            .onMalformedInput(CodingErrorAction.REPORT)
                            .onUnmappableCharacter(CodingErrorAction.REPORT)
                            .decode(ByteBuffer.wrap(plain))
                            .toString();
        } catch (CharacterCodingException e) {
            throw notText(type, charset);
        }
        String unmarked = unmarked(text);
        if (unmarked.length() > maxBytes || Escape.utf8(unmarked).remaining() > maxBytes) {
            throw Codings.tooLarge(maxBytes);
        }
        return unmarked;
    }

    /**
     * A text that is read.
     *
     * @param text without codings and mark; throws {@link
     *     java.nio.charset.CharacterCodingException} for what is no text
     * @param plain whether the bytes that came are the text in UTF-8
     */
    record Opened(Reader text, boolean plain) {}

    /**
     * The text of an answer as a stream.
     *
     * @throws UnreadableException if a coding or the charset is not known
     */
    static Opened open(AnswerHead head, InputStream raw) throws UnreadableException, IOException {
        InputStream decoded = Codings.decoding(raw, head.codings());
        var in = new BufferedInputStream(decoded, BUFFER_BYTES);
        in.mark(MAX_MARK_BYTES);
        byte[] first = in.readNBytes(MAX_MARK_BYTES);
        in.reset();
        Charset charset = charset(head.header("content-type"), first);
        var text =
                new BufferedReader(
                        new InputStreamReader(
                                in,
                                charset.newDecoder()
                                        .onMalformedInput(CodingErrorAction.REPORT)
                                        .onUnmappableCharacter(CodingErrorAction.REPORT)));
        text.mark(1);
        boolean marked = text.read() == MARK;
        if (!marked) {
            text.reset();
        }
        boolean plain =
                Codings.coded(head.codings()).isEmpty()
                        && !marked
                        && charset.equals(StandardCharsets.UTF_8);
        return new Opened(text, plain);
    }

    /** What the text has at some places, as far as it is at hand. */
    static JsonLooks.Seen look(AnswerHead head, byte[] body, Set<JsonPointer> places) {
        try {
            return places.isEmpty()
                    ? JsonLooks.Seen.NOTHING
                    : JsonLooks.read(
                            new StringReader(start(head, body, Result.MAX_BODY_BYTES)), places);
        } catch (IOException e) {
            throw new IllegalStateException("a text in memory can be read", e);
        }
    }

    /** Why an answer is unreadable whose bytes are not the text they are said to be. */
    static UnreadableException notText(AnswerHead head) {
        String type = head.header("content-type");
        try {
            return notText(type, charset(type, new byte[0]));
        } catch (UnreadableException unknown) {
            return unknown;
        }
    }

    private static UnreadableException notText(@Nullable String type, Charset charset) {
        return new UnreadableException(
                Kind.UNREADABLE,
                "its bytes"
                        + (type == null ? "" : ", of type " + essence(type) + ",")
                        + " are not text in "
                        + charset.name());
    }

    /** The start of a text that is only shown; what cannot be read of it is replaced. */
    static String start(AnswerHead head, byte[] body, int maxBytes) {
        byte[] plain = Codings.start(body, head.codings(), maxBytes);
        try {
            return unmarked(new String(plain, charset(head.header("content-type"), plain)));
        } catch (UnreadableException unknown) {
            return unmarked(new String(plain, StandardCharsets.UTF_8));
        }
    }

    private static String unmarked(String text) {
        return !text.isEmpty() && text.charAt(0) == MARK ? text.substring(1) : text;
    }

    /** A byte order mark says more than a header, which servers add to whatever they have. */
    private static Charset charset(@Nullable String type, byte[] text) throws UnreadableException {
        if (starts(text, 0xef, 0xbb, 0xbf)) {
            return StandardCharsets.UTF_8;
        }
        Matcher named = CHARSET.matcher(type == null ? "" : type);
        if (!named.find()) {
            return starts(text, 0xfe, 0xff) || starts(text, 0xff, 0xfe)
                    ? StandardCharsets.UTF_16
                    : StandardCharsets.UTF_8;
        }
        String name = named.group(1);
        name = name == null ? named.group(2) : name;
        name = (name == null ? named.group(3) : name).strip();
        try {
            return Charset.forName(name);
        } catch (IllegalArgumentException unknown) {
            throw new UnreadableException(
                    Kind.UNREADABLE, "its charset '" + Codings.shown(name) + "' is not known");
        }
    }

    private static boolean starts(byte[] text, int... mark) {
        if (text.length < mark.length) {
            return false;
        }
        for (int i = 0; i < mark.length; i++) {
            if ((text[i] & 0xff) != mark[i]) {
                return false;
            }
        }
        return true;
    }

    /** The type without its parameters. */
    private static String essence(String type) {
        return Codings.shown(type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT));
    }
}
