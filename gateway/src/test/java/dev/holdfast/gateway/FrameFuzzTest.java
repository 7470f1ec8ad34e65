package dev.holdfast.gateway;

import static dev.holdfast.gateway.RawHttp2.END_HEADERS;
import static dev.holdfast.gateway.RawHttp2.END_STREAM;
import static dev.holdfast.gateway.RawHttp2.HEADERS;
import static dev.holdfast.gateway.RawHttp2.PING;
import static dev.holdfast.gateway.RawHttp2.block;
import static dev.holdfast.gateway.RawHttp2.frame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.FuzzedFrames.End;
import dev.holdfast.gateway.wire.ListenerLimits;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Frames that are nearly right, of WebSockets and of HTTP/2, sent to a real gateway: what is
 * malformed ends its connection or stream, nothing is answered twice, and every connection ends.
 * {@code -Dholdfast.fuzz=1000000} is the long form; {@code -Dholdfast.fuzz.seed} begins elsewhere.
 */
class FrameFuzzTest {
    private static final int STREAMS = Integer.getInteger("holdfast.fuzz", 1_500);
    private static final long FIRST_SEED = Long.getLong("holdfast.fuzz.seed", 1);
    private static final int PATIENCE_MILLIS = 20_000;
    private static final int CLOSE = 8;
    private static final int HANDSHAKES = 5;
    private static final String UPGRADE =
            "GET /third/socket HTTP/1.1\r\nHost: localhost\r\nAuthorization: key-alice\r\n"
                    + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n";

    /** Of a request for another: what no request has (RFC 9113, sections 8.1.1 to 8.3). */
    private static final String[][] MISTAKES = {
        {":path", "/livez"},
        {":method", "GET"},
        {":status", "200"},
        {"Upper", "a"},
        {"a b", "c"},
        {"a", "b\r\nc"},
        {"a", " b"},
        {"connection", "close"},
        {"transfer-encoding", "chunked"},
        {"te", "gzip"},
        {"host", "y"},
        {"content-length", "5"},
        {"", "c"}
    };

    @Test
    void everyStreamOfWebSocketFramesIsReadAsItsGrammarHasIt(@TempDir Path folder)
            throws Exception {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE)) {
            Senders.send(STREAMS, FIRST_SEED, seed -> sendFrames(rig.port, seed));
            assertThat(rig.get("/livez", null).statusCode()).as("it lives").isEqualTo(200);
        }
    }

    private static void sendFrames(int port, long seed) throws IOException {
        byte[] sent = new FuzzedFrames(random(seed)).next();
        FuzzedFrames.Verdict verdict = FuzzedFrames.of(sent);
        String what = verdict.end() + " " + HexFormat.of().formatHex(sent);
        List<String> echoed = new ArrayList<>();
        boolean closed = false;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoLinger(true, 0);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(UPGRADE.getBytes(StandardCharsets.US_ASCII));
            DataInputStream in = new DataInputStream(socket.getInputStream());
            skipHead(in);
            socket.getOutputStream().write(sent);
            while (verdict.end() != End.INCOMPLETE || echoed.size() < verdict.texts().size()) {
                int start = in.read();
                if (start < 0) {
                    closed = true;
                    break;
                }
                int length = in.readUnsignedByte();
                byte[] payload = new byte[length < 126 ? length : in.readUnsignedShort()];
                in.readFully(payload);
                if ((start & 0x0f) == 1) {
                    echoed.add(new String(payload, StandardCharsets.UTF_8));
                }
                closed |= (start & 0x0f) == CLOSE;
            }
        } catch (EOFException | SocketException reset) {
            closed = true;
        } catch (SocketTimeoutException silent) {
            throw new AssertionError("neither closed nor answered: " + what, silent);
        }
        assertThat(closed).as(what).isEqualTo(verdict.end() != End.INCOMPLETE);
        if (verdict.end() == End.INCOMPLETE) {
            assertThat(echoed).as(what).isEqualTo(verdict.texts());
        } else {
            // What came before it may be lost with the connection, but nothing else is said.
            assertThat(verdict.texts().subList(0, Math.min(echoed.size(), verdict.texts().size())))
                    .as(what)
                    .isEqualTo(echoed);
        }
    }

    private static void skipHead(DataInputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readByte());
        }
        assertThat(head.toString()).startsWith("HTTP/1.1 101 ");
    }

    @Test
    void everyStreamOfHttp2FramesIsAnsweredOnceOrNotAtAll(@TempDir Path folder) throws Exception {
        PemCertificate certificate = PemCertificate.make(folder);
        var context = certificate.trusting();
        try (Rig rig = Rig.http2(folder, Rig.Figures.FREE, certificate, ListenerLimits.DEFAULT)) {
            Senders.send(
                    STREAMS / 3,
                    FIRST_SEED,
                    seed -> {
                        boolean heard = false;
                        // On a busy machine a handshake may take longer than it may.
                        for (int i = 0; i < HANDSHAKES && !heard; i++) {
                            try (RawHttp2 connection = new RawHttp2(rig.port, context)) {
                                heard = isAnsweredRight(connection, random(seed));
                            }
                        }
                        assertThat(heard).isTrue();
                    });
            assertThat(rig.get("/livez", null).statusCode()).as("it lives").isEqualTo(200);
        }
    }

    /** False if nothing at all came back though something should have. */
    private static boolean isAnsweredRight(RawHttp2 connection, RandomGenerator random)
            throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int requests = 1 + random.nextInt(5);
        boolean[] malformed = new boolean[requests];
        for (int i = 0; i < requests; i++) {
            malformed[i] = random.nextInt(3) == 0;
            out.writeBytes(
                    frame(
                            HEADERS,
                            END_HEADERS | END_STREAM,
                            1 + 2 * i,
                            request(malformed[i] ? random : null)));
        }
        byte[] bytes = out.toByteArray();
        boolean broken = random.nextInt(3) == 0;
        if (broken) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        connection.send(bytes);
        connection.send(frame(PING, 0, 0, new byte[8]));
        Set<Integer> wanted = new HashSet<>();
        for (int i = 0; i < requests; i++) {
            if (!malformed[i]) {
                wanted.add(1 + 2 * i);
            }
        }
        Map<Integer, List<String>> answers = connection.untilPong(broken, wanted);
        answers.forEach(
                (stream, statuses) -> {
                    assertThat(statuses).as("stream " + stream).hasSizeLessThan(2);
                    if (!broken && !wanted.contains(stream)) {
                        assertThat(statuses).as("stream " + stream).isSubsetOf("400");
                    }
                });
        if (broken || wanted.size() < requests) {
            return true;
        }
        if (!answers.isEmpty()) {
            assertThat(answers.keySet()).isEqualTo(wanted);
        }
        return !answers.isEmpty();
    }

    private static byte[] request(RandomGenerator mistaken) {
        List<String> fields =
                new ArrayList<>(
                        List.of(
                                ":method",
                                "GET",
                                ":scheme",
                                "https",
                                ":path",
                                "/livez",
                                ":authority",
                                "x"));
        if (mistaken != null) {
            fields.addAll(List.of(MISTAKES[mistaken.nextInt(MISTAKES.length)]));
        }
        return block(fields.toArray(String[]::new));
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }
}
