package dev.holdfast.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.gateway.GatewaySettings;
import dev.holdfast.gateway.PemCertificate;
import dev.holdfast.gateway.Rig;
import dev.holdfast.gateway.wire.ListenerLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The listener's certificate, and what is spoken under it. */
@Timeout(120)
class CertificatesTest {
    private static final int PATIENCE_MILLIS = 20_000;

    @TempDir private Path folder;
    private PemCertificate first;

    @BeforeEach
    void make() throws IOException, GeneralSecurityException {
        first = PemCertificate.make(Files.createDirectories(folder.resolve("first")));
    }

    @Test
    void aRenewedCertificateIsShownWithoutARestart() throws IOException, GeneralSecurityException {
        PemCertificate second =
                PemCertificate.make(Files.createDirectories(folder.resolve("second")));
        try (Rig rig = rig()) {
            handshake(rig, first, null);
            assertThatThrownBy(() -> handshake(rig, second, null)).isInstanceOf(SSLException.class);

            replace(second.files().certificate(), first.files().certificate());
            replace(second.files().key(), first.files().key());
            assertThat(look(rig)).as("it may be written just now").isFalse();
            assertThat(look(rig)).isTrue();
            handshake(rig, second, null);

            Files.writeString(first.files().certificate(), "not a certificate");
            assertThat(look(rig)).isFalse();
            assertThat(look(rig)).as("one that is none is not taken").isFalse();
            handshake(rig, second, null);
        }
    }

    @Test
    void tls12IsSpokenWithForwardSecrecyAndWithoutCbc()
            throws IOException, GeneralSecurityException {
        try (Rig rig = rig()) {
            assertThat(handshake(rig, first, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"))
                    .isEqualTo("TLSv1.2");
            assertThatThrownBy(
                            () -> handshake(rig, first, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"))
                    .isInstanceOf(SSLException.class);
        }
    }

    private Rig rig() throws IOException {
        return new Rig(
                Files.createDirectories(folder.resolve("data")),
                Rig.Figures.FREE,
                false,
                new GatewaySettings(
                        new Place("127.0.0.1", 0),
                        null,
                        first.files(),
                        ListenerLimits.DEFAULT,
                        Rig.ANSWER_WITHIN,
                        2));
    }

    private static boolean look(Rig rig) {
        return rig.gateway.certificates().look().toCompletionStage().toCompletableFuture().join();
    }

    private static void replace(Path from, Path to) throws IOException {
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Answers the protocol; with {@code suite} only that one of TLS 1.2 is offered. */
    private static String handshake(Rig rig, PemCertificate trusted, String suite)
            throws IOException, GeneralSecurityException {
        try (SSLSocket socket =
                (SSLSocket)
                        trusted.trusting()
                                .getSocketFactory()
                                .createSocket(InetAddress.getLoopbackAddress(), rig.port)) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            if (suite != null) {
                socket.setEnabledProtocols(new String[] {"TLSv1.2"});
                socket.setEnabledCipherSuites(new String[] {suite});
            }
            socket.startHandshake();
            return socket.getSession().getProtocol();
        }
    }
}
