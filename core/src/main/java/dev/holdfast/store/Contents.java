package dev.holdfast.store;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Large bodies in the store, written piece by piece while they arrive. What an accepted request or
 * a settled call refers to stays as long as its job; all else is swept up: at once when it is said
 * that nobody wants it, and after {@link #LEASE} without a word, as after a crash.
 */
public interface Contents {
    /** Size of each piece but the last, in bytes. */
    int CHUNK_BYTES = 64 << 10;

    /** How long what nobody refers to stays after its last piece; longer than any call takes. */
    Duration LEASE = Duration.ofHours(2);

    /** Pieces that wait to be written at most, in any one process; others wait their turn. */
    int MAX_WRITING = 16;

    /**
     * Adds the next piece. The stage completes when it is written, and exceptionally with {@link
     * StoreUnavailable} when it is not or that is not known.
     *
     * @param id chosen by whoever writes it, once
     * @param number from 0, each once and in order
     * @param bytes {@link #CHUNK_BYTES}, or fewer if it is the last
     */
    CompletionStage<Void> append(UUID id, int number, byte[] bytes);

    /** Says that nobody is going to refer to what was written. What a job refers to stays. */
    CompletionStage<Void> drop(UUID id);

    /** One piece, or null if there is none; blocking. */
    byte @Nullable [] chunk(UUID id, int number);

    /** A store that keeps no large bodies. */
    Contents NONE =
            new Contents() {
                @Override
                public CompletionStage<Void> append(UUID id, int number, byte[] bytes) {
                    return CompletableFuture.failedFuture(
                            new UnsupportedOperationException("large bodies are not kept here"));
                }

                @Override
                public CompletionStage<Void> drop(UUID id) {
                    return CompletableFuture.completedFuture(null);
                }

                @Override
                public byte @Nullable [] chunk(UUID id, int number) {
                    return null;
                }
            };
}
