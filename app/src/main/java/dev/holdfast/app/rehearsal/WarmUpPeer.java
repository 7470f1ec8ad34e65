package dev.holdfast.app.rehearsal;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The upstream and the webhooks' receiver of the warm-up: 200 and a text for everybody. */
public final class WarmUpPeer implements AutoCloseable {
    private static final String LENGTH = "content-length:";
    private static final byte[] ANSWER =
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nsignature"
                    .getBytes(StandardCharsets.ISO_8859_1);

    private final ServerSocket server;

    public WarmUpPeer() throws IOException {
        server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
        Thread.startVirtualThread(this::accept);
    }

    public int port() {
        return server.getLocalPort();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket caller = server.accept();
                Thread.startVirtualThread(() -> serve(caller));
            } catch (IOException _) {
                return; // closed
            }
        }
    }

    private static void serve(Socket caller) {
        try (caller) {
            InputStream in = new BufferedInputStream(caller.getInputStream());
            while (true) {
                int length = 0;
                for (String line = WarmUpCaller.line(in);
                        !line.isEmpty();
                        line = WarmUpCaller.line(in)) {
                    if (line.toLowerCase(Locale.ROOT).startsWith(LENGTH)) {
                        length = Integer.parseInt(line.substring(LENGTH.length()).strip());
                    }
                }
                in.skipNBytes(length);
                caller.getOutputStream().write(ANSWER);
            }
        } catch (IOException _) {
            // The gateway closed its connection.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
