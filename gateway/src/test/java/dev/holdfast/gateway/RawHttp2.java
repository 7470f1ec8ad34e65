package dev.holdfast.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** An HTTP/2 connection whose frames say whatever a test wants (RFC 9113). */
final class RawHttp2 implements AutoCloseable {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;
    static final int PRIORITY = 32;
    private static final int PRIORITY_BYTES = 5;

    private static final byte[] PREFACE =
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int PATIENCE_MILLIS = 60_000;

    private final SSLSocket socket;
    private final DataInputStream in;
    private final DefaultHttp2HeadersDecoder headers = new DefaultHttp2HeadersDecoder();

    /**
     * What came of a stream.
     *
     * @param status of its answers, each after the other, in words of ASCII
     * @param bytes of their bodies
     * @param end {@code end}, {@code reset}, {@code goaway} or {@code closed}
     */
    record Told(String status, int bytes, String end) {}

    RawHttp2(int port, SSLContext trusting) throws IOException {
        socket = (SSLSocket) trusting.getSocketFactory().createSocket("127.0.0.1", port);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new DataInputStream(socket.getInputStream());
        ByteArrayOutputStream first = new ByteArrayOutputStream();
        first.writeBytes(PREFACE);
        first.writeBytes(frame(SETTINGS, 0, 0, new byte[0]));
        send(first.toByteArray());
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** Fields of a header block, names and values in turn, none of them in a table. */
    static byte[] block(String... fields) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i += 2) {
            out.write(0);
            string(out, fields[i]);
            string(out, fields[i + 1]);
        }
        return out.toByteArray();
    }

    private static void string(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        if (bytes.length < 127) {
            out.write(bytes.length);
        } else {
            out.write(127);
            int rest = bytes.length - 127;
            for (; rest >= 128; rest /= 128) {
                out.write(rest % 128 + 128);
            }
            out.write(rest);
        }
        out.writeBytes(bytes);
    }

    static byte[] frame(int type, int flags, int stream, byte[] payload) {
        ByteBuf frame = Unpooled.buffer();
        frame.writeMedium(payload.length).writeByte(type).writeByte(flags).writeInt(stream);
        frame.writeBytes(payload);
        byte[] bytes = new byte[frame.readableBytes()];
        frame.readBytes(bytes);
        return bytes;
    }

    /** Reads until the stream, or the connection, has ended. */
    Told await(int wanted) throws IOException {
        StringBuilder status = new StringBuilder();
        int bytes = 0;
        try {
            while (true) {
                byte[] payload = new byte[in.readUnsignedByte() << 16 | in.readUnsignedShort()];
                int type = in.readUnsignedByte();
                int flags = in.readUnsignedByte();
                int stream = in.readInt();
                in.readFully(payload);
                if (type == SETTINGS && (flags & ACK) == 0) {
                    send(frame(SETTINGS, ACK, 0, new byte[0]));
                } else if (type == GOAWAY) {
                    return new Told(status.toString(), bytes, "goaway");
                }
                if (type == HEADERS) {
                    int before = (flags & PRIORITY) == 0 ? 0 : PRIORITY_BYTES;
                    ByteBuf block =
                            Unpooled.wrappedBuffer(payload, before, payload.length - before);
                    Http2Headers told = headers.decodeHeaders(stream, block);
                    if (stream == wanted) {
                        status.append(told.status());
                    }
                }
                if (stream != wanted) {
                    continue;
                }
                bytes += type == DATA ? payload.length : 0;
                if (type == RST_STREAM) {
                    return new Told(status.toString(), bytes, "reset");
                }
                if ((type == DATA || type == HEADERS) && (flags & END_STREAM) != 0) {
                    return new Told(status.toString(), bytes, "end");
                }
            }
        } catch (EOFException | SocketException closed) {
            return new Told(status.toString(), bytes, "closed");
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
    }

    /**
     * The answers' statuses by stream, until a PING and all of these streams are answered, or the
     * connection ends.
     *
     * @param broken whether frames may be lost in others; then what ends it is that no more is sent
     */
    Map<Integer, List<String>> untilPong(boolean broken, Set<Integer> wanted) throws IOException {
        Map<Integer, List<String>> answers = new HashMap<>();
        if (broken) {
            socket.shutdownOutput();
        }
        try {
            boolean pong = false;
            while (broken || !pong || !answers.keySet().containsAll(wanted)) {
                byte[] payload = new byte[in.readUnsignedByte() << 16 | in.readUnsignedShort()];
                int type = in.readUnsignedByte();
                int flags = in.readUnsignedByte();
                int stream = in.readInt();
                in.readFully(payload);
                if (type == HEADERS) {
                    int before = (flags & PRIORITY) == 0 ? 0 : PRIORITY_BYTES;
                    ByteBuf block =
                            Unpooled.wrappedBuffer(payload, before, payload.length - before);
                    String status = headers.decodeHeaders(stream, block).status().toString();
                    answers.computeIfAbsent(stream, _ -> new ArrayList<>()).add(status);
                } else if (type == PING && (flags & ACK) != 0) {
                    pong = true;
                }
            }
            return answers;
        } catch (EOFException | SocketException | SSLException closed) {
            return answers;
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
    }

    /** Reads on until the other side closes; an exception if it never does. */
    void awaitClosed() throws IOException {
        try {
            in.skipNBytes(Long.MAX_VALUE);
        } catch (EOFException | SocketException | SSLException closed) {
            // As was wanted.
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
