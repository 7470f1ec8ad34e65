package dev.holdfast.app.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client of TLS 1.2 has one handshake: another, and another, would cost it little and us a
 * signature each (CVE-2011-1473).
 */
@Timeout(120)
class RenegotiationTest {
    private static final Path FLAGS = Path.of("..", "packaging", "jvm.options");
    private static final String PASSWORD = "changeit";

    @TempDir private Path folder;

    @Test
    void theFlagsThatServeIsStartedWithGrantNoneToAClient() throws Exception {
        Path keys = folder.resolve("keys.p12");
        run("keytool", "-genkeypair", "-alias", "a", "-keyalg", "EC", "-dname", "CN=localhost");
        assertThat(Files.exists(keys)).isTrue();

        assertThat(run("java", "-Dnot=flags", Twice.class.getName(), keys.toString()))
                .endsWith("granted");
        assertThat(run("java", "@" + FLAGS, Twice.class.getName(), keys.toString()))
                .endsWith("refused");
    }

    private String run(String tool, String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", tool).toString());
        command.addAll(List.of(words));
        if (tool.equals("java")) {
            command.addAll(2, List.of("-cp", System.getProperty("java.class.path")));
        } else {
            command.addAll(List.of("-storepass", PASSWORD, "-keystore"));
            command.add(folder.resolve("keys.p12").toString());
        }
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    /** A client and a server in one process, whose client begins anew; tells how that ended. */
    static final class Twice {
        private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

        private final SSLEngine client;
        private final SSLEngine server;
        private final ByteBuffer toServer;
        private final ByteBuffer toClient;
        private final ByteBuffer read;

        private Twice(SSLContext context) {
            client = context.createSSLEngine("localhost", 1);
            client.setUseClientMode(true);
            client.setEnabledProtocols(new String[] {"TLSv1.2"});
            server = context.createSSLEngine();
            server.setUseClientMode(false);
            int bytes = 4 * client.getSession().getPacketBufferSize();
            toServer = ByteBuffer.allocate(bytes);
            toClient = ByteBuffer.allocate(bytes);
            read = ByteBuffer.allocate(bytes);
        }

        public static void main(String[] args) throws Exception {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(Path.of(args[0]))) {
                keys.load(in, PASSWORD.toCharArray());
            }
            KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
            own.init(keys, PASSWORD.toCharArray());
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("a", keys.getCertificate("a"));
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
            Twice both = new Twice(context);
            both.handshake();
            try {
                both.handshake();
                System.out.println("granted");
            } catch (SSLException refused) {
                System.out.println("refused");
            }
        }

        private void handshake() throws SSLException {
            client.beginHandshake();
            do {
                step(client, toServer, toClient);
                step(server, toClient, toServer);
            } while (isShaking(client) || isShaking(server));
        }

        private void step(SSLEngine engine, ByteBuffer out, ByteBuffer in) throws SSLException {
            while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                engine.wrap(NOTHING, out);
                tasks(engine);
            }
            in.flip();
            while (in.hasRemaining()) {
                engine.unwrap(in, read.clear());
                tasks(engine);
                if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                    break;
                }
            }
            in.compact();
        }

        private static void tasks(SSLEngine engine) {
            for (Runnable task; (task = engine.getDelegatedTask()) != null; ) {
                task.run();
            }
        }

        private static boolean isShaking(SSLEngine engine) {
            return engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING;
        }
    }
}
