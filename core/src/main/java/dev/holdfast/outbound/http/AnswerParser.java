package dev.holdfast.outbound.http;

import dev.holdfast.outbound.http.AnswerFraming.How;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads the answers that come on one connection, however the network cuts them. To each {@link
 * #expect} it tells exactly one answer or that there is none: interim answers (1xx) are passed over
 * (RFC 9110, section 15.2), and whatever comes while no answer is due makes the connection useless.
 * Pure; not safe for several threads.
 */
final class AnswerParser {
    /** Most interim answers before one final answer; a sender that knows no end is cut off. */
    static final int MAX_INTERIM = 64;

    /** Longest line with the size of a chunk, in bytes, its extensions included. */
    static final int MAX_CHUNK_LINE_BYTES = 4 << 10;

    /** Empty lines before an answer that are passed over. */
    private static final int MAX_EMPTY_LINES = 2;

    private static final int FIRST_LINE_BYTES = 256;
    private static final int SWITCHING_PROTOCOLS = 101;
    private static final int FIRST_FINAL_STATUS = 200;
    private static final int MAX_SIZE_DIGITS = 15;

    /** Who wants to know. */
    interface Sink {
        /** The final answer's head is complete. */
        void head(AnswerHead head);

        /** More of its body. */
        void body(Buffer bytes);

        /** It is complete, and all bytes that came with it have been looked at. */
        void end();
    }

    private enum State {
        NOTHING_DUE,
        STATUS_LINE,
        HEADERS,
        BODY,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILERS,
        UNTIL_CLOSE,
        USELESS
    }

    private final int maxHeadBytes;
    private final Sink sink;
    private final HeadReader head = new HeadReader();

    private State state = State.NOTHING_DUE;
    private byte[] line = new byte[FIRST_LINE_BYTES];
    private int lineLength;
    private int headBytes;
    private int emptyLines;
    private int interim;
    private long left;
    private boolean toHead;
    private boolean reusable = true;
    private boolean surplus;
    private boolean ended;

    /**
     * @param maxHeadBytes largest head, and largest trailers, in bytes
     */
    AnswerParser(int maxHeadBytes, Sink sink) {
        this.maxHeadBytes = maxHeadBytes;
        this.sink = sink;
    }

    /** From now on one answer is due. */
    void expect(String method) {
        if (state != State.NOTHING_DUE) {
            throw new IllegalStateException("an answer is due already");
        }
        toHead = method.equals("HEAD");
        interim = 0;
        emptyLines = 0;
        beginHead(State.STATUS_LINE);
    }

    /** Whether another request may be sent: nothing is due and nothing odd has come. */
    boolean reusable() {
        return reusable && state == State.NOTHING_DUE;
    }

    /** Whether more came than was due. */
    boolean surplus() {
        return surplus;
    }

    /** Interim answers since the last request. */
    int interim() {
        return interim;
    }

    /**
     * Takes what came.
     *
     * @throws NotHttpException if it cannot be what is due; nothing may follow then
     */
    void bytes(Buffer bytes) {
        try {
            int at = 0;
            while (at < bytes.length() && state != State.USELESS) {
                at = take(bytes, at);
            }
        } catch (NotHttpException e) {
            useless();
            throw e;
        }
        if (ended) {
            ended = false;
            sink.end();
        }
    }

    /**
     * Takes that nothing more will come.
     *
     * @return whether that completed the answer that was due
     */
    boolean closed() {
        boolean complete = state == State.UNTIL_CLOSE;
        useless();
        if (complete) {
            sink.end();
        }
        return complete;
    }

    private void useless() {
        state = State.USELESS;
        reusable = false;
    }

    private int take(Buffer bytes, int at) {
        return switch (state) {
            case NOTHING_DUE -> {
                // More than the answer. It must not be taken for the next one's.
                surplus = true;
                useless();
                yield bytes.length();
            }
            case BODY, CHUNK -> {
                int size = (int) Math.min(left, bytes.length() - at);
                left -= size;
                sink.body(bytes.slice(at, at + size));
                if (left == 0) {
                    if (state == State.BODY) {
                        end();
                    } else {
                        begin(State.CHUNK_END);
                    }
                }
                yield at + size;
            }
            case UNTIL_CLOSE -> {
                sink.body(bytes.slice(at, bytes.length()));
                yield bytes.length();
            }
            default -> takeLine(bytes, at);
        };
    }

    private int takeLine(Buffer bytes, int from) {
        int limit = state == State.CHUNK_SIZE ? MAX_CHUNK_LINE_BYTES : maxHeadBytes;
        for (int at = from; at < bytes.length(); at++) {
            byte next = bytes.getByte(at);
            headBytes += state == State.CHUNK_SIZE ? 0 : 1;
            if (headBytes > maxHeadBytes || lineLength == limit) {
                throw new NotHttpException("a line or a head is too long");
            }
            if (next == '\n') {
                String text = line();
                lineLength = 0;
                take(text);
                return at + 1;
            }
            if (lineLength == line.length) {
                line = Arrays.copyOf(line, 2 * lineLength);
            }
            line[lineLength++] = next;
            if (state == State.STATUS_LINE && !couldBeHttp()) {
                throw new NotHttpException("the first line is not a status line");
            }
        }
        return bytes.length();
    }

    /** Garbage is told from an answer at its first bytes, not when its sender falls silent. */
    private boolean couldBeHttp() {
        String start = "HTTP/1.";
        int at = lineLength - 1;
        return at >= start.length() || line[at] == start.charAt(at) || (line[0] == '\r' && at == 0);
    }

    /** The line without its end; a lone LF will do (RFC 9112, section 2.2). */
    private String line() {
        int length = lineLength;
        if (length > 0 && line[length - 1] == '\r') {
            length--;
        } else {
            reusable = false;
        }
        for (int i = 0; i < length; i++) {
            if (line[i] == '\r' || line[i] == 0) {
                throw new NotHttpException("a control character in the head");
            }
        }
        return new String(line, 0, length, StandardCharsets.ISO_8859_1);
    }

    private void take(String text) {
        switch (state) {
            case STATUS_LINE -> {
                if (text.isEmpty() && emptyLines < MAX_EMPTY_LINES) {
                    emptyLines++;
                    reusable = false;
                    return;
                }
                head.begin(text);
                state = State.HEADERS;
            }
            case HEADERS -> {
                if (text.isEmpty()) {
                    headDone(head.end());
                } else {
                    head.take(text);
                }
            }
            case CHUNK_SIZE -> chunk(text);
            case CHUNK_END -> {
                if (!text.isEmpty()) {
                    throw new NotHttpException("a chunk is longer than it says");
                }
                begin(State.CHUNK_SIZE);
            }
            case TRAILERS -> {
                if (text.isEmpty()) {
                    reusable &= !head.odd();
                    end();
                } else {
                    head.take(text);
                }
            }
            default -> throw new IllegalStateException("no lines here: " + state);
        }
    }

    private void headDone(MultiMap headers) {
        int status = head.status();
        reusable &= !head.odd();
        if (status < FIRST_FINAL_STATUS) {
            if (status == SWITCHING_PROTOCOLS) {
                throw new NotHttpException("it switches to a protocol nobody asked for");
            }
            if (++interim > MAX_INTERIM) {
                throw new NotHttpException("over " + MAX_INTERIM + " interim answers");
            }
            beginHead(State.STATUS_LINE);
            return;
        }
        AnswerFraming framing = AnswerFraming.of(status, headers, toHead);
        reusable &= framing.clean() && head.persistent();
        List<String> codings = new ArrayList<>(AnswerHead.words(headers, "content-encoding"));
        codings.addAll(framing.codings());
        sink.head(new AnswerHead(status, headers, codings));
        left = framing.length();
        if (framing.how() == How.LENGTH && left == 0) {
            end();
        } else {
            begin(
                    switch (framing.how()) {
                        case LENGTH -> State.BODY;
                        case CHUNKED -> State.CHUNK_SIZE;
                        case UNTIL_CLOSE -> State.UNTIL_CLOSE;
                    });
        }
    }

    private void chunk(String text) {
        int semicolon = text.indexOf(';');
        String size = (semicolon < 0 ? text : text.substring(0, semicolon)).stripTrailing();
        if (size.isEmpty() || size.length() > MAX_SIZE_DIGITS) {
            throw new NotHttpException("a chunk without its size");
        }
        long bytes = 0;
        for (int i = 0; i < size.length(); i++) {
            int digit = size.charAt(i) < 0x80 ? Character.digit(size.charAt(i), 16) : -1;
            if (digit < 0) {
                throw new NotHttpException("a chunk without its size");
            }
            bytes = (bytes << 4) | digit;
        }
        if (bytes == 0) {
            head.beginTrailer();
            beginHead(State.TRAILERS);
        } else {
            left = bytes;
            state = State.CHUNK;
        }
    }

    private void beginHead(State next) {
        headBytes = 0;
        begin(next);
    }

    private void begin(State next) {
        state = next;
        lineLength = 0;
        if (next == State.CHUNK_SIZE || next == State.CHUNK_END) {
            headBytes = 0;
        }
    }

    private void end() {
        state = State.NOTHING_DUE;
        ended = true;
    }
}
