package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.RequestOracle.End;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Streams of bytes that are nearly requests, sent to a real gateway: each gets the answers that
 * {@link RequestOracle} says, one a request, and what is malformed 400 or nothing and the end of
 * its connection. {@code -Dholdfast.fuzz=1000000} is the long form; {@code -Dholdfast.fuzz.seed}
 * begins with the stream of another seed, such as one that failed.
 */
class FuzzTest {
    private static final int STREAMS = Integer.getInteger("holdfast.fuzz", 3_000);
    private static final long FIRST_SEED = Long.getLong("holdfast.fuzz.seed", 1);
    private static final int SENDERS = 32;
    private static final int PATIENCE_MILLIS = 60_000;

    private static final Pattern BAD_ENCODING = Pattern.compile("%(?![0-9A-Fa-f]{2})");

    /** Whatever came before it, whoever is served gets to this and is hung up on after it. */
    private static final String LAST =
            "GET /livez HTTP/1.1\r\nHost: last\r\nConnection: close\r\n\r\n";

    @Test
    void everyStreamIsReadAsTheGrammarHasIt(@TempDir Path folder) throws Exception {
        AtomicInteger next = new AtomicInteger();
        Map<End, AtomicInteger> ends = new EnumMap<>(End.class);
        for (End end : End.values()) {
            ends.put(end, new AtomicInteger());
        }
        try (Rig rig = new Rig(folder, Rig.Figures.FREE);
                ExecutorService senders = Executors.newFixedThreadPool(SENDERS)) {
            List<Future<Void>> done = new ArrayList<>();
            Callable<Void> sender =
                    () -> {
                        for (int i; (i = next.getAndIncrement()) < STREAMS; ) {
                            ends.get(send(rig.port, FIRST_SEED + i)).incrementAndGet();
                        }
                        return null;
                    };
            for (int i = 0; i < SENDERS; i++) {
                done.add(senders.submit(sender));
            }
            for (Future<Void> one : done) {
                one.get();
            }
            assertThat(rig.get("/livez", null).statusCode()).as("it lives").isEqualTo(200);
        }
        if (STREAMS > 1_000) {
            assertThat(ends.values()).allMatch(count -> count.get() > STREAMS / 100);
        }
        System.out.println("streams by their end: " + ends);
    }

    private static End send(int port, long seed) throws IOException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        String sent = new FuzzedRequests(random).next(LAST);
        RequestOracle.Verdict verdict = RequestOracle.of(sent);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            // Reset at the end, so that a million of them leave no ports behind.
            socket.setSoLinger(true, 0);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            write(socket, sent.getBytes(StandardCharsets.ISO_8859_1), random);
            check(sent, verdict, answers(socket.getInputStream(), verdict));
        } catch (IOException | AssertionError | IllegalStateException e) {
            throw new AssertionError(
                    "-Dholdfast.fuzz.seed=" + seed + ": " + e + "\n" + shown(sent), e);
        }
        return verdict.end();
    }

    private static void write(Socket socket, byte[] bytes, RandomGenerator random)
            throws IOException {
        int cut = random.nextInt(4) > 0 ? bytes.length : random.nextInt(bytes.length + 1);
        try {
            socket.getOutputStream().write(bytes, 0, cut);
            socket.getOutputStream().write(bytes, cut, bytes.length - cut);
        } catch (SocketException refused) {
            // It need not hear all of what it refuses.
        }
    }

    private static void check(String sent, RequestOracle.Verdict verdict, List<Integer> statuses) {
        // No part of an ask that is not percent-encoded as RFC 3986, section 2.1, has it.
        boolean encoded = BAD_ENCODING.matcher(sent).find();
        int well = verdict.methods().size();
        boolean badHead = verdict.end() == End.MALFORMED_HEAD;
        assertThat(statuses.size()).isBetween(well, badHead ? well + 1 : well);
        for (int i = 0; i < statuses.size(); i++) {
            boolean mayBeRefused =
                    i == well || (i == well - 1 && verdict.end() == End.MALFORMED_BODY);
            if (i == well) {
                assertThat(statuses.get(i)).isIn(400, 505);
            } else if (!mayBeRefused) {
                assertThat(statuses.get(i)).isLessThan(500);
                assertThat(encoded || statuses.get(i) != 400).as("it is well-formed").isTrue();
            }
        }
    }

    /** The statuses of all answers; of those to an unfinished stream, until all are here. */
    private static List<Integer> answers(InputStream stream, RequestOracle.Verdict verdict)
            throws IOException {
        InputStream in = new BufferedInputStream(stream);
        List<Integer> statuses = new ArrayList<>();
        while (verdict.end() != End.INCOMPLETE || statuses.size() < verdict.methods().size()) {
            String line;
            try {
                line = line(in);
            } catch (SocketException reset) {
                return statuses;
            }
            if (line == null) {
                return statuses;
            }
            if (!line.matches("HTTP/1\\.[01] [1-5][0-9][0-9] .*")) {
                throw new IllegalStateException("no answer: " + line);
            }
            int status = Integer.parseInt(line.substring(9, 12));
            int length = 0;
            String header = line(in);
            while (header != null && !header.isEmpty()) {
                if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
                    length = Integer.parseInt(header.substring(15).strip());
                }
                header = line(in);
            }
            if (status >= 200) {
                int at = statuses.size();
                boolean head =
                        at < verdict.methods().size() && verdict.methods().get(at).equals("HEAD");
                in.skipNBytes(head ? 0 : length);
                statuses.add(status);
            }
        }
        return statuses;
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c; (c = in.read()) != '\n'; ) {
            if (c < 0) {
                return line.isEmpty() ? null : line.toString();
            }
            line.append((char) c);
        }
        return line.toString().stripTrailing();
    }

    private static String shown(String sent) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < sent.length(); i++) {
            char c = sent.charAt(i);
            shown.append(c < ' ' || c >= 0x7f ? String.format("\\x%02x", (int) c) : "" + c);
            shown.append(c == '\n' ? "\n" : "");
        }
        return shown.toString();
    }
}
