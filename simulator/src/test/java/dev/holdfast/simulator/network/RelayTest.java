package dev.holdfast.simulator.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RelayTest {
    private static final int SILENCE_MILLIS = 200;

    private ServerSocket server;
    private Relay relay;
    private Socket near;
    private Socket far;

    @BeforeEach
    void connect() throws IOException {
        server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        relay = new Relay(server.getLocalPort());
        near = new Socket(InetAddress.getLoopbackAddress(), relay.port());
        far = server.accept();
    }

    @AfterEach
    void close() throws IOException {
        relay.close();
        near.close();
        far.close();
        server.close();
    }

    @Test
    void passesBytesBothWays() throws IOException {
        near.getOutputStream().write(1);
        assertThat(far.getInputStream().read()).isEqualTo(1);
        far.getOutputStream().write(2);
        assertThat(near.getInputStream().read()).isEqualTo(2);
    }

    @Test
    void cutsBothSidesAndPassesOnWhatComesAfter() throws IOException {
        near.getOutputStream().write(1);
        assertThat(far.getInputStream().read()).isEqualTo(1);
        assertThat(relay.cut()).isEqualTo(1);
        assertThat(far.getInputStream().read()).isEqualTo(-1);
        assertThat(near.getInputStream().read()).isEqualTo(-1);
        assertThat(relay.cut()).isZero();
        try (Socket again = new Socket(InetAddress.getLoopbackAddress(), relay.port());
                Socket there = server.accept()) {
            again.getOutputStream().write(3);
            assertThat(there.getInputStream().read()).isEqualTo(3);
        }
    }

    @Test
    void holdsEverythingBackWhileItHangs() throws IOException {
        relay.hang();
        near.getOutputStream().write(4);
        far.setSoTimeout(SILENCE_MILLIS);
        assertThatThrownBy(() -> far.getInputStream().read())
                .isInstanceOf(SocketTimeoutException.class);
        relay.flow();
        far.setSoTimeout(0);
        assertThat(far.getInputStream().read()).isEqualTo(4);
    }
}
