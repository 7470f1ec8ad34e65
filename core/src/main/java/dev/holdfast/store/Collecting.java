package dev.holdfast.store;

import dev.holdfast.request.Body;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Makes a {@link Body} of bytes as they arrive: a small one stays at hand, a large one goes to the
 * store piece by piece. Has one piece in memory, and what its caller adds without waiting. Not for
 * several threads at once.
 */
public final class Collecting {
    private static final int FIRST_BYTES = 1 << 10;

    private final Contents contents;
    private final Contents.Owner owner;
    private final UUID id;
    private byte[] piece = new byte[FIRST_BYTES];
    private int filled;
    private int pieces;
    private long size;
    private CompletionStage<Void> written = CompletableFuture.completedFuture(null);

    /**
     * @param contents where a large one goes
     * @param owner whose it is
     * @param id its name there, used for nothing else
     */
    public Collecting(Contents contents, Contents.Owner owner, UUID id) {
        this.contents = contents;
        this.owner = owner;
        this.id = id;
    }

    /** Bytes so far. */
    public long size() {
        return size;
    }

    /**
     * Adds bytes.
     *
     * @return completes when more should be added; exceptionally if it cannot be kept
     */
    public CompletionStage<Void> add(byte[] bytes) {
        int at = 0;
        while (at < bytes.length) {
            if (filled == Contents.CHUNK_BYTES) {
                put();
            }
            int room = Contents.CHUNK_BYTES - filled;
            int count = Math.min(room, bytes.length - at);
            if (filled + count > piece.length) {
                int wanted = Math.max(2 * piece.length, filled + count);
                piece = Arrays.copyOf(piece, Math.min(Contents.CHUNK_BYTES, wanted));
            }
            System.arraycopy(bytes, at, piece, filled, count);
            filled += count;
            at += count;
        }
        size += bytes.length;
        return written;
    }

    /** All of it; completes when it is written. Nothing may be added any more. */
    public CompletionStage<Body> end() {
        if (pieces == 0) {
            return CompletableFuture.completedFuture(
                    filled == 0 ? Body.none() : new Body.Inline(Arrays.copyOf(piece, filled)));
        }
        if (filled > 0) {
            put();
        }
        Body whole = new Body.Kept(id, size);
        return written.thenApply(_ -> whole);
    }

    /** Forgets it: nobody is going to refer to it. */
    public void drop() {
        if (pieces > 0) {
            pieces = 0;
            filled = 0;
            // Whatever becomes of what is being written.
            var _ = written.handle((_, _) -> contents.drop(id));
        }
    }

    private void put() {
        byte[] full = filled == piece.length ? piece : Arrays.copyOf(piece, filled);
        int number = pieces++;
        piece = new byte[Contents.CHUNK_BYTES];
        filled = 0;
        written = written.thenCompose(_ -> contents.append(owner, id, number, full));
    }
}
