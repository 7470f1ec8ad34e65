package dev.holdfast.app.rehearsal;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A caller of the warm-up on one keep-alive connection of plain HTTP/1.1. */
public final class WarmUpCaller implements AutoCloseable {
    /** Longest wait for a byte, in milliseconds. */
    private static final int TIMEOUT_MILLIS = 30_000;

    /** Where a status is in an answer's first line. */
    private static final int STATUS_AT = "HTTP/1.1 ".length();

    private static final String LENGTH = "content-length:";
    private static final String ID = "\"id\":\"";

    private final int port;
    private Socket socket;
    private InputStream in;

    public WarmUpCaller(int port) throws IOException {
        this.port = port;
        socket = connect();
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** An answer; without a body if it is a stream. */
    public record Reply(int status, String body) {
        /** The first id in it, or nothing. */
        public String id() {
            int at = body.indexOf(ID);
            return at < 0
                    ? ""
                    : body.substring(at + ID.length(), body.indexOf('"', at + ID.length()));
        }
    }

    /** Gets a page; of a stream no more than its head, on a connection that is then made anew. */
    public Reply get(String target) throws IOException {
        String request = "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        int length = -1;
        int status = Integer.parseInt(line(in).substring(STATUS_AT, STATUS_AT + 3));
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            String lower = line.toLowerCase(Locale.ROOT);
            if (lower.startsWith(LENGTH)) {
                length = Integer.parseInt(line.substring(LENGTH.length()).strip());
            }
        }
        if (length < 0) {
            socket.close();
            socket = connect();
            in = new BufferedInputStream(socket.getInputStream());
            return new Reply(status, "");
        }
        return new Reply(status, new String(in.readNBytes(length), StandardCharsets.UTF_8));
    }

    /** A line of a head without its end. */
    static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new IOException("the connection ended");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    private Socket connect() throws IOException {
        Socket made = new Socket(InetAddress.getLoopbackAddress(), port);
        made.setSoTimeout(TIMEOUT_MILLIS);
        made.setTcpNoDelay(true);
        return made;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
