package dev.holdfast.outbound;

import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;

/** A self-signed certificate, made by the JDK's keytool. */
public final class TestCertificate {
    private static final String PASSWORD = "changeit";

    private TestCertificate() {}

    /** Key and certificate for {@code host}, which also serve as the store to trust. */
    public static PfxOptions forHost(String host, Path folder)
            throws IOException, InterruptedException {
        Path store = folder.resolve(host + ".p12");
        Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        Path log = folder.resolve(host + ".log");
        Process process =
                new ProcessBuilder(
                                keytool.toString(),
                                "-genkeypair",
                                "-keystore",
                                store.toString(),
                                "-storetype",
                                "PKCS12",
                                "-storepass",
                                PASSWORD,
                                "-alias",
                                "server",
                                "-keyalg",
                                "EC",
                                "-groupname",
                                "secp256r1",
                                "-validity",
                                "2",
                                "-dname",
                                "CN=" + host,
                                "-ext",
                                "san=dns:" + host)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        if (process.waitFor() != 0) {
            throw new IOException("keytool failed: " + Files.readString(log));
        }
        return new PfxOptions().setPath(store.toString()).setPassword(PASSWORD);
    }

    /** Its certificate, or its private key, as a PEM file. */
    public static Path pem(PfxOptions store, Path file, boolean key)
            throws IOException, GeneralSecurityException {
        char[] password = store.getPassword().toCharArray();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(Path.of(store.getPath()))) {
            keys.load(in, password);
        }
        byte[] der =
                key
                        ? keys.getKey("server", password).getEncoded()
                        : keys.getCertificate("server").getEncoded();
        String what = key ? "PRIVATE KEY" : "CERTIFICATE";
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return Files.writeString(
                file, "-----BEGIN " + what + "-----\n" + body + "\n-----END " + what + "-----\n");
    }
}
