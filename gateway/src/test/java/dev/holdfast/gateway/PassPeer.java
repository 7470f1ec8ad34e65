package dev.holdfast.gateway;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** An upstream that shows byte by byte what arrived, and answers what it is told to. */
final class PassPeer implements AutoCloseable {
    /** What came as one request: its head as it was written, and its body. */
    @SuppressWarnings("ArrayRecordComponent") // Nobody compares two.
    record Came(String head, byte[] body) {
        String line() {
            return head.substring(0, head.indexOf("\r\n"));
        }

        String target() {
            return line().split(" ", -1)[1];
        }

        boolean has(String header) {
            return head.toLowerCase(java.util.Locale.ROOT)
                    .contains("\r\n" + header.toLowerCase(java.util.Locale.ROOT));
        }
    }

    /** Answers a request; what it throws ends the connection. */
    @FunctionalInterface
    interface Answering {
        void answer(Came came, OutputStream out) throws IOException, InterruptedException;
    }

    private final ServerSocket server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    final List<Came> came = new CopyOnWriteArrayList<>();
    volatile boolean forgets;
    private volatile Answering answering;

    PassPeer() {
        this(PassPeer::ok);
    }

    PassPeer(Answering answering) {
        this.answering = answering;
        try {
            server = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    void answers(Answering how) {
        answering = how;
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort() + "/base");
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            for (Came one; (one = read(in)) != null; ) {
                if (!forgets) {
                    came.add(one);
                }
                answering.answer(one, out);
                out.flush();
            }
        } catch (IOException | InterruptedException ended) {
            // Whoever called it is gone.
        } finally {
            open.remove(socket);
        }
    }

    private static Came read(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        // Ends with an empty line.
        for (int last4 = 0; last4 != 0x0d0a0d0a; ) {
            int next = in.read();
            if (next < 0) {
                return null;
            }
            head.write(next);
            last4 = last4 << 8 | next;
        }
        String text = head.toString(StandardCharsets.ISO_8859_1);
        int length = 0;
        for (String line : text.split("\r\n", -1)) {
            if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
                length = Integer.parseInt(line.substring(15).strip());
            }
        }
        byte[] body = in.readNBytes(length);
        if (body.length < length) {
            throw new IOException("cut off");
        }
        return new Came(text, body);
    }

    static void ok(Came came, OutputStream out) throws IOException {
        text(out, "200 OK", "", "ok");
    }

    static void text(OutputStream out, String status, String headers, String body)
            throws IOException {
        bytes(out, status, headers, body.getBytes(StandardCharsets.UTF_8));
    }

    static void bytes(OutputStream out, String status, String headers, byte[] body)
            throws IOException {
        String head =
                "HTTP/1.1 "
                        + status
                        + "\r\n"
                        + headers
                        + "Content-Length: "
                        + body.length
                        + "\r\n\r\n";
        out.write(head.getBytes(StandardCharsets.ISO_8859_1));
        out.write(body);
    }

    @Override
    public void close() {
        try {
            server.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
