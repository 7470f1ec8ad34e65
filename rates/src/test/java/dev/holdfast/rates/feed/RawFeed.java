package dev.holdfast.rates.feed;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A trade feed on a bare socket, so that it can misbehave below the WebSocket as well. */
final class RawFeed implements AutoCloseable {
    private static final int TEXT = 0x81;
    private static final int CLOSE = 0x88;
    private static final long PATIENCE_SECONDS = 10;

    /** A frame that came, with the time in nanoseconds. */
    record Frame(int opcode, String text, long at) {}

    private final ServerSocket server;
    private final List<String> before;
    private final BlockingQueue<Peer> peers = new LinkedBlockingQueue<>();

    RawFeed() throws IOException {
        this(0, List.of());
    }

    RawFeed(int port) throws IOException {
        this(port, List.of());
    }

    /**
     * @param before what it sends, a packet each, before the answer to each handshake
     */
    RawFeed(List<String> before) throws IOException {
        this(0, before);
    }

    private RawFeed(int port, List<String> before) throws IOException {
        this.before = before;
        server = new ServerSocket();
        server.setReuseAddress(true);
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        Thread.ofVirtual().start(this::accept);
    }

    URI uri() {
        return URI.create("ws://127.0.0.1:" + server.getLocalPort() + "/feed?x=1");
    }

    int port() {
        return server.getLocalPort();
    }

    /** The next connection, with its handshake done. */
    Peer next() throws InterruptedException {
        Peer peer = peers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (peer == null) {
            throw new AssertionError("nobody connected");
        }
        return peer;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Peer peer = new Peer(server.accept());
                Thread.ofVirtual().start(peer::read);
            } catch (IOException closed) {
                return;
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Peer peer : peers) {
            peer.socket.close();
        }
    }

    /** One connection. */
    final class Peer {
        private final Socket socket;
        private final long connectedAt = System.nanoTime();
        private final BlockingQueue<Frame> frames = new LinkedBlockingQueue<>();

        Peer(Socket socket) {
            this.socket = socket;
        }

        long connectedAt() {
            return connectedAt;
        }

        private void read() {
            try {
                DataInputStream in =
                        new DataInputStream(new BufferedInputStream(socket.getInputStream()));
                handshake(in);
                peers.add(this);
                while (true) {
                    frames.add(frame(in));
                }
            } catch (IOException ended) {
                frames.add(new Frame(-1, "", System.nanoTime()));
            }
        }

        private void handshake(DataInputStream in) throws IOException {
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                head.append((char) in.readUnsignedByte());
            }
            String key =
                    head.toString()
                            .lines()
                            .filter(
                                    line ->
                                            line.toLowerCase(Locale.ROOT)
                                                    .startsWith("sec-websocket-key:"))
                            .findFirst()
                            .orElseThrow()
                            .substring("sec-websocket-key:".length())
                            .strip();
            for (String packet : before) {
                socket.getOutputStream().write(packet.getBytes(UTF_8));
                socket.getOutputStream().flush();
            }
            socket.getOutputStream()
                    .write(
                            ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                            + "Connection: Upgrade\r\nSec-WebSocket-Accept: "
                                            + accept(key)
                                            + "\r\n\r\n")
                                    .getBytes(UTF_8));
        }

        private Frame frame(DataInputStream in) throws IOException {
            int opcode = in.readUnsignedByte() & 0x0f;
            int length = in.readUnsignedByte() & 0x7f;
            if (length == 126) {
                length = in.readUnsignedShort();
            } else if (length == 127) {
                length = (int) in.readLong();
            }
            byte[] mask = in.readNBytes(4);
            byte[] data = in.readNBytes(length);
            for (int i = 0; i < data.length; i++) {
                data[i] ^= mask[i % 4];
            }
            if (data.length < length) {
                throw new IOException("cut off");
            }
            String text =
                    opcode == 8 && length >= 2
                            ? Integer.toString(((data[0] & 0xff) << 8) | (data[1] & 0xff))
                            : new String(data, UTF_8);
            return new Frame(opcode, text, System.nanoTime());
        }

        void heartbeat() {
            send("{\"type\":\"heartbeat\"}");
        }

        /** Heartbeats each 500 ms from now on, until the connection ends. */
        void keepAlive() {
            Thread.ofVirtual()
                    .start(
                            () -> {
                                var ticks = new LinkedBlockingQueue<Integer>();
                                try {
                                    while (!socket.isClosed()) {
                                        heartbeat();
                                        ticks.poll(500, TimeUnit.MILLISECONDS);
                                    }
                                } catch (UncheckedIOException | InterruptedException ended) {
                                    return;
                                }
                            });
        }

        void send(String text) {
            frame(TEXT, text.getBytes(UTF_8));
        }

        void closeFrame(int status) {
            frame(CLOSE, new byte[] {(byte) (status >> 8), (byte) status});
        }

        void binary() {
            frame(0x82, new byte[] {1, 2, 3});
        }

        private synchronized void frame(int opcode, byte[] data) {
            try {
                byte[] head =
                        data.length < 126
                                ? new byte[] {(byte) opcode, (byte) data.length}
                                : new byte[] {
                                    (byte) opcode,
                                    126,
                                    (byte) (data.length >> 8),
                                    (byte) data.length
                                };
                byte[] all = new byte[head.length + data.length];
                System.arraycopy(head, 0, all, 0, head.length);
                System.arraycopy(data, 0, all, head.length, data.length);
                socket.getOutputStream().write(all);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Ends the connection with a TCP reset. */
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        /** The next frame that is no heartbeat. */
        Frame answer() throws InterruptedException {
            Frame frame = frame();
            while (frame.text().equals("{\"type\":\"heartbeat\"}")) {
                frame = frame();
            }
            return frame;
        }

        Frame frame() throws InterruptedException {
            Frame frame = frames.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (frame == null) {
                throw new AssertionError("no frame came");
            }
            return frame;
        }
    }

    private static String accept(String key) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-1")
                            .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(UTF_8));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
