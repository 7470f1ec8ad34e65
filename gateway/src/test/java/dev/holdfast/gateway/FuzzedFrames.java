package dev.holdfast.gateway;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Frames of a WebSocket that are nearly right, and what RFC 6455 makes of bytes: read without any
 * code of what it judges.
 */
final class FuzzedFrames {
    private static final int MAX_MESSAGE_BYTES = 64 << 10;
    private static final String[] TEXTS = {"", "a", "\u00e4", "\ud83d\ude00", "b".repeat(126)};
    private static final int[] STARTS = {0x81, 0x81, 0x81, 0x01, 0x80, 0x00, 0x89, 0x8a, 0x82};

    /** Reserved bits and codes, parts of control frames, a close. */
    private static final int[] WRONG = {0xc1, 0x91, 0x83, 0x8b, 0x09, 0x08, 0x88, 0x02};

    private final RandomGenerator random;

    FuzzedFrames(RandomGenerator random) {
        this.random = random;
    }

    /** How a stream of frames ends. */
    enum End {
        MALFORMED,
        CLOSE,
        INCOMPLETE
    }

    /**
     * @param texts messages of text, in turn
     */
    record Verdict(List<String> texts, End end) {}

    byte[] next() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = random.nextInt(4); i >= 0; i--) {
            frame(out);
        }
        byte[] bytes = out.toByteArray();
        if (random.nextInt(3) == 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    private void frame(ByteArrayOutputStream out) {
        int start =
                random.nextInt(8) > 0
                        ? STARTS[random.nextInt(STARTS.length)]
                        : WRONG[random.nextInt(WRONG.length)];
        byte[] payload = TEXTS[random.nextInt(TEXTS.length)].getBytes(StandardCharsets.UTF_8);
        if (random.nextInt(20) == 0) {
            payload = new byte[] {(byte) random.nextInt(256), (byte) random.nextInt(256)};
        }
        int mask = random.nextInt(20) == 0 ? 0 : 0x80;
        out.write(start);
        if (payload.length > 125 || random.nextInt(30) == 0) {
            out.write(mask | 126);
            out.write(payload.length >> 8);
            out.write(payload.length);
        } else {
            out.write(mask | payload.length);
        }
        byte[] key = new byte[mask == 0 ? 0 : 4];
        random.nextBytes(key);
        out.writeBytes(key);
        for (int i = 0; i < payload.length; i++) {
            out.write(payload[i] ^ (mask == 0 ? 0 : key[i % 4]));
        }
    }

    static Verdict of(byte[] bytes) {
        List<String> texts = new ArrayList<>();
        ByteArrayOutputStream message = null;
        boolean text = false;
        int at = 0;
        while (true) {
            if (bytes.length - at < 2) {
                return new Verdict(texts, End.INCOMPLETE);
            }
            int start = bytes[at] & 0xff;
            int code = start & 0x0f;
            boolean last = (start & 0x80) != 0;
            int length = bytes[at + 1] & 0x7f;
            boolean control = code >= 8;
            boolean wrong =
                    (start & 0x70) != 0
                            || (bytes[at + 1] & 0x80) == 0
                            || (code > 2 && code < 8)
                            || code > 10
                            || (control && (!last || length > 125))
                            || ((code == 0) != (message != null) && !control)
                            || (code == 8 && length == 1);
            if (wrong) {
                return new Verdict(texts, End.MALFORMED);
            }
            at += 2;
            if (length >= 126) {
                int more = length == 126 ? 2 : 8;
                if (bytes.length - at < more) {
                    return new Verdict(texts, End.INCOMPLETE);
                }
                long size = 0;
                for (int i = 0; i < more; i++) {
                    size = (size << 8) | (bytes[at++] & 0xff);
                }
                // As few bytes as can say it (section 5.2).
                if (size < (more == 2 ? 126 : 1 << 16) || size > MAX_MESSAGE_BYTES) {
                    return new Verdict(texts, End.MALFORMED);
                }
                length = (int) size;
            }
            if (bytes.length - at < 4 + length) {
                return new Verdict(texts, End.INCOMPLETE);
            }
            byte[] payload = new byte[length];
            for (int i = 0; i < length; i++) {
                payload[i] = (byte) (bytes[at + 4 + i] ^ bytes[at + i % 4]);
            }
            at += 4 + length;
            if (code == 8) {
                return new Verdict(texts, isClose(payload) ? End.CLOSE : End.MALFORMED);
            }
            if (!control) {
                if (code != 0) {
                    message = new ByteArrayOutputStream();
                    text = code == 1;
                }
                message.writeBytes(payload);
                if (last) {
                    String whole = text ? utf8(message.toByteArray()) : "";
                    message = null;
                    if (whole == null) {
                        return new Verdict(texts, End.MALFORMED);
                    }
                    if (text) {
                        texts.add(whole);
                    }
                }
            }
        }
    }

    private static boolean isClose(byte[] payload) {
        if (payload.length == 0) {
            return true;
        }
        int code = ((payload[0] & 0xff) << 8) | (payload[1] & 0xff);
        boolean known =
                (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006)
                        || (code >= 3000 && code < 5000);
        return known && utf8(Arrays.copyOfRange(payload, 2, payload.length)) != null;
    }

    private static @Nullable String utf8(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        return Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes) ? text : null;
    }
}
