package dev.holdfast.outbound;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A proxy that makes tunnels (RFC 9110, section 9.3.6), whatever name is asked for, all to one port
 * of loopback: the names of a test lead nowhere. It keeps what it sees of what goes in.
 */
final class TunnelProxy implements AutoCloseable {
    /** The largest record of TLS with its head, in bytes. */
    private static final int BUFFER_BYTES = 17 << 10;

    private final ServerSocket listener;
    private final int target;
    private final String answer;
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private final List<String> heads = new CopyOnWriteArrayList<>();
    private final List<String> seen = new CopyOnWriteArrayList<>();

    /**
     * @param target port that its tunnels lead to
     * @param answer what it says to each CONNECT; a tunnel is made if there is a 200 in it
     */
    TunnelProxy(int target, String answer) throws IOException {
        this.target = target;
        this.answer = answer;
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    /** One that makes a tunnel for everybody. */
    static TunnelProxy to(int target) throws IOException {
        return new TunnelProxy(target, "HTTP/1.1 200 Connection established\r\n\r\n");
    }

    /** How it is configured. */
    Proxies configured() {
        return Proxies.at("http://u:p@127.0.0.1:" + listener.getLocalPort());
    }

    /** The head of each request that came. */
    List<String> heads() {
        return heads;
    }

    /** What went through its tunnels to the other side, a piece each, a letter for each byte. */
    List<String> seen() {
        return seen;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket;
                Socket far = new Socket(InetAddress.getLoopbackAddress(), target)) {
            open.add(far);
            heads.add(head(socket.getInputStream()));
            socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            if (answer.contains(" 200 ")) {
                Thread back = Thread.ofVirtual().start(() -> pass(far, socket, false));
                pass(socket, far, true);
                back.join();
            }
        } catch (IOException gone) {
            // One of them has closed it.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pass(Socket from, Socket to, boolean keeps) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] bytes = new byte[BUFFER_BYTES];
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                if (keeps) {
                    seen.add(new String(bytes, 0, read, StandardCharsets.ISO_8859_1));
                }
                out.write(bytes, 0, read);
                out.flush();
            }
            to.shutdownOutput();
        } catch (IOException gone) {
            closed(from);
            closed(to);
        }
    }

    private static void closed(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String head(InputStream in) throws IOException {
        var bytes = new ByteArrayOutputStream();
        while (!bytes.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("no whole head");
            }
            bytes.write(next);
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        listener.close();
        open.forEach(TunnelProxy::closed);
    }
}
