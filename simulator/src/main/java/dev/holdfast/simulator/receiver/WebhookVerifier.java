package dev.holdfast.simulator.receiver;

import dev.holdfast.simulator.Bounds;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Checks a webhook as the Standard Webhooks specification asks of a receiver: {@code v1} (HMAC with
 * SHA-256) by the secrets, {@code v1a} (ed25519) by the public keys, and the timestamp. Written
 * apart from the sender's code, so that a common mistake cannot hide.
 */
public final class WebhookVerifier {
    private static final String SECRET_PREFIX = "whsec_";
    private static final String PUBLIC_PREFIX = "whpk_";

    /** Lengths of a secret in bytes, as Standard Webhooks has them. */
    private static final int LEAST_SECRET = 24;

    private static final int MOST_SECRET = 64;

    /** What stands before the 32 bytes of an ed25519 key in X.509 (RFC 8410). */
    private static final byte[] X509_HEAD = {
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00
    };

    private final List<SecretKeySpec> secrets = new ArrayList<>();
    private final List<PublicKey> publicKeys = new ArrayList<>();
    private final Duration tolerance;

    /**
     * @param secrets any of them will do for v1; none = v1 is not looked at
     * @param publicKeys any of them will do for v1a; none = v1a is not looked at
     * @param tolerance how far the timestamp may be from now, both ways
     * @throws IllegalArgumentException if one of the keys is none
     */
    public WebhookVerifier(List<String> secrets, List<String> publicKeys, Duration tolerance) {
        for (var secret : secrets) {
            this.secrets.add(new SecretKeySpec(secret(secret), "HmacSHA256"));
        }
        for (var key : publicKeys) {
            this.publicKeys.add(publicKey(decode(key, PUBLIC_PREFIX)));
        }
        Bounds.time("tolerance", tolerance, Bounds.LONGEST_TIME);
        this.tolerance = tolerance;
    }

    private static byte[] secret(String text) {
        byte[] secret = decode(text, SECRET_PREFIX);
        Bounds.whole("the bytes of a secret", secret.length, LEAST_SECRET, MOST_SECRET);
        return secret;
    }

    /** What is wrong with it, in words; nothing if it is genuine. */
    public Optional<String> mistake(
            @Nullable String id,
            @Nullable String timestamp,
            @Nullable String signatures,
            byte[] body,
            Instant now) {
        if (id == null || timestamp == null || signatures == null) {
            return Optional.of("webhook-id, webhook-timestamp or webhook-signature is missing");
        }
        if (!timely(timestamp, now)) {
            return Optional.of("webhook-timestamp is not within " + tolerance + " of now");
        }
        var head = (id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8);
        if (!secrets.isEmpty() && !anyMatches(signatures, "v1,", s -> hmacMatches(head, body, s))) {
            return Optional.of("no v1 signature is right");
        }
        if (!publicKeys.isEmpty()
                && !anyMatches(signatures, "v1a,", s -> ed25519Matches(head, body, s))) {
            return Optional.of("no v1a signature is right");
        }
        return Optional.empty();
    }

    private interface Check {
        boolean matches(byte[] signature) throws GeneralSecurityException;
    }

    private static boolean anyMatches(String signatures, String version, Check check) {
        for (var signature : signatures.split(" ", -1)) {
            if (signature.startsWith(version)
                    && matches(check, signature.substring(version.length()))) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(Check check, String base64) {
        try {
            return check.matches(Base64.getDecoder().decode(base64));
        } catch (GeneralSecurityException | IllegalArgumentException malformed) {
            return false;
        }
    }

    private boolean hmacMatches(byte[] head, byte[] body, byte[] signature)
            throws GeneralSecurityException {
        for (var secret : secrets) {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(secret);
            mac.update(head);
            if (MessageDigest.isEqual(mac.doFinal(body), signature)) {
                return true;
            }
        }
        return false;
    }

    private boolean ed25519Matches(byte[] head, byte[] body, byte[] signature)
            throws GeneralSecurityException {
        for (var key : publicKeys) {
            var verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(key);
            verifier.update(head);
            verifier.update(body);
            if (verifier.verify(signature)) {
                return true;
            }
        }
        return false;
    }

    private boolean timely(String timestamp, Instant now) {
        try {
            var sent = Instant.ofEpochSecond(Long.parseLong(timestamp));
            return Duration.between(sent, now).abs().compareTo(tolerance) <= 0;
        } catch (NumberFormatException | DateTimeException | ArithmeticException e) {
            return false;
        }
    }

    private static byte[] decode(String key, String prefix) {
        var words = "a key is " + prefix + " and base64";
        if (!key.startsWith(prefix)) {
            throw new IllegalArgumentException(words);
        }
        try {
            return Base64.getDecoder().decode(key.substring(prefix.length()));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(words, e);
        }
    }

    private static PublicKey publicKey(byte[] raw) {
        if (raw.length != 32) {
            throw new IllegalArgumentException("an ed25519 public key has 32 bytes");
        }
        var encoded = new byte[X509_HEAD.length + raw.length];
        System.arraycopy(X509_HEAD, 0, encoded, 0, X509_HEAD.length);
        System.arraycopy(raw, 0, encoded, X509_HEAD.length, raw.length);
        try {
            return KeyFactory.getInstance("Ed25519")
                    .generatePublic(new X509EncodedKeySpec(encoded));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("this is no ed25519 public key", e);
        }
    }
}
