package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.server.HeadLimits;
import dev.holdfast.gateway.server.Place;
import dev.holdfast.gateway.server.Tls;
import dev.holdfast.gateway.wire.ListenerLimits;
import dev.holdfast.simulator.door.Fault;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What connections may hold, and for how long, whatever they speak. */
@Timeout(120)
class ConnectionsTest {
    private static final Place ANY = new Place("127.0.0.1", 0);
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration SHORT = Duration.ofMillis(50);
    private static final int PATIENCE_MILLIS = 60_000;

    /** Time in which somebody who still reads would have taken something. */
    private static final int STUCK_MILLIS = 3_000;

    /** What the kernel's buffers between two sockets of one machine hold at most, and more. */
    private static final long BUFFERS_BYTES = 64L << 20;

    private static final int KEPT = 2_000;
    private static final String IN_HAND = "holdfast_http_in_hand_bytes";
    private static final String PROBE = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";

    @TempDir private Path folder;

    @Test
    void peersThatChooseHttp2AndStaySilentTakePlacesAndAreClosedWhenIdle()
            throws IOException, GeneralSecurityException {
        PemCertificate certificate = PemCertificate.make(folder);
        try (Rig rig = rig(new ListenerLimits(2, LONG, LONG, LONG), certificate);
                SSLSocket first = handshake(rig, certificate);
                SSLSocket second = handshake(rig, certificate);
                Socket third = connect(rig)) {
            assertThat(first.getApplicationProtocol()).isEqualTo("h2");
            assertThat(second.getApplicationProtocol()).isEqualTo("h2");
            assertThat(isClosed(third)).isTrue();
        }
        try (Rig rig = rig(new ListenerLimits(2, SHORT, LONG, LONG), certificate);
                SSLSocket silent = handshake(rig, certificate)) {
            assertThat(isClosed(silent)).isTrue();
        }
    }

    @Test
    void handshakesThatNeverEndTakePlaces() throws IOException, GeneralSecurityException {
        PemCertificate certificate = PemCertificate.make(folder);
        try (Rig rig = rig(new ListenerLimits(1, LONG, LONG, LONG), certificate);
                Socket first = connect(rig)) {
            first.getOutputStream().write(22);
            try (Socket second = connect(rig)) {
                assertThat(isClosed(second)).isTrue();
            }
        }
    }

    @Test
    void oneAddressHasItsPartOfThePlacesUnlessItIsATrustedProxy() throws IOException {
        InetAddress proxy = InetAddress.ofLiteral("127.0.0.9");
        var limits =
                new ListenerLimits(
                        10, 1, proxy::equals, LONG, LONG, LONG, ListenerLimits.shareOfHeap());
        try (Rig rig = rig(limits, null);
                Socket first = from("127.0.0.3", rig);
                Socket another = from("127.0.0.4", rig);
                Socket proxied = from("127.0.0.9", rig);
                Socket proxiedToo = from("127.0.0.9", rig)) {
            for (Socket socket : List.of(first, another, proxied, proxiedToo)) {
                assertThat(answer(socket, PROBE)).isEqualTo("HTTP/1.1 200");
            }
            try (Socket second = from("127.0.0.3", rig)) {
                assertThat(isClosed(second)).isTrue();
            }
            assertThat(figure(rig, "holdfast_http_connections_refused_total{reason=\"address\""))
                    .isEqualTo(1);
        }
    }

    /** However many places there are: the memory has room for ten. */
    @Test
    void oneAddressHasItsPartOfTheMemoryToo() throws IOException {
        var limits = new ListenerLimits(10_000, 5_000, _ -> false, LONG, LONG, LONG, 60L << 10);
        try (Rig rig = rig(limits, null)) {
            List<Socket> sockets = new ArrayList<>();
            try {
                for (int i = 0; i < 5; i++) {
                    sockets.add(from("127.0.0.3", rig));
                    assertThat(answer(sockets.getLast(), PROBE)).isEqualTo("HTTP/1.1 200");
                }
                sockets.add(from("127.0.0.3", rig));
                assertThat(isClosed(sockets.getLast())).isTrue();
                sockets.add(from("127.0.0.4", rig));
                assertThat(answer(sockets.getLast(), PROBE)).isEqualTo("HTTP/1.1 200");
            } finally {
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void operatorsComeInWhileCallersHaveTakenAllPlaces() throws IOException {
        var settings =
                new GatewaySettings(
                        ANY,
                        ANY,
                        null,
                        new ListenerLimits(1, LONG, LONG, LONG),
                        Rig.ANSWER_WITHIN,
                        2);
        try (Rig rig = new Rig(folder, Rig.Figures.FREE, false, settings);
                Socket only = connect(rig)) {
            assertThat(answer(only, PROBE)).isEqualTo("HTTP/1.1 200");
            try (Socket refused = connect(rig);
                    Socket operator =
                            new Socket(
                                    InetAddress.getLoopbackAddress(),
                                    rig.gateway.managementPort())) {
                assertThat(isClosed(refused)).isTrue();
                assertThat(answer(operator, PROBE)).isEqualTo("HTTP/1.1 200");
            }
        }
    }

    @Test
    void headersAreCountedWhileTheyAreRead() throws IOException {
        try (Rig rig = rig(new ListenerLimits(10, LONG, LONG, LONG), null);
                Socket socket = connect(rig)) {
            String lines = "a:b\r\n".repeat(HeadLimits.MAX_HEADERS + 1);
            assertThat(answer(socket, "GET /livez HTTP/1.1\r\n" + lines)).isEqualTo("HTTP/1.1 431");
        }
    }

    @Test
    void nothingMoreIsReadWhileARequestIsInHand() throws IOException {
        try (Rig rig = rig(new ListenerLimits(10, LONG, LONG, LONG), null)) {
            rig.upstream.fault(Fault.of(Fault.Mode.HANG));
            String held =
                    "GET /v1/requests/%s HTTP/1.1\r\nHost: x\r\nAuthorization: key-alice\r\n"
                                    .formatted(rig.pending("held", "alice"))
                            + "Prefer: wait=60\r\n\r\n";
            assertThat(taken(rig, held, PROBE.repeat(100))).isLessThan(BUFFERS_BYTES);
        }
    }

    @Test
    void pingsOfWhoReadsNothingAreReadNoFurther() throws IOException {
        try (Rig rig = rig(new ListenerLimits(10, LONG, LONG, LONG), null)) {
            byte[] ping = new byte[6 + 125];
            ping[0] = (byte) 0x89;
            ping[1] = (byte) (0x80 | 125);
            String pings = new String(ping, StandardCharsets.ISO_8859_1).repeat(100);
            assertThat(taken(rig, upgrade("key-alice"), pings)).isLessThan(BUFFERS_BYTES);
        }
    }

    @Test
    void anUnfinishedMessageIsCountedAndOthersGoOn() throws IOException {
        long room = 64L << 10;
        var limits = new ListenerLimits(10, 10, _ -> false, LONG, LONG, LONG, room);
        try (Rig rig = rig(limits, null);
                Socket first = connect(rig)) {
            assertThat(answer(first, upgrade("key-alice"))).isEqualTo("HTTP/1.1 101");
            byte[] start = new byte[60_000];
            start[0] = 0x01; // text, not the last frame
            start[1] = (byte) (0x80 | 126);
            start[2] = (byte) 0xff;
            first.getOutputStream().write(start);

            assertThat(isClosed(first)).isTrue();
            assertThat(figure(rig, "holdfast_http_overloads_total")).isPositive();
            othersGoOn(rig);
        }
    }

    @Test
    void halfSentBodiesHaveABoundTogetherAndOthersGoOn() throws IOException {
        long room = 100L << 10;
        var limits = new ListenerLimits(10, 10, _ -> false, LONG, LONG, LONG, room);
        List<Socket> sockets = new ArrayList<>();
        try (Rig rig = rig(limits, null)) {
            String half =
                    "POST /crypto/sign HTTP/1.1\r\nHost: x\r\nAuthorization: key-alice\r\n"
                            + "Content-Type: application/json\r\nContent-Length: 9000\r\n\r\n"
                            + "x".repeat(8000);
            String refused = "";
            while (!refused.equals("HTTP/1.1 503") && sockets.size() < 5) {
                Socket socket = connect(rig);
                sockets.add(socket);
                socket.getOutputStream().write(half.getBytes(StandardCharsets.US_ASCII));
                othersGoOn(rig);
                refused = startIfAny(sockets);
            }
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
            while (refused.isEmpty() && System.nanoTime() < until) { // it may be under way
                refused = startIfAny(sockets);
            }
            assertThat(refused).isEqualTo("HTTP/1.1 503");
            for (Socket socket : sockets) {
                socket.close();
            }
            double left;
            do { // what is gone is not in hand any more
                left = figure(rig, "holdfast_http_in_hand_bytes");
            } while (left > 3 * (6 << 10));
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void whatThereIsNoRoomForIsNotWritten() throws IOException {
        long room = Rig.LARGE_BYTES;
        var limits = new ListenerLimits(10, 10, _ -> false, LONG, LONG, LONG, room);
        try (Rig rig = rig(limits, null);
                Socket socket = connect(rig)) {
            String large =
                    "GET /third/large HTTP/1.1\r\nHost: x\r\nAuthorization: key-alice\r\n\r\n";
            assertThat(startOfAnswer(socket, large)).isEmpty();
            assertThat(figure(rig, "holdfast_http_overloads_total")).isPositive();
        }
    }

    /** The other end of each is in this process, too, and costs a little. */
    @Test
    void aConnectionThatIsKeptTakesNoMoreMemoryThanItIsCountedWith() throws IOException {
        List<SocketChannel> kept = new ArrayList<>();
        try (Rig rig = rig(ListenerLimits.DEFAULT, null)) {
            try {
                keep(rig, kept, 100); // what is made once is made
                double counted = figure(rig, IN_HAND);
                long heap = usedHeap();
                keep(rig, kept, KEPT);
                long each = (usedHeap() - heap) / KEPT;

                assertThat(each).isLessThan((long) (figure(rig, IN_HAND) - counted) / KEPT);
            } finally {
                for (SocketChannel channel : kept) {
                    channel.close();
                }
            }
        }
    }

    /** So many more that were answered once. */
    private static void keep(Rig rig, List<SocketChannel> kept, int more) throws IOException {
        var server = new InetSocketAddress(InetAddress.getLoopbackAddress(), rig.port);
        ByteBuffer answer = ByteBuffer.allocate(1_000);
        for (int i = 0; i < more; i++) {
            SocketChannel channel = SocketChannel.open(server);
            kept.add(channel);
            channel.write(ByteBuffer.wrap(PROBE.getBytes(StandardCharsets.ISO_8859_1)));
            assertThat(channel.read(answer.clear())).isPositive();
        }
    }

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** On a busy machine the store may be late, which is a 503 as well. */
    private static void othersGoOn(Rig rig) {
        int status;
        do {
            status = rig.get("/crypto/sign?message=m", "bob").statusCode();
        } while (status == 503);
        assertThat(status).isIn(200, 202);
    }

    private Rig rig(ListenerLimits limits, @Nullable PemCertificate certificate) {
        Tls tls = certificate == null ? null : certificate.files();
        return new Rig(
                folder,
                Rig.Figures.FREE,
                false,
                new GatewaySettings(ANY, null, tls, limits, Rig.ANSWER_WITHIN, 2));
    }

    private static Socket connect(Rig rig) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), rig.port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private static Socket from(String address, Rig rig) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), rig.port));
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private static SSLSocket handshake(Rig rig, PemCertificate certificate)
            throws IOException, GeneralSecurityException {
        SSLSocket socket =
                (SSLSocket)
                        certificate
                                .trusting()
                                .getSocketFactory()
                                .createSocket(InetAddress.getLoopbackAddress(), rig.port);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.startHandshake();
        return socket;
    }

    /** What is left to read of the head of an answer that opens a WebSocket. */
    private static final int MOST_HEAD_BYTES = 600;

    /** Whether it is closed by the other side before it says anything, now or soon. */
    private static boolean isClosed(Socket socket) throws IOException {
        try {
            return socket.getInputStream().readAllBytes().length < MOST_HEAD_BYTES;
        } catch (SocketException | javax.net.ssl.SSLException reset) {
            return true;
        }
    }

    /** How its answer begins; nothing if it is closed instead. */
    private static String startOfAnswer(Socket socket, String request) throws IOException {
        try {
            return answer(socket, request);
        } catch (SocketException reset) {
            return "";
        }
    }

    private static String answer(Socket socket, String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
    }

    private static String startIfAny(List<Socket> sockets) throws IOException {
        for (Socket socket : sockets) {
            String start = startIfAny(socket);
            if (!start.isEmpty()) {
                return start;
            }
        }
        return "";
    }

    private static String startIfAny(Socket socket) throws IOException {
        return socket.getInputStream().available() < 12
                ? ""
                : new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
    }

    private static String upgrade(String key) {
        return "GET /third/socket HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                + key
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n";
    }

    /** Bytes that a gateway takes of {@code more}, again and again, from one that reads nothing. */
    private static long taken(Rig rig, String first, String more) throws IOException {
        long wrote = 0;
        try (SocketChannel channel =
                        SocketChannel.open(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), rig.port));
                Selector selector = Selector.open()) {
            channel.write(ByteBuffer.wrap(first.getBytes(StandardCharsets.ISO_8859_1)));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_WRITE);
            ByteBuffer bytes = ByteBuffer.wrap(more.getBytes(StandardCharsets.ISO_8859_1));
            while (wrote < BUFFERS_BYTES && selector.select(STUCK_MILLIS) > 0) {
                selector.selectedKeys().clear();
                wrote += channel.write(bytes);
                if (!bytes.hasRemaining()) {
                    bytes.rewind();
                }
            }
        }
        return wrote;
    }

    private static double figure(Rig rig, String name) {
        return rig.get("/metrics", "alice")
                .body()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }
}
