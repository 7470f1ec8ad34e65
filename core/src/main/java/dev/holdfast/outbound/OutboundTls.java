package dev.holdfast.outbound;

import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Whom we trust beside the authorities of the JDK, and who we are (RFC 8446, section 4.4.2). Files
 * that are renewed are taken without a restart ({@link TlsRenewal}).
 *
 * @param ca PEM file of the certificates of authorities of one's own, or null for none
 * @param certificate PEM file of our own certificate, those that vouch for it after it, or null
 * @param key PEM file of its private key, or null
 */
public record OutboundTls(@Nullable Path ca, @Nullable Path certificate, @Nullable Path key) {
    /** The authorities of the JDK, and no certificate of our own. */
    public static final OutboundTls PLAIN = new OutboundTls(null, null, null);

    /** Most authorities of one's own, so that no wrong file is read for long. */
    private static final int MAX_AUTHORITIES = 1_000;

    public OutboundTls {
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("a certificate and its key go together");
        }
    }

    /**
     * Puts this into a client's options.
     *
     * @throws IllegalArgumentException if a file cannot be read, or is not what it should be
     */
    public void into(ClientOptionsBase options) {
        TrustOptions trust = trust();
        if (trust != null) {
            options.setTrustOptions(trust);
        }
        KeyCertOptions own = own();
        if (own != null) {
            options.setKeyCertOptions(own);
        }
    }

    /**
     * Reads the files, as a client would.
     *
     * @throws IllegalArgumentException if one cannot be read, or is not what it should be
     */
    public void check() {
        into(new NetClientOptions());
    }

    private @Nullable KeyCertOptions own() {
        if (certificate == null || key == null) {
            return null;
        }
        if (authorities(certificate).isEmpty() || !Files.isReadable(key)) {
            throw new IllegalArgumentException(
                    "there is no readable certificate in " + certificate + " or no key in " + key);
        }
        return new PemKeyCertOptions()
                .setCertPath(certificate.toString())
                .setKeyPath(key.toString());
    }

    private @Nullable TrustOptions trust() {
        if (ca == null) {
            return null;
        }
        try {
            KeyStore all = KeyStore.getInstance(KeyStore.getDefaultType());
            all.load(null, null);
            int number = 0;
            for (X509Certificate known : jdks()) {
                all.setCertificateEntry("jdk-" + number++, known);
            }
            List<X509Certificate> own = authorities(ca);
            if (own.isEmpty()) {
                throw new IllegalArgumentException("there is no certificate in " + ca);
            }
            for (X509Certificate one : own) {
                all.setCertificateEntry("own-" + number++, one);
            }
            TrustManagerFactory factory =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(all);
            return TrustOptions.wrap(factory.getTrustManagers()[0]);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException("cannot trust " + ca + ": " + e.getMessage(), e);
        }
    }

    private static List<X509Certificate> jdks() throws GeneralSecurityException {
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        List<X509Certificate> known = new ArrayList<>();
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager x509) {
                known.addAll(List.of(x509.getAcceptedIssuers()));
            }
        }
        return known;
    }

    private static List<X509Certificate> authorities(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            Collection<? extends Certificate> read =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            return read.stream().limit(MAX_AUTHORITIES).map(X509Certificate.class::cast).toList();
        } catch (IOException e) {
            throw new IllegalArgumentException("there is no readable file " + file, e);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("no certificates in PEM are in " + file, e);
        }
    }
}
