package dev.holdfast.outbound.body;

import dev.holdfast.request.Body;
import dev.holdfast.store.Contents;
import dev.holdfast.store.StoreUnavailable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A large body on its way out: read from the store and sent piece by piece. */
public final class Pieces {
    private final Contents contents;
    private final Body.Kept body;
    private final Context context;
    private final long withinMillis;

    /**
     * One that is sent.
     *
     * @param context whoever sends it is called on this
     * @param withinMillis longest time that one piece takes, and that all are read for: a store
     *     that cannot read is asked again until then
     */
    public Pieces(Contents contents, Body.Kept body, Context context, long withinMillis) {
        this.contents = contents;
        this.body = body;
        this.context = context;
        this.withinMillis = withinMillis;
    }

    /** Takes pieces; on the event loop. */
    public interface Taker {
        /** Completes when the next one may come, and fails when none is wanted any more. */
        Future<Void> take(Buffer piece, boolean last);

        /** There is no more, though there should be. */
        void missing(Throwable cause);
    }

    /** Of the whole body, in bytes. */
    public long size() {
        return body.size();
    }

    /** Begins to send. */
    public void to(Taker taker) {
        Thread.startVirtualThread(() -> run(taker));
    }

    private void run(Taker taker) {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(withinMillis);
        try {
            long left = body.size();
            for (int number = 0; left > 0; number++) {
                // The call was made: it is not lost for a store that is busy.
                byte[] piece =
                        contents.chunk(body.id(), number, () -> System.nanoTime() - until < 0);
                if (piece == null || piece.length > left) {
                    throw new IOException("a piece of the request's body is missing");
                }
                left -= piece.length;
                boolean last = left == 0;
                taken(taker, Buffer.buffer(piece), last);
            }
        } catch (ExecutionException | TimeoutException notWanted) {
            // Whoever took them knows why.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | StoreUnavailable e) {
            context.runOnContext(_ -> taker.missing(e));
        }
    }

    private void taken(Taker taker, Buffer piece, boolean last)
            throws ExecutionException, InterruptedException, TimeoutException {
        var taken = new CompletableFuture<@Nullable Void>();
        context.runOnContext(
                _ ->
                        taker.take(piece, last)
                                .onSuccess(_ -> taken.complete(null))
                                .onFailure(taken::completeExceptionally));
        var _ = taken.get(withinMillis, TimeUnit.MILLISECONDS);
    }
}
