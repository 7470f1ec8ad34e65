package dev.holdfast.webhook;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A key that signs webhooks as Standard Webhooks describe: {@code v1} with a secret shared with the
 * receiver, {@code v1a} with a private key whose public half receivers may know.
 */
public sealed interface SigningKey {

    /**
     * The signature of the given bytes, with its version, such as {@code v1,K5oZ…}. Safe for many
     * threads at once.
     *
     * @param prefix {@code id.timestamp.}
     */
    String sign(byte[] prefix, byte[] body);

    /**
     * Reads a key as it is written: {@code whsec_…} or {@code whsk_…}.
     *
     * @throws IllegalArgumentException if it is neither
     */
    static SigningKey parse(String text) {
        if (text.startsWith(Hmac.PREFIX)) {
            return new Hmac(decoded(text.substring(Hmac.PREFIX.length())));
        }
        if (text.startsWith(Ed25519.PREFIX)) {
            return new Ed25519(decoded(text.substring(Ed25519.PREFIX.length())));
        }
        throw new IllegalArgumentException("a webhook key begins with whsec_ or whsk_");
    }

    private static byte[] decoded(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("a webhook key is base64 after its prefix", e);
        }
    }

    /** A secret of the sender and one receiver: HMAC-SHA256, {@code v1}. */
    final class Hmac implements SigningKey {
        /** How a secret begins when written. */
        public static final String PREFIX = "whsec_";

        /** Length of a new secret, in bytes. */
        public static final int NEW_BYTES = 32;

        private static final int MIN_BYTES = 24;
        private static final int MAX_BYTES = 64;
        private static final String ALGORITHM = "HmacSHA256";

        private final byte[] secret;
        private final Mac ready;

        private Hmac(byte[] secret) {
            if (secret.length < MIN_BYTES || secret.length > MAX_BYTES) {
                throw new IllegalArgumentException("a webhook secret has 24 to 64 bytes");
            }
            this.secret = secret;
            try {
                ready = Mac.getInstance(ALGORITHM);
                ready.init(new SecretKeySpec(secret, ALGORITHM));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("every JDK has " + ALGORITHM, e);
            }
        }

        /** A new secret. */
        public static Hmac create(SecureRandom random) {
            byte[] secret = new byte[NEW_BYTES];
            random.nextBytes(secret);
            return new Hmac(secret);
        }

        /** As written, {@code whsec_…}: for the store and for the client it belongs to. */
        public String secretText() {
            return PREFIX + Base64.getEncoder().encodeToString(secret);
        }

        @Override
        public String sign(byte[] prefix, byte[] body) {
            try {
                // A copy of a ready Mac spares the look-up and the key's two hash blocks.
                Mac mac = (Mac) ready.clone();
                mac.update(prefix);
                return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
            } catch (CloneNotSupportedException e) {
                throw new IllegalStateException("the JDK's " + ALGORITHM + " can be copied", e);
            }
        }

        /** Without the secret. */
        @Override
        public String toString() {
            return PREFIX + "***";
        }
    }

    /**
     * A private key: ed25519, {@code v1a}. Signs with Bouncy Castle's arithmetic, many times as
     * fast as the JDK's (docs/decisions/0009-ed25519.md).
     */
    final class Ed25519 implements SigningKey {
        /** How a private key begins when written. */
        public static final String PREFIX = "whsk_";

        /** How a public key begins when written. */
        public static final String PUBLIC_PREFIX = "whpk_";

        private static final int KEY_BYTES = 32;
        private static final int SIGNATURE_BYTES = 64;

        // What comes before the key itself in X.509 (RFC 8410).
        private static final byte[] X509 = HexFormat.of().parseHex("302a300506032b6570032100");

        private final byte[] seedAndPublic;

        /** Seed and public key, 32 bytes each, as NaCl and the other libraries write it. */
        private Ed25519(byte[] seedAndPublic) {
            if (seedAndPublic.length != 2 * KEY_BYTES) {
                throw new IllegalArgumentException(
                        "a webhook private key has 64 bytes: the seed and the public key");
            }
            byte[] own = publicOf(seedAndPublic);
            if (!Arrays.equals(own, 0, KEY_BYTES, seedAndPublic, KEY_BYTES, 2 * KEY_BYTES)) {
                throw new IllegalArgumentException(
                        "a webhook private key ends in its own public key; this one does not");
            }
            this.seedAndPublic = seedAndPublic;
        }

        /** Computes what such keys take the first time; for a thread beside the start. */
        public static void prepare() {
            publicOf(new byte[KEY_BYTES]);
        }

        /** A new key. */
        public static Ed25519 create(SecureRandom random) {
            byte[] seed = new byte[KEY_BYTES];
            random.nextBytes(seed);
            return new Ed25519(join(seed, publicOf(seed)));
        }

        private static byte[] publicOf(byte[] seed) {
            byte[] point = new byte[KEY_BYTES];
            org.bouncycastle.math.ec.rfc8032.Ed25519.generatePublicKey(seed, 0, point, 0);
            return point;
        }

        /** As written, {@code whsk_…}: for the store only. */
        public String privateText() {
            return PREFIX + Base64.getEncoder().encodeToString(seedAndPublic);
        }

        /** The public key as written, {@code whpk_…}: for everybody. */
        public String publicText() {
            byte[] point = Arrays.copyOfRange(seedAndPublic, KEY_BYTES, 2 * KEY_BYTES);
            return PUBLIC_PREFIX + Base64.getEncoder().encodeToString(point);
        }

        /**
         * The public key that {@code text} writes, for receivers.
         *
         * @throws IllegalArgumentException if it is none
         */
        public static PublicKey publicKey(String text) {
            if (!text.startsWith(PUBLIC_PREFIX)) {
                throw new IllegalArgumentException("a webhook public key begins with whpk_");
            }
            try {
                byte[] point = decoded(text.substring(PUBLIC_PREFIX.length()));
                return KeyFactory.getInstance("Ed25519")
                        .generatePublic(new X509EncodedKeySpec(join(X509, point)));
            } catch (GeneralSecurityException e) {
                throw new IllegalArgumentException("not an ed25519 public key", e);
            }
        }

        @Override
        public String sign(byte[] prefix, byte[] body) {
            byte[] message = join(prefix, body);
            byte[] signature = new byte[SIGNATURE_BYTES];
            // Given the public key, half of the arithmetic is spared.
            org.bouncycastle.math.ec.rfc8032.Ed25519.sign(
                    seedAndPublic,
                    0,
                    seedAndPublic,
                    KEY_BYTES,
                    message,
                    0,
                    message.length,
                    signature,
                    0);
            return "v1a," + Base64.getEncoder().encodeToString(signature);
        }

        private static byte[] join(byte[] first, byte[] second) {
            byte[] joined = Arrays.copyOf(first, first.length + second.length);
            System.arraycopy(second, 0, joined, first.length, second.length);
            return joined;
        }

        /** Without the private half. */
        @Override
        public String toString() {
            return publicText();
        }
    }
}
