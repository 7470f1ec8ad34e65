package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.wire.ListenerLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What connections with TLS make the gateway hold, and what is counted of it. */
@Timeout(300)
class TlsConnectionsTest {
    private static final int KEPT_OF_HTTP1 = 300;
    private static final int KEPT_OF_HTTP2 = 600;
    private static final int RECORD_BYTES = 16 << 10;

    /** Headers that fill the table of 4,096 bytes: 32 for each, its name and its value. */
    private static final int FIELDS = 118;

    private static final int NET_BYTES = 40_000;

    @TempDir private Path folder;
    private PemCertificate certificate;

    @BeforeEach
    void certify() throws Exception {
        certificate = PemCertificate.make(folder);
    }

    @Test
    @Timeout(60)
    void aRecordThatIsNotWholeIsCounted() throws Exception {
        try (Rig rig = rig();
                Socket plain = new Socket(InetAddress.getLoopbackAddress(), rig.port);
                SSLSocket tls =
                        (SSLSocket)
                                certificate
                                        .trusting()
                                        .getSocketFactory()
                                        .createSocket(plain, "127.0.0.1", rig.port, true)) {
            tls.startHandshake();
            tls.getOutputStream().write(probe());
            assertThat(tls.getInputStream().read()).isEqualTo('H');
            double before = inHand(rig);
            byte[] record = new byte[RECORD_BYTES];
            System.arraycopy(new byte[] {23, 3, 3, 0x40, 0}, 0, record, 0, 5);
            plain.getOutputStream().write(record);

            double now;
            do {
                now = inHand(rig);
            } while (now < before + RECORD_BYTES - 4096);
        }
    }

    @Test
    void oneThatSpeaksHttp1TakesNoMoreMemoryThanItIsCountedWith() throws Exception {
        takesNoMoreThanIsCounted("http/1.1", probe(), KEPT_OF_HTTP1);
    }

    /** With a table of headers as full as a client can make it. */
    @Test
    void oneThatSpeaksHttp2TakesNoMoreMemoryThanItIsCountedWith() throws Exception {
        var head = new ByteArrayOutputStream();
        head.writeBytes(
                RawHttp2.block(
                        ":method",
                        "GET",
                        ":scheme",
                        "https",
                        ":path",
                        "/livez",
                        ":authority",
                        "localhost"));
        for (int i = 0; i < FIELDS; i++) {
            byte[] name = ("a" + i).getBytes(StandardCharsets.US_ASCII);
            head.write(0x40); // a literal that is put into the table
            head.write(name.length);
            head.writeBytes(name);
            head.write(0);
        }
        var all = new ByteArrayOutputStream();
        all.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        all.writeBytes(RawHttp2.frame(RawHttp2.SETTINGS, 0, 0, new byte[0]));
        int flags = RawHttp2.END_HEADERS | RawHttp2.END_STREAM;
        all.writeBytes(RawHttp2.frame(RawHttp2.HEADERS, flags, 1, head.toByteArray()));
        takesNoMoreThanIsCounted("h2", all.toByteArray(), KEPT_OF_HTTP2);
    }

    private void takesNoMoreThanIsCounted(String protocol, byte[] ask, int more) throws Exception {
        List<SocketChannel> kept = new ArrayList<>();
        try (Rig rig = rig()) {
            try {
                keep(rig, protocol, ask, kept, 100); // what is made once is made
                double counted = inHand(rig);
                long heap = usedHeap();
                keep(rig, protocol, ask, kept, more);

                assertThat((usedHeap() - heap) / more)
                        .isLessThan((long) (inHand(rig) - counted) / more);
            } finally {
                for (SocketChannel channel : kept) {
                    channel.close();
                }
            }
        }
    }

    /** So many more that were answered once; at this end nothing is left of them but a socket. */
    private void keep(Rig rig, String protocol, byte[] ask, List<SocketChannel> kept, int more)
            throws Exception {
        SSLContext trusting = certificate.trusting();
        var server = new InetSocketAddress(InetAddress.getLoopbackAddress(), rig.port);
        for (int i = 0; i < more; i++) {
            SocketChannel channel = SocketChannel.open(server);
            kept.add(channel);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            SSLEngine engine = trusting.createSSLEngine();
            engine.setUseClientMode(true);
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {protocol});
            engine.setSSLParameters(parameters);
            assertThat(new Talk(engine, channel).answer(ask)).contains("\"status\"");
        }
    }

    /** A client of TLS on a socket that blocks. */
    private record Talk(
            SSLEngine engine, SocketChannel channel, ByteBuffer in, ByteArrayOutputStream told) {
        Talk(SSLEngine engine, SocketChannel channel) {
            this(engine, channel, ByteBuffer.allocate(NET_BYTES), new ByteArrayOutputStream());
        }

        /** All that came until the end of a JSON object. */
        String answer(byte[] ask) throws IOException {
            engine.beginHandshake();
            boolean asked = false;
            while (true) {
                HandshakeStatus status = engine.getHandshakeStatus();
                if (status == HandshakeStatus.NEED_TASK) {
                    engine.getDelegatedTask().run();
                } else if (status == HandshakeStatus.NEED_WRAP) {
                    send(new byte[0]);
                } else if (status != HandshakeStatus.NEED_UNWRAP && !asked) {
                    asked = true;
                    send(ask);
                } else if (told.toString(StandardCharsets.ISO_8859_1).endsWith("}")) {
                    return told.toString(StandardCharsets.ISO_8859_1);
                } else {
                    read();
                }
            }
        }

        private void send(byte[] bytes) throws IOException {
            ByteBuffer out = ByteBuffer.allocate(NET_BYTES);
            engine.wrap(ByteBuffer.wrap(bytes), out);
            out.flip();
            while (out.hasRemaining()) {
                channel.write(out);
            }
        }

        private void read() throws IOException {
            ByteBuffer plain = ByteBuffer.allocate(NET_BYTES);
            in.flip();
            SSLEngineResult result = engine.unwrap(in, plain);
            in.compact();
            told.write(plain.array(), 0, plain.position());
            if (result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW
                    && channel.read(in) < 0) {
                throw new IOException("closed");
            }
        }
    }

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private Rig rig() {
        return Rig.http2(folder, Rig.Figures.FREE, certificate, ListenerLimits.DEFAULT);
    }

    private static byte[] probe() {
        return "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    }

    private static double inHand(Rig rig) {
        return rig.get("/metrics", null)
                .body()
                .lines()
                .filter(line -> line.startsWith("holdfast_http_in_hand_bytes"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }
}
