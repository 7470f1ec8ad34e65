package dev.holdfast.outbound;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A server on a bare socket, so that tests can break HTTP wherever they like. */
final class RawServer implements AutoCloseable {
    private static final int WAIT_SECONDS = 20;

    /** What the server does with each connection. */
    interface Script {
        void serve(Connection connection) throws IOException;
    }

    private final ServerSocket listener;
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> fired = new LinkedBlockingQueue<>();
    private final AtomicInteger connections = new AtomicInteger();

    RawServer(Script script) {
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(() -> accept(script));
    }

    /** Answers every request on every connection with the same bytes. */
    static RawServer answering(String answer) {
        return new RawServer(
                connection -> {
                    while (connection.readRequest()) {
                        connection.write(answer);
                    }
                });
    }

    private void accept(Script script) {
        while (true) {
            try {
                Socket socket = listener.accept();
                connections.incrementAndGet();
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(script, socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Script script, Socket socket) {
        try (socket) {
            script.serve(new Connection(socket));
        } catch (IOException gone) {
            fired.add("broken by the client");
        }
    }

    int port() {
        return listener.getLocalPort();
    }

    int connections() {
        return connections.get();
    }

    /** The next request that came in: head and body. */
    String request() throws InterruptedException {
        return next(requests, "request");
    }

    /** Waits until the script has said {@code what}. */
    void awaitFired(String what) throws InterruptedException {
        String said = next(fired, what);
        if (!said.equals(what)) {
            throw new AssertionError("fired: " + said + ", not " + what);
        }
    }

    /** Requests that no test has looked at. */
    int unreadRequests() {
        return requests.size();
    }

    private static String next(BlockingQueue<String> queue, String what)
            throws InterruptedException {
        String next = queue.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("never came: " + what);
        }
        return next;
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            socket.close();
        }
    }

    /** One accepted connection. */
    final class Connection {
        private final Socket socket;
        private final InputStream in;
        private String last = "";

        private Connection(Socket socket) throws IOException {
            this.socket = socket;
            this.in = socket.getInputStream();
        }

        /** Reads one request; false if the client has closed. */
        boolean readRequest() throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            while (!bytes.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
                int next = in.read();
                if (next < 0) {
                    return false;
                }
                bytes.write(next);
            }
            String head = bytes.toString(StandardCharsets.ISO_8859_1);
            int length =
                    head.lines()
                            .map(line -> line.toLowerCase(Locale.ROOT))
                            .filter(line -> line.startsWith("content-length:"))
                            .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                            .findFirst()
                            .orElse(0);
            last = head + new String(in.readNBytes(length), StandardCharsets.UTF_8);
            requests.add(last);
            return true;
        }

        /** The request that was read last: head and body. */
        String last() {
            return last;
        }

        void write(String text) throws IOException {
            write(text.getBytes(StandardCharsets.UTF_8));
        }

        void write(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        }

        void fire(String what) {
            fired.add(what);
        }

        /** Says nothing until the client gives up. */
        void hang() throws IOException {
            fire("hung");
            try {
                while (in.read() >= 0) {
                    // whatever comes
                }
            } finally {
                fire("given up");
            }
        }

        /** Closes with a TCP reset. */
        void reset() throws IOException {
            fire("reset");
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }
}
