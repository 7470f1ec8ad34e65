package dev.holdfast.simulator.upstream;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;

/**
 * The signing API's RSA-2048 key: SHA256withRSA (PKCS#1 v1.5), so the same message has the same
 * signature, in padded base64url, 344 characters.
 */
public final class ApiKeyPair {
    private static final int BITS = 2048;

    private final PrivateKey privateKey;
    private final PublicKey publicKey;

    private ApiKeyPair(PrivateKey privateKey, PublicKey publicKey) {
        this.privateKey = privateKey;
        this.publicKey = publicKey;
    }

    /** The same key for the same seed, on the same Java. Worthless as a secret. */
    public static ApiKeyPair seeded(long seed) {
        try {
            // SHA1PRNG is the one generator of the JDK that a seed determines.
            var random = SecureRandom.getInstance("SHA1PRNG");
            random.setSeed(seed);
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(BITS, random);
            var pair = generator.generateKeyPair();
            return new ApiKeyPair(pair.getPrivate(), pair.getPublic());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot make RSA keys", e);
        }
    }

    /**
     * Reads a private key (PKCS#8, PEM).
     *
     * @throws IOException if the file cannot be read or holds no such key
     */
    public static ApiKeyPair read(Path file) throws IOException {
        var base64 =
                Files.readString(file, StandardCharsets.US_ASCII)
                        .replaceAll("-----[A-Z ]+-----", "")
                        .replaceAll("\\s", "");
        try {
            var factory = KeyFactory.getInstance("RSA");
            var spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64));
            if (!(factory.generatePrivate(spec) instanceof RSAPrivateCrtKey key)) {
                throw new IOException(file + " holds no complete RSA key");
            }
            var open = new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent());
            return new ApiKeyPair(key, factory.generatePublic(open));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(file + " holds no RSA key in PKCS#8 PEM", e);
        }
    }

    /** The signature of the message's UTF-8 bytes, 344 characters. */
    public String sign(String message) {
        try {
            var signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(privateKey);
            signature.update(message.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot sign", e);
        }
    }

    /** Whether this is the message's signature. */
    public boolean verifies(String message, String base64url) {
        try {
            var signature = Signature.getInstance("SHA256withRSA");
            signature.initVerify(publicKey);
            signature.update(message.getBytes(StandardCharsets.UTF_8));
            return signature.verify(Base64.getUrlDecoder().decode(base64url));
        } catch (GeneralSecurityException | IllegalArgumentException noSignature) {
            return false;
        }
    }

    /** The public half, to verify with. */
    public PublicKey publicKey() {
        return publicKey;
    }

    /** The public half as PEM. */
    public String publicPem() {
        return pem("PUBLIC KEY", publicKey.getEncoded());
    }

    /** Both halves as PEM, as {@link #read} takes it. */
    public String privatePem() {
        return pem("PRIVATE KEY", privateKey.getEncoded());
    }

    private static String pem(String kind, byte[] bytes) {
        var lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        return "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n";
    }
}
