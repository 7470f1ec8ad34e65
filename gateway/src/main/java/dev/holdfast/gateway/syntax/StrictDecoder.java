package dev.holdfast.gateway.syntax;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.AsciiString;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads one connection's requests as RFC 9112 has them, and none in any other way: whatever is in
 * front of us must see the same requests in the same bytes. What it gives on is what Netty's
 * decoder would give, whose code is not run. After what it refused it reads nothing.
 */
public class StrictDecoder extends VertxHttpRequestDecoder {
    /** A line with a chunk's size and its extensions, in bytes. */
    static final int MAX_CHUNK_LINE_BYTES = 256;

    /** All lines before a body's chunks beyond one byte for each byte of data, in bytes. */
    static final int MAX_CHUNK_OVERHEAD_BYTES = 16 * 1024;

    private final int maxLineBytes;
    private final int maxFieldBytes;
    private final int maxFields;
    private final int maxPartBytes;

    private final LineReader lines = new LineReader();
    private final Framing framing = new Framing();
    private Step step = Step.LINE;
    private boolean afterEmptyLine;
    private @Nullable RequestLine line;
    private @Nullable HttpMessage message;
    private int fieldBytes;
    private int fields;
    private long left;
    private long overhead;

    /** What is read next. */
    private enum Step {
        LINE,
        FIELDS,
        FIXED,
        SIZE,
        DATA,
        DATA_END,
        TRAILERS,
        NOTHING
    }

    /**
     * @param maxFields headers of a request; trailers, too
     */
    protected StrictDecoder(HttpServerOptions options, int maxFields) {
        super(options);
        this.maxFields = maxFields;
        maxLineBytes = options.getMaxInitialLineLength();
        maxFieldBytes = options.getMaxHeaderSize();
        maxPartBytes = options.getMaxChunkSize();
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf bytes, List<Object> out)
            throws Exception {
        boolean inHead = step == Step.LINE || step == Step.FIELDS;
        try {
            step =
                    switch (step) {
                        case LINE -> requestLine(bytes);
                        case FIELDS -> fields(bytes, out);
                        case FIXED -> fixed(bytes, out);
                        case SIZE -> size(bytes);
                        case DATA -> data(bytes, out);
                        case DATA_END -> dataEnd(bytes);
                        case TRAILERS -> trailers(bytes, out);
                        case NOTHING -> nothing(bytes);
                    };
        } catch (Malformed | UnknownVersion | TooLongFrameException refused) {
            step = nothing(bytes);
            out.add(inHead ? refusedHead(refused) : refusedBody(refused));
        }
    }

    private static Step nothing(ByteBuf bytes) {
        bytes.skipBytes(bytes.readableBytes());
        return Step.NOTHING;
    }

    private Step requestLine(ByteBuf bytes) {
        int first = bytes.isReadable() ? bytes.getByte(bytes.readerIndex()) : '\r';
        // At once: what speaks another protocol may wait for an answer before it ends a line.
        if (first != '\r' && !Octets.isToken(first)) {
            throw new Malformed("request", "is not well-formed HTTP/1.1");
        }
        if (!read(bytes, maxLineBytes, Step.LINE)) {
            return Step.LINE;
        }
        if (lines.length() == 0 && !afterEmptyLine) {
            afterEmptyLine = true;
            return Step.LINE;
        }
        RequestLine read = RequestLine.of(lines.bytes(), lines.length());
        line = read;
        message = createMessage(new String[] {read.method(), read.target(), read.version().text()});
        framing.reset();
        fieldBytes = 0;
        fields = 0;
        return Step.FIELDS;
    }

    private Step fields(ByteBuf bytes, List<Object> out) {
        HttpMessage head = message;
        RequestLine read = line;
        if (head == null || read == null) {
            throw new IllegalStateException("headers without a request line");
        }
        while (read(bytes, maxFieldBytes - fieldBytes, Step.FIELDS)) {
            if (lines.length() > 0) {
                AsciiString name = name();
                String value = value(name.length() + 1);
                framing.note(name, value);
                head.headers().add(name, value);
                continue;
            }
            left = framing.body(read);
            out.add(head);
            message = null;
            line = null;
            lines.release();
            if (left == 0) {
                return last(out);
            }
            overhead = 0;
            return left == Framing.CHUNKED ? Step.SIZE : Step.FIXED;
        }
        return Step.FIELDS;
    }

    private boolean read(ByteBuf bytes, int most, Step where) {
        boolean inHead = where == Step.LINE || where == Step.FIELDS;
        try {
            return lines.read(bytes, most, inHead ? "request" : "body");
        } catch (LineReader.TooLong e) {
            throw switch (where) {
                case LINE -> new TooLongHttpLineException(e.getMessage());
                case FIELDS -> new TooLongHttpHeaderException(e.getMessage());
                default -> ChunkSize.malformed();
            };
        }
    }

    /** The name that the line begins with; what follows it is a colon. */
    private AsciiString name() {
        byte[] bytes = lines.bytes();
        int end = 0;
        while (end < lines.length() && Octets.isToken(bytes[end])) {
            end++;
        }
        if (end == 0 || end == lines.length() || bytes[end] != ':') {
            throw new Malformed("request", "has a line that is no header, Name: value");
        }
        fieldBytes += lines.length();
        if (++fields > maxFields) {
            throw new TooLongHttpHeaderException("too many headers");
        }
        return splitHeaderName(bytes, 0, end);
    }

    @Override
    protected AsciiString splitHeaderName(byte[] bytes, int start, int length) {
        return FieldNames.of(bytes, start, length);
    }

    private String value(int from) {
        byte[] bytes = lines.bytes();
        int begin = from;
        int end = lines.length();
        while (begin < end && Octets.isSpace(bytes[begin])) {
            begin++;
        }
        while (end > begin && Octets.isSpace(bytes[end - 1])) {
            end--;
        }
        for (int i = begin; i < end; i++) {
            if (!Octets.isValue(bytes[i])) {
                throw new Malformed("request", "has a control character in a header");
            }
        }
        return new String(bytes, begin, end - begin, StandardCharsets.ISO_8859_1);
    }

    private Step fixed(ByteBuf bytes, List<Object> out) {
        ByteBuf part = part(bytes);
        if (part == null) {
            return Step.FIXED;
        }
        if (left > 0) {
            out.add(new DefaultHttpContent(part));
            return Step.FIXED;
        }
        out.add(new DefaultLastHttpContent(part));
        afterEmptyLine = false;
        return Step.LINE;
    }

    private Step size(ByteBuf bytes) {
        if (!read(bytes, MAX_CHUNK_LINE_BYTES, Step.SIZE)) {
            return Step.SIZE;
        }
        int size = ChunkSize.of(lines.bytes(), lines.length());
        overhead = Math.max(0, overhead + lines.length() - size);
        if (overhead > MAX_CHUNK_OVERHEAD_BYTES) {
            throw new Malformed("body", "is more sizes and extensions of chunks than data");
        }
        left = size;
        if (size > 0) {
            return Step.DATA;
        }
        fieldBytes = 0;
        fields = 0;
        return Step.TRAILERS;
    }

    private Step data(ByteBuf bytes, List<Object> out) {
        ByteBuf part = part(bytes);
        if (part != null) {
            out.add(new DefaultHttpContent(part));
        }
        return left == 0 ? Step.DATA_END : Step.DATA;
    }

    /** What came of the data that is left, or null. */
    private @Nullable ByteBuf part(ByteBuf bytes) {
        int most = Math.min(bytes.readableBytes(), maxPartBytes);
        int count = (int) Math.min(most, left);
        if (count == 0) {
            return null;
        }
        left -= count;
        return bytes.readRetainedSlice(count);
    }

    private static Step dataEnd(ByteBuf bytes) {
        if (bytes.readableBytes() < 2) {
            return Step.DATA_END;
        }
        if (bytes.readByte() != '\r' || bytes.readByte() != '\n') {
            throw ChunkSize.malformed();
        }
        return Step.SIZE;
    }

    /** Nobody asks for trailers; they are checked and dropped (RFC 9110, section 6.5.1). */
    private Step trailers(ByteBuf bytes, List<Object> out) {
        while (read(bytes, maxFieldBytes - fieldBytes, Step.TRAILERS)) {
            if (lines.length() == 0) {
                return last(out);
            }
            try {
                value(name().length() + 1);
            } catch (Malformed | TooLongFrameException e) {
                throw ChunkSize.malformed();
            }
        }
        return Step.TRAILERS;
    }

    private Step last(List<Object> out) {
        lines.release();
        afterEmptyLine = false;
        out.add(LastHttpContent.EMPTY_LAST_CONTENT);
        return Step.LINE;
    }

    /** A request of our version, so that it is answered in it. */
    private HttpMessage refusedHead(RuntimeException cause) {
        HttpMessage head = createMessage(new String[] {"GET", "/", "HTTP/1.1"});
        head.setDecoderResult(DecoderResult.failure(cause));
        return head;
    }

    private static LastHttpContent refusedBody(RuntimeException cause) {
        LastHttpContent end = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
        end.setDecoderResult(DecoderResult.failure(cause));
        return end;
    }
}
