package dev.holdfast.bench.hostile;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Clients that hold connections for as long as they can and use them as slowly as they can. One
 * thread drives them all; whoever is thrown out comes again. Loopback only.
 */
final class SlowSwarm implements AutoCloseable {
    /** Each client acts once a second; so many groups take turns. */
    private static final int GROUPS = 100;

    private static final long TURN_NANOS = 1_000_000_000L / GROUPS;

    /** Source addresses, so that ports in TIME_WAIT do not run out: 127.0.1.1 and up. */
    private static final int SOURCES = 16;

    /** What is written at once by those who do not dawdle. */
    private static final int CHUNK_BYTES = 8 << 10;

    /** How a client misbehaves. */
    enum Kind {
        /** The head of a request, one byte a second. */
        SLOW_HEAD,
        /** The head at once, then its body, one byte a second. */
        SLOW_BODY,
        /** One request, then nothing. */
        IDLE,
        /** Header after header, as fast as they are read. */
        ENDLESS_HEAD,
        /** Request after request, and no answer is ever read. */
        DEAF
    }

    private final InetSocketAddress server;
    private final byte[] head;
    private final byte[] post;
    private final byte[] probe;
    private final byte[] headers;
    private final byte[] asks;
    private final List<List<Client>> groups = new ArrayList<>();
    private final Selector selector = Selector.open();
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicLong connects = new AtomicLong();
    private final AtomicLong thrownOut = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final ByteBuffer sink = ByteBuffer.allocateDirect(1 << 16);
    private @Nullable Thread thread;
    private int clients;
    private volatile @Nullable IOException failure;

    private static final class Client {
        final Kind kind;
        final int number;
        @Nullable SocketChannel channel;
        int sent;

        Client(Kind kind, int number) {
            this.kind = kind;
            this.number = number;
        }
    }

    SlowSwarm(int port, String key) throws IOException {
        server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        String common = "Host: 127.0.0.1\r\nAuthorization: " + key + "\r\n";
        head =
                ascii(
                        "GET /crypto/sign?message=slow HTTP/1.1\r\n"
                                + common
                                + "X-S: "
                                + "a".repeat(4000));
        post =
                ascii(
                        "POST /crypto/sign HTTP/1.1\r\n"
                                + common
                                + "Content-Type: application/json\r\nContent-Length: 4000\r\n\r\n");
        probe = ascii("GET /livez HTTP/1.1\r\n" + common + "\r\n");
        headers = ascii(("X-Endless: " + "a".repeat(50) + "\r\n").repeat(CHUNK_BYTES / 63));
        asks =
                ascii(
                        ("GET /openapi.yaml HTTP/1.1\r\n" + common + "\r\n")
                                .repeat(CHUNK_BYTES / 100));
        for (int i = 0; i < GROUPS; i++) {
            groups.add(new ArrayList<>());
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Adds clients; before {@link #start}. */
    SlowSwarm add(Kind kind, int count) {
        for (int i = 0; i < count; i++) {
            groups.get(clients % GROUPS).add(new Client(kind, clients));
            clients++;
        }
        return this;
    }

    /** Lets them loose; all have connected within a few seconds. */
    void start() {
        thread = Thread.ofPlatform().name("slow-swarm").start(this::run);
    }

    private void run() {
        long due = System.nanoTime();
        try {
            for (int turn = 0; !over.get(); turn++) {
                for (Client client : groups.get(turn % GROUPS)) {
                    act(client);
                }
                readAnswers();
                due += TURN_NANOS;
                LockSupport.parkNanos(due - System.nanoTime());
            }
        } catch (IOException e) {
            failure = e;
        }
    }

    private void act(Client client) throws IOException {
        SocketChannel channel = client.channel;
        if (channel == null) {
            channel = connect(client);
        }
        if (!channel.finishConnect()) {
            return;
        }
        try {
            write(client, channel);
        } catch (IOException gone) {
            leave(client);
        }
    }

    private SocketChannel connect(Client client) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.bind(
                new InetSocketAddress(
                        InetAddress.getByAddress(
                                new byte[] {127, 0, 1, (byte) (1 + client.number % SOURCES)}),
                        0));
        channel.connect(server);
        if (client.kind != Kind.DEAF) {
            channel.register(selector, SelectionKey.OP_READ, client);
        }
        client.channel = channel;
        client.sent = 0;
        connects.incrementAndGet();
        return channel;
    }

    private void write(Client client, SocketChannel channel) throws IOException {
        switch (client.kind) {
            case SLOW_HEAD -> write(client, channel, head, client.sent, 1);
            case SLOW_BODY -> {
                if (client.sent == 0) {
                    write(client, channel, post, 0, post.length);
                } else {
                    write(client, channel, head, 0, 1);
                }
            }
            case IDLE -> {
                if (client.sent == 0) {
                    write(client, channel, probe, 0, probe.length);
                }
            }
            case ENDLESS_HEAD -> {
                if (client.sent == 0) {
                    write(client, channel, head, 0, 60);
                }
                write(client, channel, headers, 0, headers.length);
            }
            case DEAF -> write(client, channel, asks, 0, asks.length);
        }
    }

    private void write(Client client, SocketChannel channel, byte[] from, int offset, int length)
            throws IOException {
        int wrote = channel.write(ByteBuffer.wrap(from, offset % from.length, length));
        client.sent += wrote;
        bytes.addAndGet(wrote);
    }

    private void readAnswers() throws IOException {
        selector.selectNow();
        for (SelectionKey key : selector.selectedKeys()) {
            if (key.attachment() instanceof Client client && client.channel != null) {
                read(client, client.channel);
            }
        }
        selector.selectedKeys().clear();
    }

    private void read(Client client, SocketChannel channel) throws IOException {
        sink.clear();
        try {
            if (channel.isConnected() && channel.read(sink) < 0) {
                leave(client);
            }
        } catch (IOException gone) {
            leave(client);
        }
    }

    private void leave(Client client) throws IOException {
        if (client.channel != null) {
            client.channel.close();
            client.channel = null;
            thrownOut.incrementAndGet();
        }
    }

    long connects() {
        return connects.get();
    }

    long thrownOut() {
        return thrownOut.get();
    }

    long bytes() {
        return bytes.get();
    }

    @Override
    public void close() throws IOException {
        over.set(true);
        try {
            if (thread != null) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (List<Client> group : groups) {
            for (Client client : group) {
                if (client.channel != null) {
                    client.channel.close();
                }
            }
        }
        selector.close();
        IOException failed = failure;
        if (failed != null) {
            throw new IOException("the slow clients failed", failed);
        }
    }
}
