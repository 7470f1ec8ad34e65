import java.io.BufferedInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.HexFormat;

/**
 * Adds the certificates of PEM files to a JDK's own: {@code java TrustThisMachine.java CACERTS
 * PEM…}. A JDK that was fetched then trusts what this machine trusts, a company's proxy among it;
 * files that are not there are passed over.
 */
final class TrustThisMachine {
    private static final char[] PASSWORD = "changeit".toCharArray();

    private TrustThisMachine() {}

    public static void main(String[] args) throws Exception {
        Path file = Path.of(args[0]);
        KeyStore trusted = KeyStore.getInstance(file.toFile(), PASSWORD);
        int before = trusted.size();
        CertificateFactory reader = CertificateFactory.getInstance("X.509");
        for (int i = 1; i < args.length; i++) {
            Path pem = Path.of(args[i]);
            if (!Files.isReadable(pem) || Files.isDirectory(pem)) {
                continue;
            }
            try (InputStream in = new BufferedInputStream(Files.newInputStream(pem))) {
                for (Certificate certificate : reader.generateCertificates(in)) {
                    if (trusted.getCertificateAlias(certificate) == null) {
                        byte[] digest =
                                MessageDigest.getInstance("SHA-256")
                                        .digest(certificate.getEncoded());
                        trusted.setCertificateEntry(
                                "this-machine-" + HexFormat.of().formatHex(digest), certificate);
                    }
                }
            }
        }
        if (trusted.size() > before) {
            Path whole = file.resolveSibling("cacerts.new");
            try (OutputStream out = Files.newOutputStream(whole)) {
                trusted.store(out, PASSWORD);
            }
            Files.move(whole, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
