package dev.holdfast.bench.kit;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * Ordinary callers beside hostile ones: half of them keep their connection, half make a new one for
 * each ask. Times are from when an ask was due.
 */
public final class Others implements AutoCloseable {
    private static final int CALLERS = 4;
    private static final long EVERY_NANOS = 40_000_000;
    private static final int PATIENCE_MILLIS = 60_000;

    private final int port;
    private final String key;
    private final AtomicBoolean over = new AtomicBoolean();
    private final ExecutorService threads = Executors.newFixedThreadPool(CALLERS);
    private final List<Future<Seen>> callers = new ArrayList<>();

    /**
     * What they saw.
     *
     * @param micros answer times
     * @param refused answers with a 503, which is what a gateway says in time that has no time
     * @param lost any other answer than these and 200 or 202, and none at all
     */
    public record Seen(Histogram micros, long refused, long lost) {
        /** Who was not given what was asked for. */
        public long wrong() {
            return refused + lost;
        }

        /** An answer time that so many of a hundred were not over. */
        public double millis(double percentile) {
            return micros.getValueAtPercentile(percentile) / 1000.0;
        }
    }

    /** Begins to ask; what is new is numbered from {@code from}. */
    public Others(int port, String key, int from) {
        this.port = port;
        this.key = key;
        for (int i = 0; i < CALLERS; i++) {
            int caller = i;
            callers.add(threads.submit(() -> ask(from + caller * 1_000_000, caller % 2 == 0)));
        }
    }

    /** Lets the last answers come, and tells what all saw. */
    public Seen seen() throws InterruptedException, ExecutionException {
        over.set(true);
        Histogram micros = new Histogram(60_000_000, 3);
        long refused = 0;
        long lost = 0;
        for (Future<Seen> caller : callers) {
            micros.add(caller.get().micros());
            refused += caller.get().refused();
            lost += caller.get().lost();
        }
        return new Seen(micros, refused, lost);
    }

    private Seen ask(int first, boolean keeps) throws IOException {
        Histogram micros = new Histogram(60_000_000, 3);
        long refused = 0;
        long lost = 0;
        Socket socket = connect(port);
        long due = System.nanoTime();
        for (int i = 0; !over.get(); i++) {
            LockSupport.parkNanos(due - System.nanoTime());
            try {
                if (!keeps || socket.isClosed()) {
                    socket.close();
                    socket = connect(port);
                }
                String message = i % 2 == 0 ? "known" : "new-" + (first + i);
                int status = ask(socket, key, message);
                if (status == 503) {
                    refused++;
                } else if (status != 200 && status != 202) {
                    lost++;
                }
            } catch (IOException e) {
                lost++;
                socket.close();
            }
            micros.recordValue(Math.max(0, (System.nanoTime() - due) / 1000));
            due = Math.max(due + EVERY_NANOS, System.nanoTime() - EVERY_NANOS);
        }
        socket.close();
        return new Seen(micros, refused, lost);
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    /** Asks once; the status. */
    public static int get(int port, String key, String path, String headers) throws IOException {
        try (Socket socket = connect(port)) {
            return get(socket, key, path, headers);
        }
    }

    private static int ask(Socket socket, String key, String message) throws IOException {
        String headers = message.startsWith("new") ? "Prefer: respond-async\r\n" : "";
        return get(socket, key, "/crypto/sign?message=" + message, headers);
    }

    private static int get(Socket socket, String key, String path, String headers)
            throws IOException {
        String request =
                "GET "
                        + path
                        + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: "
                        + key
                        + "\r\n"
                        + headers
                        + "\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return answer(new BufferedInputStream(socket.getInputStream()));
    }

    /** Reads one answer to its end; its status. */
    private static int answer(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("closed after: " + head);
            }
            head.append((char) next);
        }
        String lower = head.toString().toLowerCase(Locale.ROOT);
        int at = lower.indexOf("content-length: ");
        int length = Integer.parseInt(lower.substring(at + 16, lower.indexOf("\r\n", at)).strip());
        in.skipNBytes(length);
        return Integer.parseInt(head.substring(9, 12));
    }

    @Override
    public void close() {
        over.set(true);
        threads.close();
    }
}
