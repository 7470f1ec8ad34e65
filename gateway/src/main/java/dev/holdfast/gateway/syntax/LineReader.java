package dev.holdfast.gateway.syntax;

import io.netty.buffer.ByteBuf;

/**
 * Takes lines that end in CR LF, and in nothing else, out of what came. Each byte is searched once,
 * however few of them come at a time.
 */
final class LineReader {
    private static final int SHORT_BYTES = 256;

    private byte[] bytes = new byte[SHORT_BYTES];
    private int length;
    private int searched;

    /**
     * Reads the next line.
     *
     * @param most its bytes, without CR LF
     * @param place of the request it is a line of, for what is told of a mistake
     * @return false if it is not whole yet
     * @throws TooLong if it has more
     * @throws Malformed if it ends in a mere LF
     */
    boolean read(ByteBuf in, int most, String place) {
        int begin = in.readerIndex();
        int end = (int) Math.min(in.writerIndex(), begin + most + 2L);
        int lineFeed = in.indexOf(begin + searched, end, (byte) '\n');
        if (lineFeed < 0) {
            searched = end - begin;
            if (searched > most + 1) {
                throw new TooLong();
            }
            return false;
        }
        searched = 0;
        length = lineFeed - begin - 1;
        if (length < 0 || in.getByte(lineFeed - 1) != '\r') {
            throw new Malformed(place, "ends a line in LF alone; lines end in CR LF");
        }
        if (length > bytes.length) {
            bytes = new byte[Math.max(length, Math.min(most, 2 * bytes.length))];
        }
        in.getBytes(begin, bytes, 0, length);
        in.readerIndex(lineFeed + 1);
        return true;
    }

    /** The line that was read begins here; what is beyond its {@link #length} is none of it. */
    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    /** Gives back what a long line took. */
    void release() {
        if (bytes.length > SHORT_BYTES) {
            bytes = new byte[SHORT_BYTES];
        }
    }

    /** A line that has more bytes than it may. */
    static final class TooLong extends RuntimeException {
        private static final long serialVersionUID = 1;

        private TooLong() {
            super("a line is too long", null, false, false);
        }
    }
}
