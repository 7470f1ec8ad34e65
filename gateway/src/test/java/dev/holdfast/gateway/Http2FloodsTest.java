package dev.holdfast.gateway;

import static dev.holdfast.gateway.RawHttp2.END_HEADERS;
import static dev.holdfast.gateway.RawHttp2.END_STREAM;
import static dev.holdfast.gateway.RawHttp2.HEADERS;
import static dev.holdfast.gateway.RawHttp2.RST_STREAM;
import static dev.holdfast.gateway.RawHttp2.SETTINGS;
import static dev.holdfast.gateway.RawHttp2.block;
import static dev.holdfast.gateway.RawHttp2.frame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.wire.ListenerLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Frames of HTTP/2 that each are allowed, and of which there is no end. */
@Timeout(120)
class Http2FloodsTest {
    /** More than anybody sends who means it. */
    private static final int FLOOD = 20_000;

    private static Rig rig;
    private static SSLContext trusting;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        PemCertificate certificate = PemCertificate.make(folder);
        trusting = certificate.trusting();
        rig = Rig.http2(folder, Rig.Figures.FREE, certificate, ListenerLimits.DEFAULT);
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    @Test
    void aClientMakesTheTableOfWhatItIsAnsweredNoLarger() throws IOException {
        try (RawHttp2 connection = new RawHttp2(rig.port, trusting)) {
            byte[] largest = {0, 1, 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff};
            for (int stream = 1; stream < 6; stream += 2) {
                connection.send(frame(SETTINGS, 0, 0, largest));
                connection.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, get("/livez")));
                // Its reader has a table of 4,096 bytes and fails where it is told of a larger one.
                assertThat(connection.await(stream).status()).isEqualTo("200");
            }
        }
    }

    /** It is we who reset them, since no path begins with x (CVE-2025-55163). */
    @Test
    void whoHasStreamsResetWithoutEndIsClosed() throws IOException {
        try (RawHttp2 connection = new RawHttp2(rig.port, trusting)) {
            for (int n = 0; n < FLOOD; n++) {
                connection.send(frame(HEADERS, END_HEADERS | END_STREAM, 1 + 2 * n, get("x")));
            }
            connection.awaitClosed();
        } catch (SocketException | SSLException closed) {
            // As was wanted.
        }
        assertThat(rig.get("/livez", null).statusCode()).isEqualTo(200);
    }

    /** A stranger who does that again and again would fill the log. */
    @Test
    void whatIsResetWhileItWaitsForItsTurnIsNoMistakeOfOurs() throws IOException {
        List<Throwable> thrown = new CopyOnWriteArrayList<>();
        rig.vertx.exceptionHandler(thrown::add);
        try {
            for (int connections = 0; connections < 5; connections++) {
                var all = new ByteArrayOutputStream();
                for (int n = 0; n < 90; n++) {
                    int stream = 1 + 2 * n;
                    all.writeBytes(frame(HEADERS, END_HEADERS | END_STREAM, stream, get("/livez")));
                    all.writeBytes(frame(RST_STREAM, 0, stream, new byte[] {0, 0, 0, 8}));
                }
                int last = 1 + 2 * 90;
                all.writeBytes(frame(HEADERS, END_HEADERS | END_STREAM, last, get("/livez")));
                try (RawHttp2 connection = new RawHttp2(rig.port, trusting)) {
                    connection.send(all.toByteArray());
                    assertThat(connection.await(last).status()).isEqualTo("200");
                }
            }
        } finally {
            rig.vertx.exceptionHandler(null);
        }
        assertThat(thrown).isEmpty();
    }

    private static byte[] get(String path) {
        return block(":method", "GET", ":scheme", "https", ":path", path, ":authority", "x");
    }
}
