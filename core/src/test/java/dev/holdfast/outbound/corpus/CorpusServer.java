package dev.holdfast.outbound.corpus;

import java.io.BufferedInputStream;
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
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Answers each request, whose target begins with {@code /SCRIPT/TOKEN}, as that script of the
 * corpus says; {@code /plain/TOKEN} as any server would.
 */
public final class CorpusServer implements AutoCloseable {
    private static final long WAIT_SECONDS = 60;
    private static final Pattern TARGET =
            Pattern.compile("[A-Z]+ [^ ]*/([0-9]+|plain)/([0-9]+)[ ?].*");

    private final ServerSocket listener;
    private final Function<String, Wish> reader;
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private final Map<String, Integer> connectionOf = new ConcurrentHashMap<>();
    private final Map<String, Integer> came = new ConcurrentHashMap<>();
    private final Map<Integer, CompletableFuture<Void>> ended = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> late = new ConcurrentHashMap<>();

    /**
     * What a request wants.
     *
     * @param q its token
     */
    public record Wish(List<String> steps, String q) {}

    /**
     * @param plain the packet that a plain request is answered with
     */
    public CorpusServer(List<Script> scripts, String plain) {
        this(line -> wish(line, scripts, plain));
    }

    /**
     * @param reader what a request wants, by its first line
     */
    public CorpusServer(Function<String, Wish> reader) {
        this.reader = reader;
        try {
            listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    private static Wish wish(String line, List<Script> scripts, String plain) {
        Matcher target = TARGET.matcher(line);
        if (!target.matches()) {
            throw new IllegalArgumentException("not a request of a test: " + line);
        }
        return new Wish(
                target.group(1).equals("plain")
                        ? List.of(plain)
                        : scripts.get(Integer.parseInt(target.group(1))).steps(),
                target.group(2));
    }

    /** Where it listens. */
    public int port() {
        return listener.getLocalPort();
    }

    /** On which connection a request came. */
    public int connectionOf(String q) {
        return connectionOf.get(q);
    }

    /** How often a request came. */
    public int came(String q) {
        return came.getOrDefault(q, 0);
    }

    /** How many connections there were. */
    public int connections() {
        return ended.size();
    }

    /** What was to come late may come. */
    public void release(String q) {
        latch(q).countDown();
    }

    /** Waits until a connection has ended, whoever ended it. */
    public void awaitEnd(int connection) throws Exception {
        ended.get(connection).get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    private CountDownLatch latch(String q) {
        return late.computeIfAbsent(q, key -> new CountDownLatch(1));
    }

    private void accept() {
        for (int number = 0; ; number++) {
            int connection = number;
            try {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                ended.put(connection, new CompletableFuture<>());
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(connection, socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(int connection, Socket socket) {
        try (socket) {
            var in = new BufferedInputStream(socket.getInputStream());
            boolean more = true;
            while (more) {
                String head = readRequest(in);
                more = !head.isEmpty() && answer(connection, socket, head);
            }
        } catch (IOException gone) {
            // The client has closed it, or this server has.
        } finally {
            open.remove(socket);
            ended.get(connection).complete(null);
        }
    }

    private boolean answer(int connection, Socket socket, String head) throws IOException {
        Wish wish = reader.apply(head.lines().findFirst().orElseThrow());
        String q = wish.q();
        connectionOf.put(q, connection);
        came.merge(q, 1, Integer::sum);
        for (String step : wish.steps()) {
            switch (step) {
                case Script.CLOSE -> {
                    return false;
                }
                case Script.RESET -> {
                    socket.setSoLinger(true, 0);
                    return false;
                }
                case Script.LATE -> await(q);
                default -> {
                    socket.getOutputStream().write(Corpus.bytes(step, q));
                    socket.getOutputStream().flush();
                }
            }
        }
        return true;
    }

    private void await(String q) throws IOException {
        try {
            if (!latch(q).await(WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("nobody had the answer");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** The head of the next request, its body read as well; empty at the end. */
    private static String readRequest(InputStream in) throws IOException {
        var bytes = new ByteArrayOutputStream();
        int matched = 0;
        while (matched < 4) {
            int next = in.read();
            if (next < 0) {
                return "";
            }
            bytes.write(next);
            matched = next == "\r\n\r\n".charAt(matched) ? matched + 1 : next == '\r' ? 1 : 0;
        }
        String head = bytes.toString(StandardCharsets.ISO_8859_1);
        int length =
                head.lines()
                        .map(line -> line.toLowerCase(Locale.ROOT))
                        .filter(line -> line.startsWith("content-length:"))
                        .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                        .findFirst()
                        .orElse(0);
        in.readNBytes(length);
        return head;
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
