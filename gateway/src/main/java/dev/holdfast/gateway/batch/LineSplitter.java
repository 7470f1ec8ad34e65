package dev.holdfast.gateway.batch;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what comes into lines, and sums up everything to the end of each. A line that is too long is
 * told as such and is not kept.
 */
final class LineSplitter {
    private static final int FIRST_BYTES = 512;

    private final int maxLineBytes;
    private final MessageDigest digest = sha256();
    private byte[] line = new byte[FIRST_BYTES];
    private int length;
    private boolean tooLong;
    private byte[] in = new byte[0];
    private int at;
    private int end;

    LineSplitter(int maxLineBytes) {
        this.maxLineBytes = maxLineBytes;
    }

    /** A line without its end; null bytes if it was too long. */
    static final class Cut {
        private final byte @Nullable [] bytes;

        private Cut(byte @Nullable [] bytes) {
            this.bytes = bytes;
        }

        byte @Nullable [] bytes() {
            return bytes;
        }
    }

    /** Takes more, when {@link #next} gave null; is not to be changed before it does so again. */
    void give(byte[] bytes, int count) {
        in = bytes;
        at = 0;
        end = count;
    }

    /** The next line that is all there, or null. */
    @Nullable Cut next() {
        for (int i = at; i < end; i++) {
            if (in[i] == '\n') {
                digest.update(in, at, i + 1 - at);
                add(i);
                at = i + 1;
                return cut();
            }
        }
        digest.update(in, at, end - at);
        add(end);
        at = end;
        return null;
    }

    /** What comes after the last line's end, if there is anything, as if it had an end. */
    @Nullable Cut last() {
        if (length == 0 && !tooLong) {
            return null;
        }
        digest.update((byte) '\n');
        return cut();
    }

    /** Tells everything to the end of the last line from anything else. */
    String digest() {
        try {
            return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the platform's SHA-256 can be cloned", e);
        }
    }

    private void add(int until) {
        int more = until - at;
        if (tooLong || length + more > maxLineBytes) {
            tooLong = true;
            return;
        }
        if (length + more > line.length) {
            line = Arrays.copyOf(line, Math.max(2 * line.length, length + more));
        }
        System.arraycopy(in, at, line, length, more);
        length += more;
    }

    private Cut cut() {
        Cut cut = new Cut(tooLong ? null : Arrays.copyOf(line, length));
        length = 0;
        tooLong = false;
        return cut;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Whether there is nothing on a line to ask. */
    static boolean isBlank(byte[] line) {
        for (byte each : line) {
            if (each != ' ' && each != '\t' && each != '\r') {
                return false;
            }
        }
        return true;
    }
}
