package dev.holdfast.bench.kit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The bytes of a request, with a place where each gets a number of its own. */
public final class Template implements Load.Asks {
    private static final int DIGITS = 12;
    private static final String PLACE = "#".repeat(DIGITS);

    private final byte[] bytes;
    private final int place;

    private Template(String text) {
        bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        place = text.indexOf(PLACE);
    }

    /** A GET of this target; {@code {n}} in it becomes the number. */
    public static Template get(String target) {
        return get(target, "");
    }

    /** The same for whoever wants a receipt at once. */
    public static Template getReceipt(String target) {
        return get(target, "Prefer: respond-async\r\n");
    }

    private static Template get(String target, String headers) {
        return new Template(
                "GET "
                        + target.replace("{n}", PLACE)
                        + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: "
                        + Upstreams.KEY
                        + "\r\n"
                        + headers
                        + "\r\n");
    }

    /**
     * A POST of bytes that say nothing.
     *
     * @param headers more of them, each with its CRLF
     */
    public static Template post(String target, String headers, String body) {
        return new Template(
                "POST "
                        + target.replace("{n}", PLACE)
                        + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: "
                        + Upstreams.KEY
                        + "\r\nContent-Type: text/plain\r\nContent-Length: "
                        + body.length()
                        + "\r\n"
                        + headers
                        + "\r\n"
                        + body);
    }

    @Override
    public void fill(ByteBuffer buffer, long number) {
        buffer.clear();
        buffer.put(bytes);
        long rest = number;
        for (int at = place + DIGITS - 1; place >= 0 && at >= place; at--) {
            buffer.put(at, (byte) ('0' + rest % 10));
            rest /= 10;
        }
        buffer.flip();
    }

    @Override
    public int length() {
        return bytes.length;
    }
}
