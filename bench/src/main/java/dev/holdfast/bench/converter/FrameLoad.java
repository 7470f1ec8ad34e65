package dev.holdfast.bench.converter;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * A WebSocket client on a bare socket that costs next to nothing per frame, so that what is
 * measured is the server: frames are encoded and masked beforehand, answers are counted by their
 * lengths.
 */
final class FrameLoad implements AutoCloseable {
    /** Frames on their way at once, in one connection. */
    private static final int WINDOW = 1024;

    /** Answers read between two looks at the clock. */
    private static final int AT_ONCE = 64;

    private static final byte[] HEARTBEAT = "{\"type\":\"heartbeat\"}".getBytes(UTF_8);

    private final Socket socket;
    private final DataInputStream in;

    FrameLoad(int port, String path) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
        socket.getOutputStream()
                .write(
                        ("GET "
                                        + path
                                        + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                                        + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                                .getBytes(UTF_8));
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
        }
        if (head.indexOf(" 101 ") < 0) {
            throw new IOException("no WebSocket: " + head.substring(0, head.indexOf("\r\n")));
        }
    }

    /** The frames as they go over the wire: text, masked with zeros. */
    static byte[][] encode(String[] messages) {
        byte[][] frames = new byte[messages.length][];
        for (int i = 0; i < messages.length; i++) {
            byte[] text = messages[i].getBytes(UTF_8);
            frames[i] = new byte[text.length + 8];
            frames[i][0] = (byte) 0x81;
            frames[i][1] = (byte) 0xfe;
            frames[i][2] = (byte) (text.length >> 8);
            frames[i][3] = (byte) text.length;
            System.arraycopy(text, 0, frames[i], 8, text.length);
        }
        return frames;
    }

    /**
     * Keeps the connection full for a while; answers that came, heartbeats not counted.
     *
     * @param together frames in one write: 1 is how a feed sends, more spares the server system
     *     calls, so that the converter's own work weighs more
     */
    long flood(byte[][] frames, int together, long nanos) throws Exception {
        Semaphore window = new Semaphore(WINDOW);
        AtomicBoolean over = new AtomicBoolean();
        byte[][] batches = batches(frames, together);
        Thread writer =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    try {
                                        for (int i = 0; !over.get(); i++) {
                                            window.acquire(together);
                                            socket.getOutputStream()
                                                    .write(batches[i % batches.length]);
                                        }
                                    } catch (IOException | InterruptedException ended) {
                                        over.set(true);
                                    }
                                });
        long end = System.nanoTime() + nanos;
        long answers = 0;
        while (System.nanoTime() < end) {
            for (int i = 0; i < AT_ONCE; i++) {
                skipAnswer();
            }
            answers += AT_ONCE;
            window.release(AT_ONCE);
        }
        over.set(true);
        window.release(together);
        writer.join();
        socket.close();
        return answers;
    }

    private static byte[][] batches(byte[][] frames, int together) {
        byte[][] batches = new byte[frames.length / together][];
        for (int b = 0; b < batches.length; b++) {
            var batch = new ByteArrayOutputStream();
            for (int i = 0; i < together; i++) {
                batch.writeBytes(frames[b * together + i]);
            }
            batches[b] = batch.toByteArray();
        }
        return batches;
    }

    /**
     * Sends at a steady rate and measures each answer from the moment its frame was due, so that a
     * stall counts for every frame it held up.
     *
     * @return latencies in microseconds
     */
    Histogram pace(byte[][] frames, int perSecond, int count) throws Exception {
        Histogram latencies = new Histogram(60_000_000, 3);
        long start = System.nanoTime() + 100_000_000;
        long between = 1_000_000_000L / perSecond;
        Thread writer =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    try {
                                        for (int i = 0; i < count; i++) {
                                            long due = start + i * between;
                                            for (long left = due - System.nanoTime();
                                                    left > 0;
                                                    left = due - System.nanoTime()) {
                                                LockSupport.parkNanos(left);
                                            }
                                            socket.getOutputStream()
                                                    .write(frames[i % frames.length]);
                                        }
                                    } catch (IOException ended) {
                                        throw new java.io.UncheckedIOException(ended);
                                    }
                                });
        for (int i = 0; i < count; i++) {
            skipAnswer();
            long due = start + i * between;
            latencies.recordValue(Math.max(0, (System.nanoTime() - due) / 1000));
        }
        writer.join();
        return latencies;
    }

    private void skipAnswer() throws IOException {
        int length = skipFrame();
        while (length == HEARTBEAT.length) {
            length = skipFrame();
        }
    }

    private int skipFrame() throws IOException {
        in.readUnsignedByte();
        int length = in.readUnsignedByte();
        if (length == 126) {
            length = in.readUnsignedShort();
        } else if (length == 127) {
            throw new IOException("an answer of that size is none");
        }
        skip(in, length);
        return length;
    }

    private static void skip(InputStream in, int length) throws IOException {
        in.skipNBytes(length);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
