package dev.holdfast.webhook;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Writes the three headers of Standard Webhooks (specification 1.0, "Signature scheme"). */
public final class Signer {
    /** The delivery's id: the same on every try. */
    public static final String ID = "webhook-id";

    /** When this try was signed, in seconds since 1970. */
    public static final String TIMESTAMP = "webhook-timestamp";

    /** One signature for each key, separated by spaces. */
    public static final String SIGNATURE = "webhook-signature";

    private static final Pattern PLAIN_ID = Pattern.compile("[A-Za-z0-9_-]{1,128}");

    private Signer() {}

    /**
     * The headers of one try.
     *
     * @param id 1 to 128 letters, digits, {@code _} or {@code -}: no dot, which separates what is
     *     signed
     * @param at wall time
     * @param body exactly the bytes that are sent
     * @param keys the receiver's secret first; during a rotation its old one too; then the private
     *     key
     */
    public static Map<String, String> headers(
            String id, Instant at, byte[] body, List<SigningKey> keys) {
        if (!PLAIN_ID.matcher(id).matches()) {
            throw new IllegalArgumentException("not a webhook id: " + id);
        }
        String timestamp = Long.toString(at.getEpochSecond());
        byte[] prefix = (id + "." + timestamp + ".").getBytes(StandardCharsets.US_ASCII);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(ID, id);
        headers.put(TIMESTAMP, timestamp);
        headers.put(
                SIGNATURE,
                keys.stream().map(key -> key.sign(prefix, body)).collect(Collectors.joining(" ")));
        return headers;
    }
}
