package dev.holdfast.bench.kit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * An HTTP/1.1 client that costs little, so that the server is what is measured: keep-alive
 * connections on one thread, each with one request under way, requests made beforehand, of each
 * answer no more read than its status and its length.
 */
public final class Load implements AutoCloseable {
    private static final int ANSWER_BYTES = 16 * 1024;
    private static final int MAX_STATUS = 600;
    private static final long SELECT_MILLIS = 100;
    private static final byte[] LENGTH = {
        'c', 'o', 'n', 't', 'e', 'n', 't', '-', 'l', 'e', 'n', 'g', 't', 'h', ':'
    };

    /** Answers that come this late count as lost. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    private final Selector selector = Selector.open();
    private final List<Connection> connections = new ArrayList<>();
    private final Asks asks;
    private final byte[] scratch = new byte[ANSWER_BYTES];
    private final long[] statuses = new long[MAX_STATUS];
    private final Histogram micros = new Histogram(Duration.ofMinutes(1).toNanos() / 1000, 3);
    private long number;
    private long limit;
    private long stopAt;
    private int underWay;
    private volatile long answered;

    /** The requests of a run, by number. */
    public interface Asks {
        /** Fills the buffer with one, ready to be sent. */
        void fill(ByteBuffer buffer, long number);

        /** The bytes of the longest one. */
        int length();
    }

    /**
     * What came of a run.
     *
     * @param perSecond answers a second
     * @param statuses answers by status
     * @param micros time from sending to the whole answer, in microseconds
     */
    public record Result(double perSecond, Map<Integer, Long> statuses, Histogram micros) {
        public long count(int status) {
            return statuses.getOrDefault(status, 0L);
        }

        public long answers() {
            return micros.getTotalCount();
        }

        public double millis(double percentile) {
            return micros.getValueAtPercentile(percentile) / 1000.0;
        }

        /**
         * @throws IllegalStateException unless all answers had this status
         */
        public Result all(int status) {
            return allBut(0, status);
        }

        /** As {@link #all}, but for so many at most. */
        public Result allBut(int others, int status) {
            if (answers() == 0 || answers() - count(status) > others) {
                throw new IllegalStateException("answers other than " + status + ": " + statuses);
            }
            return this;
        }
    }

    /** Connects. Numbers of requests go on from run to run, from {@code firstNumber}. */
    public Load(int port, int count, Asks asks, long firstNumber) throws IOException {
        this.asks = asks;
        number = firstNumber;
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        for (int i = 0; i < count; i++) {
            connections.add(new Connection(address));
        }
    }

    /** Keeps every connection busy for so long. */
    public Result run(Duration time) throws IOException {
        return run(Long.MAX_VALUE, time);
    }

    /** Sends so many requests, or as many as go in that time. */
    public Result run(long requests, Duration atMost) throws IOException {
        micros.reset();
        answered = 0;
        Arrays.fill(statuses, 0);
        limit = requests == Long.MAX_VALUE ? requests : number + requests;
        long began = System.nanoTime();
        stopAt = began + atMost.toNanos();
        for (Connection connection : connections) {
            connection.send();
        }
        while (underWay > 0) {
            selector.select(this::ready, SELECT_MILLIS);
            if (System.nanoTime() > stopAt + GRACE.toNanos()) {
                throw new IOException(underWay + " answers never came");
            }
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        return new Result(micros.getTotalCount() / seconds, statuses(), micros.copy());
    }

    /** Answers of this run so far; for a look from another thread. */
    public long answered() {
        return answered;
    }

    private void ready(SelectionKey key) {
        if (key.attachment() instanceof Connection connection) {
            try {
                connection.ready();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private Map<Integer, Long> statuses() {
        Map<Integer, Long> found = new TreeMap<>();
        for (int status = 0; status < MAX_STATUS; status++) {
            if (statuses[status] > 0) {
                found.put(status, statuses[status]);
            }
        }
        return found;
    }

    @Override
    public void close() throws IOException {
        for (Connection connection : connections) {
            connection.channel.close();
        }
        selector.close();
    }

    /** One keep-alive connection. */
    private final class Connection {
        private final SocketChannel channel;
        private final SelectionKey key;
        private final ByteBuffer out = ByteBuffer.allocateDirect(asks.length());
        private final ByteBuffer in = ByteBuffer.allocateDirect(ANSWER_BYTES);
        private long sentAt;

        Connection(InetSocketAddress address) throws IOException {
            channel = SocketChannel.open(address);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            key = channel.register(selector, SelectionKey.OP_READ, this);
        }

        void send() throws IOException {
            long now = System.nanoTime();
            if (number >= limit || now >= stopAt) {
                return;
            }
            asks.fill(out, number++);
            sentAt = now;
            underWay++;
            write();
        }

        void ready() throws IOException {
            if (out.hasRemaining()) {
                write();
                return;
            }
            if (channel.read(in) < 0) {
                throw new IOException("the server closed a connection");
            }
            int length = in.position();
            in.get(0, scratch, 0, length);
            if (isWhole(length)) {
                in.clear();
                underWay--;
                micros.recordValue((System.nanoTime() - sentAt) / 1000);
                answered = micros.getTotalCount();
                statuses[digit(9) * 100 + digit(10) * 10 + digit(11)]++;
                send();
            } else if (!in.hasRemaining()) {
                throw new IOException("an answer of more than " + ANSWER_BYTES + " bytes");
            }
        }

        private void write() throws IOException {
            channel.write(out);
            key.interestOps(
                    out.hasRemaining()
                            ? SelectionKey.OP_READ | SelectionKey.OP_WRITE
                            : SelectionKey.OP_READ);
        }
    }

    private int digit(int at) {
        return scratch[at] - '0';
    }

    private boolean isWhole(int length) {
        int body = 0;
        for (int at = 12; at + 2 < length; at++) {
            if (scratch[at] != '\n') {
                continue;
            }
            if (scratch[at + 1] == '\r') {
                return length >= at + 3 + body;
            }
            if ((scratch[at + 1] | 0x20) == 'c' && isLength(at + 1, length)) {
                body = number(at + 1 + LENGTH.length);
            }
        }
        return false;
    }

    private boolean isLength(int at, int length) {
        for (int i = 0; i < LENGTH.length; i++) {
            if (at + i >= length || (scratch[at + i] | (i == 7 ? 0 : 0x20)) != LENGTH[i]) {
                return false;
            }
        }
        return true;
    }

    private int number(int from) {
        int at = from;
        while (scratch[at] == ' ') {
            at++;
        }
        int value = 0;
        while (scratch[at] >= '0' && scratch[at] <= '9') {
            value = value * 10 + scratch[at++] - '0';
        }
        return value;
    }
}
