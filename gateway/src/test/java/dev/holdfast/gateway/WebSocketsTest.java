package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How WebSockets begin and end (RFC 6455), said byte by byte. */
@Timeout(120)
class WebSocketsTest {
    private static final int PATIENCE_MILLIS = 20_000;

    private static Rig rig;

    @BeforeAll
    static void start(@TempDir Path folder) {
        rig = new Rig(folder, Rig.Figures.FREE);
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    /** One that does not come was waited for without an end. */
    @Test
    void whoAsksForOneSendsNoBody() throws IOException {
        try (Socket socket = connect()) {
            String body = "Content-Length: 5\r\n\r\nhel";
            socket.getOutputStream().write(ascii(upgrade("/third/socket") + body));
            assertThat(
                            new String(
                                    socket.getInputStream().readNBytes(12),
                                    StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 400");
        }
    }

    private static Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), rig.port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String upgrade(String path) {
        return "GET "
                + path
                + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: key-alice\r\n"
                + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n";
    }
}
