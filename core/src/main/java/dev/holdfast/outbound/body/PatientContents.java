package dev.holdfast.outbound.body;

import dev.holdfast.store.Contents;
import dev.holdfast.store.StoreUnavailable;
import io.vertx.core.Vertx;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Writes a piece again while the store cannot: the call was made, and its answer is not lost for a
 * disk that is busy. The call's own time limit ends it.
 */
public final class PatientContents implements Contents {
    private static final long PAUSE_MILLIS = 200;
    private static final int MOST_TRIES = 300;

    private final Contents contents;
    private final Vertx vertx;

    public PatientContents(Contents contents, Vertx vertx) {
        this.contents = contents;
        this.vertx = vertx;
    }

    @Override
    public CompletionStage<Void> append(Owner owner, UUID id, int number, byte[] bytes) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        append(new Piece(owner, id, number, bytes), 1, written);
        return written;
    }

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Piece(Owner owner, UUID id, int number, byte[] bytes) {}

    private void append(Piece piece, int tries, CompletableFuture<@Nullable Void> done) {
        contents.append(piece.owner(), piece.id(), piece.number(), piece.bytes())
                .whenComplete(
                        (_, error) -> {
                            if (error == null) {
                                done.complete(null);
                            } else if (tries == MOST_TRIES || !StoreUnavailable.mayPass(error)) {
                                done.completeExceptionally(error);
                            } else {
                                vertx.setTimer(PAUSE_MILLIS, _ -> append(piece, tries + 1, done));
                            }
                        });
    }

    @Override
    public CompletionStage<Void> drop(UUID id) {
        return contents.drop(id);
    }

    @Override
    public byte @Nullable [] chunk(UUID id, int number) {
        return contents.chunk(id, number);
    }

    @Override
    public Room room(int client) {
        return contents.room(client);
    }
}
