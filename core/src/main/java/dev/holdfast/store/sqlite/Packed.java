package dev.holdfast.store.sqlite;

import java.nio.charset.StandardCharsets;

/**
 * Many rows in one value, as {@code group_concat} made it: a call of the driver for each column of
 * a hundred thousand rows takes a second of a start. Numbers in ASCII with a blank after each, and
 * texts whose length in bytes of UTF-8 is a number before them.
 */
final class Packed {
    private static final int RADIX = 10;

    private final byte[] bytes;
    private int at;

    Packed(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Whether there is another value. */
    boolean hasNext() {
        return at < bytes.length;
    }

    long number() {
        boolean negative = bytes[at] == '-';
        at += negative ? 1 : 0;
        long number = 0;
        while (at < bytes.length && bytes[at] != ' ') {
            number = RADIX * number + (bytes[at] - '0');
            at++;
        }
        at++;
        return negative ? -number : number;
    }

    int small() {
        return Math.toIntExact(number());
    }

    /** A text, after its length. */
    String text() {
        int length = small();
        String text = new String(bytes, at, length, StandardCharsets.UTF_8);
        at += length + 1;
        return text;
    }
}
