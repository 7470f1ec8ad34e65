package dev.holdfast.app.serve;

import dev.holdfast.app.config.UpstreamSettings;
import dev.holdfast.outbound.auth.Auth;
import dev.holdfast.store.Clients;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Tells an upstream from another by what is called, its URL and its credentials (of a user or a
 * client its name), so that one which is renamed, or has two names, has no fresh quota. One of
 * several credentials is told as an upstream that has only this one; an upstream with several by
 * its URL and name, until the store knows one of them. What is kept is a keyed hash (HMAC-SHA256,
 * RFC 2104) whose key stays in the store; nobody can try credentials against it elsewhere.
 */
final class Identities {
    private static final String SECRET = "ledger-identity";
    private static final String ALGORITHM = "HmacSHA256";
    private static final int SECRET_BYTES = 32;

    /** Names of headers that say who calls. */
    private static final Pattern CREDENTIAL =
            Pattern.compile(".*(auth|key|token|secret|credential|cookie|session|account).*");

    private final byte[] secret;

    private Identities(byte[] secret) {
        this.secret = secret.clone();
    }

    /** With the store's own key, made when it is first needed. Blocks. */
    static Identities of(Clients clients) {
        byte[] fresh = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(fresh);
        String kept =
                clients.secret(SECRET)
                        .orElseGet(
                                () -> clients.keepSecret(SECRET, HexFormat.of().formatHex(fresh)));
        return new Identities(HexFormat.of().parseHex(kept));
    }

    /** The same for whatever calls the same with the same credentials. */
    String of(UpstreamSettings upstream) {
        StringBuilder called = called(upstream, Map.of());
        if (!upstream.credentials().isEmpty()) {
            called.append("\npool:").append(upstream.name());
        }
        return HexFormat.of().formatHex(hash(called.toString()));
    }

    /** The same for whatever calls the same with this credential, whether it is one of several. */
    String of(UpstreamSettings upstream, UpstreamSettings.Credential with) {
        return HexFormat.of().formatHex(hash(called(upstream, with.headers()).toString()));
    }

    /**
     * @param more headers that say who calls, whatever they are called
     */
    private static StringBuilder called(UpstreamSettings upstream, Map<String, String> more) {
        StringBuilder called = new StringBuilder(called(upstream.url()));
        Map<String, String> credentials = new TreeMap<>();
        upstream.headers()
                .forEach((name, value) -> credentials.put(name.toLowerCase(Locale.ROOT), value));
        credentials.keySet().removeIf(name -> !CREDENTIAL.matcher(name).matches());
        more.forEach((name, value) -> credentials.put(name.toLowerCase(Locale.ROOT), value));
        // Neither holds a line break.
        credentials.forEach(
                (name, value) ->
                        called.append('\n').append(name).append(':').append(value.strip()));
        switch (upstream.auth()) {
            case Auth.None() -> {
                // The headers say it.
            }
            case Auth.Basic basic -> called.append("\nuser:").append(line(basic.user()));
            case Auth.OAuth2 client ->
                    called.append("\nclient:")
                            .append(line(client.clientId()))
                            .append('\n')
                            .append(client.tokenUrl());
        }
        return called;
    }

    private static String line(String text) {
        return text.replace("\\", "\\\\").replace("\n", "\\n");
    }

    /** A URL in one spelling. */
    private static String called(URI url) {
        String scheme = url.getScheme().toLowerCase(Locale.ROOT);
        int usual = scheme.equals("https") ? 443 : 80;
        String path = url.getRawPath() == null ? "" : url.getRawPath();
        return scheme
                + "://"
                + url.getHost().toLowerCase(Locale.ROOT)
                + ':'
                + (url.getPort() < 0 ? usual : url.getPort())
                + (path.endsWith("/") ? path.substring(0, path.length() - 1) : path);
    }

    private byte[] hash(String called) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
            return mac.doFinal(called.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }
}
