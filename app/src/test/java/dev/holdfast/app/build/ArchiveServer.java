package dev.holdfast.app.build;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/**
 * One archive over HTTP or HTTPS on the loopback, with parts on request; some answers break in the
 * middle.
 */
final class ArchiveServer implements AutoCloseable {
    private final byte[] archive;
    private final AtomicInteger breaks;
    private final boolean secure;
    private final ServerSocket server;
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();

    /** From which byte each request for the archive asked. */
    final List<Integer> asked = new CopyOnWriteArrayList<>();

    /** The first {@code breaks} answers end after a third of what is left. */
    ArchiveServer(byte[] archive, int breaks, SSLContext tls) throws IOException {
        this.archive = archive;
        this.breaks = new AtomicInteger(breaks);
        secure = tls != null;
        var loopback = InetAddress.getLoopbackAddress();
        server =
                secure
                        ? tls.getServerSocketFactory().createServerSocket(0, 50, loopback)
                        : new ServerSocket(0, 50, loopback);
        workers.execute(this::accept);
    }

    String url(String path) {
        return (secure ? "https" : "http") + "://localhost:" + server.getLocalPort() + path;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                workers.execute(() -> answer(socket));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void answer(Socket socket) {
        try (socket) {
            var reader =
                    new BufferedReader(
                            new InputStreamReader(
                                    socket.getInputStream(), StandardCharsets.ISO_8859_1));
            String request = reader.readLine();
            int from = -1; // all of it
            String line = request;
            while (line != null && !line.isEmpty()) {
                if (line.startsWith("Range: bytes=")) {
                    from = Integer.parseInt(line.replaceAll("\\D", ""));
                }
                line = reader.readLine();
            }
            OutputStream out = socket.getOutputStream();
            if (request != null && request.contains(" /moved ")) {
                head(out, "302 Found\r\nLocation: " + url("/jdk.tar.gz"), 0);
            } else if (request != null) {
                archive(out, from);
            }
            out.flush();
        } catch (IOException e) {
            // Its asker went away.
        }
    }

    private void archive(OutputStream out, int range) throws IOException {
        int from = Math.max(0, range);
        asked.add(from);
        int length = archive.length - from;
        String part =
                "206 Partial Content\r\nContent-Range: bytes %d-%d/%d"
                        .formatted(from, archive.length - 1, archive.length);
        head(out, range < 0 ? "200 OK" : part, length);
        out.write(archive, from, breaks.getAndDecrement() > 0 ? length / 3 : length);
    }

    private static void head(OutputStream out, String status, int length) throws IOException {
        String head =
                "HTTP/1.1 " + status + "\r\nContent-Length: " + length + "\r\nConnection: close";
        out.write((head + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void close() throws IOException {
        server.close();
        workers.shutdownNow();
    }
}
