package dev.holdfast.gateway.batch;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * What comes, as it comes, or out of gzip (RFC 1952), one member after the other. Bytes go in by
 * {@link #give} and are taken out by {@link #take} until there are none; so little is in memory,
 * however much they unpack to.
 */
final class Gunzip implements AutoCloseable {
    private static final int FIXED_BYTES = 10;
    private static final int TRAILER_BYTES = 8;
    private static final int MAX_NAME_BYTES = 64 << 10;
    private static final int HEADER_CRC = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int RESERVED = 0xe0;

    private final boolean packed;
    private final CRC32 sum = new CRC32();
    private final ByteBuffer fixed = ByteBuffer.allocate(FIXED_BYTES);
    private final Inflater inflater = new Inflater(true);
    private byte[] in = new byte[0];
    private int at;
    private State state = State.FIXED;
    private int flags;
    private int left;
    private boolean begun;

    /** Where in a member it is. */
    private enum State {
        FIXED,
        EXTRA_LENGTH,
        EXTRA,
        NAME,
        COMMENT,
        HEADER_CRC,
        DATA,
        TRAILER
    }

    /** It is not gzip, or not all of it. */
    static final class Broken extends Exception {
        private static final long serialVersionUID = 1L;

        private final String words;

        Broken(String words) {
            super(words);
            this.words = words;
        }

        /** What is wrong, for whoever sent it. */
        String words() {
            return words;
        }
    }

    /**
     * @param packed false if everything is given as it comes
     */
    Gunzip(boolean packed) {
        this.packed = packed;
    }

    /** Takes more, when all that was given before was taken out. */
    void give(byte[] bytes) {
        in = bytes;
        at = 0;
    }

    /** Puts bytes into {@code out}; how many, 0 when more has to be given first. */
    int take(byte[] out) throws Broken {
        if (!packed) {
            int bytes = Math.min(out.length, in.length - at);
            System.arraycopy(in, at, out, 0, bytes);
            at += bytes;
            return bytes;
        }
        while (at < in.length || state == State.DATA) {
            if (state != State.DATA) {
                head(in[at++] & 0xff);
                continue;
            }
            int bytes = inflate(out);
            if (bytes > 0) {
                return bytes;
            }
            if (state == State.DATA && at == in.length) {
                return 0;
            }
        }
        return 0;
    }

    private int inflate(byte[] out) throws Broken {
        inflater.setInput(in, at, in.length - at);
        int bytes;
        try {
            bytes = inflater.inflate(out);
        } catch (DataFormatException e) {
            throw new Broken("it is not gzip: " + e.getMessage());
        }
        at = in.length - inflater.getRemaining();
        sum.update(out, 0, bytes);
        if (inflater.finished()) {
            state = State.TRAILER;
            fixed.clear().limit(TRAILER_BYTES);
        } else if (inflater.needsDictionary()) {
            throw new Broken("it is not gzip");
        }
        return bytes;
    }

    private void head(int next) throws Broken {
        switch (state) {
            case FIXED -> {
                begun = true;
                fixed.put((byte) next);
                if (!fixed.hasRemaining()) {
                    fixedHead();
                }
            }
            case EXTRA_LENGTH -> {
                left = fixed.position() == 0 ? next : left | next << 8;
                fixed.put((byte) next);
                if (fixed.position() == 2) {
                    state = left == 0 ? after(State.EXTRA) : State.EXTRA;
                }
            }
            case EXTRA -> {
                if (--left == 0) {
                    state = after(State.EXTRA);
                }
            }
            case NAME, COMMENT -> {
                if (next == 0) {
                    state = after(state);
                } else if (++left > MAX_NAME_BYTES) {
                    throw new Broken("it is not gzip");
                }
            }
            case HEADER_CRC -> {
                if (++left == 2) {
                    state = State.DATA;
                }
            }
            case TRAILER -> {
                fixed.put((byte) next);
                if (!fixed.hasRemaining()) {
                    trailer();
                }
            }
            case DATA -> throw new IllegalStateException("the inflater reads that");
        }
    }

    private void fixedHead() throws Broken {
        boolean gzip = fixed.get(0) == 0x1f && (fixed.get(1) & 0xff) == 0x8b && fixed.get(2) == 8;
        flags = fixed.get(3) & 0xff;
        if (!gzip || (flags & RESERVED) != 0) {
            throw new Broken("it is not gzip");
        }
        fixed.clear();
        state = (flags & EXTRA) != 0 ? State.EXTRA_LENGTH : after(State.EXTRA);
    }

    /** What of a member's head comes next. */
    private State after(State done) {
        left = 0;
        if (done == State.EXTRA && (flags & NAME) != 0) {
            return State.NAME;
        }
        if (done != State.COMMENT && (flags & COMMENT) != 0) {
            return State.COMMENT;
        }
        return (flags & HEADER_CRC) != 0 ? State.HEADER_CRC : State.DATA;
    }

    private void trailer() throws Broken {
        long crc = 0;
        for (int i = 3; i >= 0; i--) {
            crc = crc << 8 | (fixed.get(i) & 0xff);
        }
        if (crc != sum.getValue()) {
            throw new Broken("what came out of gzip is not what went in");
        }
        sum.reset();
        inflater.reset();
        fixed.clear().limit(FIXED_BYTES);
        state = State.FIXED;
        begun = false;
    }

    /** There is no more. */
    void end() throws Broken {
        if (packed && (begun || state != State.FIXED)) {
            throw new Broken("the end of the gzip is missing");
        }
    }

    /** Nothing comes out any more, whatever was given. */
    @Override
    public void close() {
        give(new byte[0]);
        state = State.FIXED;
        inflater.end();
    }
}
