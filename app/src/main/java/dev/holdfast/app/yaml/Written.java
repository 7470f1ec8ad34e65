package dev.holdfast.app.yaml;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What a key says where it does not say its default, secrets and all: compared, never shown. */
public final class Written {
    /** Nothing, or the default. */
    static final Written NOTHING = new Written(List.of());

    /** What is left of a digest, in bytes: nobody meets another value with the same by chance. */
    public static final int DIGEST_BYTES = 16;

    private static final String ALGORITHM = "HmacSHA256";

    private final List<String> texts;

    Written(List<String> texts) {
        this.texts = List.copyOf(texts);
    }

    public boolean isNothing() {
        return texts.isEmpty();
    }

    /**
     * The same for the same value of the same key, and under another salt another.
     *
     * @return {@link #DIGEST_BYTES} bytes of HMAC-SHA-256 (RFC 2104) in hexadecimal
     */
    public String digest(byte[] salt, String key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(salt, ALGORITHM));
            mac.update(key.getBytes(StandardCharsets.UTF_8));
            for (String text : texts) {
                mac.update((byte) 0);
                mac.update(text.getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(Arrays.copyOf(mac.doFinal(), DIGEST_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Written that && texts.equals(that.texts);
    }

    @Override
    public int hashCode() {
        return texts.hashCode();
    }

    @Override
    public String toString() {
        return Redaction.MASK;
    }
}
