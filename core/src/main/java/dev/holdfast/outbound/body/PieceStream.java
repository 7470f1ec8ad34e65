package dev.holdfast.outbound.body;

import dev.holdfast.request.Body;
import dev.holdfast.store.Contents;
import dev.holdfast.store.StoreUnavailable;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;

/** A large body as a stream that has one piece of it in memory; for a thread that may block. */
public final class PieceStream extends InputStream {
    private final Contents contents;
    private final Body.Kept body;
    private final long until;
    private byte[] piece = new byte[0];
    private int at;
    private int number;
    private long left;

    /**
     * @param withinMillis how long a store that cannot read is asked again
     */
    public PieceStream(Contents contents, Body.Kept body, long withinMillis) {
        this.contents = contents;
        this.body = body;
        until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(withinMillis);
        left = body.size();
    }

    /**
     * As any stream's.
     *
     * @throws StoreUnavailable if a piece cannot be read, or is not there
     */
    @Override
    public int read() {
        return fill() ? piece[at++] & 0xff : -1;
    }

    /** As {@link #read()}. */
    @Override
    public int read(byte[] bytes, int from, int count) {
        if (count == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int some = Math.min(count, piece.length - at);
        System.arraycopy(piece, at, bytes, from, some);
        at += some;
        return some;
    }

    /** What is left of all of it: whoever takes codings off asks whether more follows. */
    @Override
    public int available() {
        return (int) Math.min(Integer.MAX_VALUE, left + piece.length - at);
    }

    private boolean fill() {
        if (at < piece.length) {
            return true;
        }
        if (left == 0) {
            return false;
        }
        try {
            byte[] next = contents.chunk(body.id(), number, () -> System.nanoTime() - until < 0);
            if (next == null || next.length == 0 || next.length > left) {
                throw new StoreUnavailable("a piece of an answer is missing", null);
            }
            piece = next;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailable("interrupted", e);
        }
        at = 0;
        number++;
        left -= piece.length;
        return true;
    }
}
