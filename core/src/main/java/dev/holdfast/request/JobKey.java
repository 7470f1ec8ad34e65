package dev.holdfast.request;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Tells one call from another: the first 128 bits of SHA-256 over route and parameters. Asks with
 * the same key are the same call (P4); an ask of a call that must not be made twice for one has a
 * key of its own.
 */
public record JobKey(long high, long low) {
    /** Copied for each key, never fed: to look an algorithm up costs more than a short digest. */
    private static final MessageDigest EMPTY = sha256();

    /** Stands where the strings end; no parameter's name begins with two spaces. */
    private static final String VALUES = "  json";

    private static final String PARTITION = "  partition";

    /** Bytes of a key. */
    public static final int BYTES = 16;

    /** The key of a call whose parameters are strings. */
    public static JobKey of(String route, SortedMap<String, String> params) {
        return of(route, params, Collections.emptySortedMap());
    }

    /**
     * The key of a call; every part goes in with its length, so no two calls read alike.
     *
     * @param values parameters that are no strings, as {@link JsonValue} has them
     */
    public static JobKey of(
            String route, SortedMap<String, String> params, SortedMap<String, String> values) {
        return of(route, params, values, null);
    }

    /**
     * The key of a call in a partition: another one's is not the same call.
     *
     * @param partition by its key, or null
     */
    public static JobKey of(
            String route,
            SortedMap<String, String> params,
            SortedMap<String, String> values,
            @Nullable String partition) {
        MessageDigest digest = copy();
        add(digest, route);
        for (Map.Entry<String, String> param : params.entrySet()) {
            add(digest, param.getKey());
            add(digest, param.getValue());
        }
        if (!values.isEmpty()) {
            add(digest, VALUES);
            for (Map.Entry<String, String> value : values.entrySet()) {
                add(digest, value.getKey());
                add(digest, value.getValue());
            }
        }
        if (partition != null) {
            add(digest, PARTITION);
            add(digest, partition);
        }
        return of(digest.digest());
    }

    /** The key of a call that is no other's, however equal its parameters. */
    public static JobKey only(UUID id) {
        MessageDigest digest = copy();
        digest.update(
                ByteBuffer.allocate(2 * Long.BYTES)
                        .putLong(id.getMostSignificantBits())
                        .putLong(id.getLeastSignificantBits())
                        .array());
        return of(digest.digest());
    }

    /** Reads a key from the first 16 of {@code bytes}. */
    public static JobKey of(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new JobKey(buffer.getLong(), buffer.getLong());
    }

    /** The key as 16 bytes. */
    public byte[] bytes() {
        return ByteBuffer.allocate(BYTES).putLong(high).putLong(low).array();
    }

    private static void add(MessageDigest digest, String part) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        int n = bytes.length;
        digest.update(new byte[] {(byte) (n >> 24), (byte) (n >> 16), (byte) (n >> 8), (byte) n});
        digest.update(bytes);
    }

    private static MessageDigest copy() {
        try {
            return (MessageDigest) EMPTY.clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the platform's SHA-256 can be copied", e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
