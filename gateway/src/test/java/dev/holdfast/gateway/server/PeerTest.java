package dev.holdfast.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.Rig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerTest {
    private static final String ASK = "GET /v1/requests HTTP/1.1\r\nHost: x\r\nAuthorization: ";

    @TempDir private Path folder;

    @Test
    void oneConnectionMayServeManyCallersAndNoneLendsItsKey() throws IOException {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE);
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), rig.port)) {
            assertThat(status(socket, "key-alice")).isEqualTo("200");
            assertThat(status(socket, "key-alice")).isEqualTo("200");
            assertThat(status(socket, "key-alicf")).isEqualTo("401");
            assertThat(status(socket, "key-ali")).isEqualTo("401");
            assertThat(status(socket, "key-bob")).isEqualTo("200");
            assertThat(status(socket, "key-alice")).isEqualTo("200");
        }
    }

    private static String status(Socket socket, String key) throws IOException {
        socket.setSoTimeout(10_000);
        String request = ASK + key + "\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        StringBuilder answer = new StringBuilder();
        int length = -1;
        while (length < 0 || answer.length() < length) {
            answer.append((char) socket.getInputStream().read());
            int end = answer.indexOf("\r\n\r\n");
            if (length < 0 && end > 0) {
                String lower = answer.toString().toLowerCase(java.util.Locale.ROOT);
                String size = lower.replaceAll("(?s).*content-length: (\\d+).*", "$1");
                length = end + 4 + Integer.parseInt(size);
            }
        }
        return answer.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length());
    }
}
