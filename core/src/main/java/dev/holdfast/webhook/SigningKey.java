package dev.holdfast.webhook;

import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
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

    /** A private key: ed25519, {@code v1a}. */
    final class Ed25519 implements SigningKey {
        /** How a private key begins when written. */
        public static final String PREFIX = "whsk_";

        /** How a public key begins when written. */
        public static final String PUBLIC_PREFIX = "whpk_";

        private static final int KEY_BYTES = 32;

        // What comes before the key itself in PKCS #8 and in X.509 (RFC 8410).
        private static final byte[] PKCS8 =
                HexFormat.of().parseHex("302e020100300506032b657004220420");
        private static final byte[] X509 = HexFormat.of().parseHex("302a300506032b6570032100");

        private final byte[] seedAndPublic;
        private final PrivateKey privateKey;

        /** Seed and public key, 32 bytes each, as NaCl and the other libraries write it. */
        private Ed25519(byte[] seedAndPublic) {
            if (seedAndPublic.length != 2 * KEY_BYTES) {
                throw new IllegalArgumentException(
                        "a webhook private key has 64 bytes: the seed and the public key");
            }
            this.seedAndPublic = seedAndPublic;
            try {
                KeyFactory keys = KeyFactory.getInstance("Ed25519");
                byte[] seed = Arrays.copyOf(seedAndPublic, KEY_BYTES);
                privateKey = keys.generatePrivate(new PKCS8EncodedKeySpec(join(PKCS8, seed)));
                byte[] proof = signed(X509, PKCS8);
                Signature check = Signature.getInstance("Ed25519");
                check.initVerify(
                        keys.generatePublic(new X509EncodedKeySpec(join(X509, publicBytes()))));
                check.update(join(X509, PKCS8));
                if (!check.verify(proof)) {
                    throw new IllegalArgumentException(
                            "a webhook private key ends in its own public key; this one does not");
                }
            } catch (GeneralSecurityException e) {
                throw new IllegalArgumentException("not an ed25519 key", e);
            }
        }

        /** A new key. */
        public static Ed25519 create(SecureRandom random) {
            try {
                KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
                generator.initialize(255, random);
                var pair = generator.generateKeyPair();
                return new Ed25519(join(tail(pair.getPrivate()), tail(pair.getPublic())));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("every JDK has Ed25519", e);
            }
        }

        private static byte[] tail(Key key) {
            byte[] encoded = key.getEncoded();
            return Arrays.copyOfRange(encoded, encoded.length - KEY_BYTES, encoded.length);
        }

        /** As written, {@code whsk_…}: for the store only. */
        public String privateText() {
            return PREFIX + Base64.getEncoder().encodeToString(seedAndPublic);
        }

        /** The public key as written, {@code whpk_…}: for everybody. */
        public String publicText() {
            return PUBLIC_PREFIX + Base64.getEncoder().encodeToString(publicBytes());
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
            try {
                return "v1a," + Base64.getEncoder().encodeToString(signed(prefix, body));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("a checked key signs", e);
            }
        }

        private byte[] signed(byte[] prefix, byte[] body) throws GeneralSecurityException {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(privateKey);
            signature.update(prefix);
            signature.update(body);
            return signature.sign();
        }

        private byte[] publicBytes() {
            return Arrays.copyOfRange(seedAndPublic, KEY_BYTES, 2 * KEY_BYTES);
        }

        private static byte[] join(byte[] first, byte[] second) {
            ByteArrayOutputStream joined = new ByteArrayOutputStream();
            joined.writeBytes(first);
            joined.writeBytes(second);
            return joined.toByteArray();
        }

        /** Without the private half. */
        @Override
        public String toString() {
            return publicText();
        }
    }
}
