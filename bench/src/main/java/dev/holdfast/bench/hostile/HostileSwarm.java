package dev.holdfast.bench.hostile;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Clients that make a gateway keep as much in memory as they can: each sends all that is taken of
 * it, reads nothing, and comes again when it is thrown out. One thread drives them. Loopback only.
 */
final class HostileSwarm implements AutoCloseable {
    /** Rounds after which whoever was thrown out comes again. */
    private static final int AWAY_ROUNDS = 5;

    /** What somebody with a message that has no end sends of it, in bytes. */
    private static final int MESSAGE_BYTES = 256 << 10;

    /** Pause between two rounds, in nanoseconds. */
    private static final long PAUSE_NANOS = 200_000_000;

    /** What one client sends at most in a round, in bytes. */
    private static final int ROUND_BYTES = 256 << 10;

    /** What it reads at most in one, if it reads. */
    private static final int READ_BYTES = 4 << 20;

    /** Source addresses, so that ports in TIME_WAIT do not run out: 127.0.2.1 and up. */
    private static final int SOURCES = 16;

    /** A message's fragment: its head of 8 bytes and the rest, together 16 kB. */
    private static final int FRAGMENT_BYTES = 16_000;

    private static final int PING_BYTES = 125;

    private static final int LARGE_ASK_BYTES = 200_000;

    /** What is read at once, in bytes. */
    private static final int SINK_BYTES = 64 << 10;

    /** How a client misbehaves. */
    enum Wave {
        /** 16 kB of a head without end, in as many lines as there can be. */
        UNFINISHED_HEADS(700),
        /** Request after request, and no answer is ever read. */
        PIPELINES(150),
        /** WebSockets that ping, and read no pong. */
        PINGS(4),
        /** A message of a WebSocket of 256 kB, whose end never comes. */
        UNFINISHED_MESSAGES(756),
        /** 12 to 57 kB of a body, whose end never comes. */
        HALF_SENT_BODIES(4_500),
        /** Requests with a result of 1 MiB, one after another, and no answer is ever read. */
        LARGE_ANSWERS(150),
        /** The same, and all is read. */
        LARGE_ANSWERS_READ(100),
        /** Asks for large results that are known, one after another, and no answer is ever read. */
        KNOWN_RESULTS(600),
        /** Asks that are called for at once, each with an answer of 1 MiB, and all is read. */
        NEW_ANSWERS(200),
        /** The longest lists, all read. */
        LISTS(50),
        /** Asks for the end of a request that has none. */
        LONG_POLLS(1_500),
        /** Asks of 200 kB that are kept, each its own. */
        LARGE_ASKS(150),
        /** Asks for the large result, with a webhook that nobody takes. */
        WEBHOOKS(20);

        final int clients;

        Wave(int clients) {
            this.clients = clients;
        }

        private boolean reads() {
            return switch (this) {
                case UNFINISHED_HEADS,
                        PIPELINES,
                        PINGS,
                        UNFINISHED_MESSAGES,
                        HALF_SENT_BODIES,
                        LARGE_ANSWERS,
                        KNOWN_RESULTS ->
                        false;
                case LARGE_ANSWERS_READ, NEW_ANSWERS, LISTS, LONG_POLLS, LARGE_ASKS, WEBHOOKS ->
                        true;
            };
        }

        /** What a client sends at most of it. */
        private int most() {
            return switch (this) {
                case UNFINISHED_MESSAGES -> MESSAGE_BYTES;
                case LARGE_ASKS, LONG_POLLS -> 0;
                default -> Integer.MAX_VALUE;
            };
        }
    }

    /**
     * What the gateway knows.
     *
     * @param key of a client
     * @param large id of a request with a result of 1 MiB
     * @param results how many such results it has: {@code /large?n=1} and so on
     * @param pending id of a request that has none yet
     * @param hook URL of a receiver that never answers
     */
    record Known(String key, String large, int results, String pending, String hook) {}

    private final InetSocketAddress server;
    private final Known known;
    private final List<Client> clients = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicLong connects = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final ByteBuffer sink = ByteBuffer.allocateDirect(SINK_BYTES);
    private @Nullable Thread thread;
    private volatile @Nullable IOException failure;

    /** What it sends at first, and then again and again. */
    private static final class Client {
        final int number;
        final byte[] first;
        final byte[] again;
        final int most;
        final boolean reads;
        @Nullable SocketChannel channel;
        int away;
        int sent;

        Client(int number, byte[] first, byte[] again, Wave wave) {
            this.number = number;
            this.most = Math.max(wave.most(), first.length);
            this.reads = wave.reads();
            this.first = first;
            this.again = again;
        }
    }

    HostileSwarm(int port, Known known) {
        this.server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.known = known;
    }

    /** Adds so many clients of a wave; before {@link #start}. */
    HostileSwarm add(Wave wave, int count) {
        for (int i = 0; i < count; i++) {
            clients.add(
                    new Client(
                            clients.size(),
                            ascii(first(wave, i, count)),
                            ascii(again(wave, i)),
                            wave));
        }
        return this;
    }

    private String first(Wave wave, int number, int count) {
        return switch (wave) {
            case UNFINISHED_HEADS -> "GET /livez HTTP/1.1\r\n" + "a:b\r\n".repeat(3200);
            case PIPELINES,
                    LARGE_ANSWERS,
                    LARGE_ANSWERS_READ,
                    KNOWN_RESULTS,
                    NEW_ANSWERS,
                    LISTS,
                    WEBHOOKS ->
                    "";
            case LONG_POLLS -> get("/v1/requests/" + known.pending(), "Prefer: wait=60\r\n");
            case LARGE_ASKS -> {
                String body = "n=" + number + "&text=" + "x".repeat(LARGE_ASK_BYTES);
                yield "POST /hang HTTP/1.1\r\n"
                        + common()
                        + "Prefer: respond-async\r\n"
                        + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
                        + body.length()
                        + "\r\n\r\n"
                        + body;
            }
            case PINGS, UNFINISHED_MESSAGES -> upgrade();
            case HALF_SENT_BODIES -> {
                int size = 12_000 + 45_000 * number / count;
                yield "POST /crypto/sign HTTP/1.1\r\n"
                        + common()
                        + "Content-Type: application/json\r\nContent-Length: "
                        + (size + 1)
                        + "\r\n\r\n"
                        + " ".repeat(size);
            }
        };
    }

    private String again(Wave wave, int number) {
        return switch (wave) {
            case UNFINISHED_HEADS, HALF_SENT_BODIES, LONG_POLLS, LARGE_ASKS -> "";
            case PIPELINES -> get("/crypto/sign?message=known", "").repeat(50);
            case LARGE_ANSWERS, LARGE_ANSWERS_READ -> get("/v1/requests/" + known.large(), "");
            case KNOWN_RESULTS -> get("/large?n=" + (1 + number % known.results()), "");
            case NEW_ANSWERS -> get("/new?n=" + number, "Prefer: respond-async\r\n");
            case LISTS -> get("/v1/requests?limit=200", "");
            case WEBHOOKS -> get("/large?n=1&webhook_url=" + known.hook(), "");
            case PINGS -> frame(0x89, PING_BYTES).repeat(50);
            // The first frame begins a message, those after it go on with it; none is the last.
            case UNFINISHED_MESSAGES -> frame(0x00, FRAGMENT_BYTES);
        };
    }

    private String common() {
        return "Host: 127.0.0.1\r\nAuthorization: " + known.key() + "\r\n";
    }

    private String get(String path, String headers) {
        return "GET " + path + " HTTP/1.1\r\n" + common() + headers + "\r\n";
    }

    private String upgrade() {
        return "GET /v1/convert/stream HTTP/1.1\r\n"
                + common()
                + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
                + frame(0x01, FRAGMENT_BYTES);
    }

    /** A frame with a mask of zeros (RFC 6455, 5.2). */
    private static String frame(int start, int payload) {
        StringBuilder frame = new StringBuilder(payload + 8).append((char) start);
        if (payload <= PING_BYTES) {
            frame.append((char) (0x80 | payload));
        } else {
            frame.append((char) (0x80 | 126))
                    .append((char) (payload >> 8))
                    .append((char) (payload & 0xff));
        }
        return frame.append("\0\0\0\0").append("x".repeat(payload)).toString();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    void start() {
        thread = Thread.ofPlatform().name("hostile-swarm").start(this::run);
    }

    private void run() {
        try {
            while (!over.get()) {
                for (Client client : clients) {
                    act(client);
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } catch (IOException e) {
            failure = e;
        }
    }

    private void act(Client client) throws IOException {
        SocketChannel channel = client.channel;
        try {
            if (channel == null) {
                if (--client.away < 0) {
                    connect(client);
                }
            } else if (channel.finishConnect()) {
                send(client, channel);
                if (client.reads && client.channel != null) {
                    read(client, channel);
                }
            }
        } catch (IOException gone) {
            leave(client);
        }
    }

    private void connect(Client client) throws IOException {
        SocketChannel channel = SocketChannel.open();
        client.channel = channel;
        client.sent = 0;
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        byte[] source = {127, 0, 2, (byte) (1 + client.number % SOURCES)};
        channel.bind(new InetSocketAddress(InetAddress.getByAddress(source), 0));
        channel.connect(server);
        connects.incrementAndGet();
    }

    private void send(Client client, SocketChannel channel) throws IOException {
        for (int round = 0; round < ROUND_BYTES; ) {
            boolean begins = client.sent < client.first.length;
            byte[] from = begins ? client.first : client.again;
            if (from.length == 0 || client.sent >= client.most) {
                // Nothing more to send: looks whether it was thrown out.
                if (channel.read(sink.clear()) < 0) {
                    leave(client);
                }
                return;
            }
            int at = begins ? client.sent : (client.sent - client.first.length) % from.length;
            int wrote = channel.write(ByteBuffer.wrap(from, at, from.length - at));
            if (wrote == 0) {
                return;
            }
            bytes.addAndGet(wrote);
            client.sent += wrote;
            round += wrote;
        }
    }

    private void read(Client client, SocketChannel channel) throws IOException {
        for (int round = 0; round < READ_BYTES; ) {
            int got = channel.read(sink.clear());
            if (got < 0) {
                leave(client);
            }
            if (got <= 0) {
                return;
            }
            round += got;
        }
    }

    private static void leave(Client client) throws IOException {
        client.away = AWAY_ROUNDS;
        if (client.channel != null) {
            client.channel.close();
            client.channel = null;
        }
    }

    long connects() {
        return connects.get();
    }

    /** Bytes that the gateway took of them. */
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
        for (Client client : clients) {
            leave(client);
        }
        IOException failed = failure;
        if (failed != null) {
            throw new IOException("the hostile clients failed", failed);
        }
    }
}
