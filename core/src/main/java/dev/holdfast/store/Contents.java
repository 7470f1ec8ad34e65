package dev.holdfast.store;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Large bodies in the store, written piece by piece while they arrive. What an accepted request or
 * a settled call refers to stays as long as its job; all else is swept up: at once when it is said
 * that nobody wants it, and after {@link #LEASE} without a word, as after a crash.
 */
public interface Contents {
    /** Size of each piece but the last, in bytes. */
    int CHUNK_BYTES = 64 << 10;

    /** How old a count of what is kept may be before it is counted again. */
    Duration COUNT_AGAIN = Duration.ofSeconds(5);

    /** Pause before a store that cannot read a piece is asked again. */
    Duration READ_AGAIN = Duration.ofMillis(100);

    /** How long what nobody refers to stays after its last piece; longer than any call takes. */
    Duration LEASE = Duration.ofHours(2);

    /** Pieces that wait to be written at most, in any one process; others wait their turn. */
    int MAX_WRITING = 16;

    /**
     * Whose a body is.
     *
     * @param client the client's number
     * @param maxPending with so many unfinished requests it may not begin to keep a body; what came
     *     with an answer is kept in any case
     */
    record Owner(int client, int maxPending) {
        /** Of an answer: its job's client's, as soon as that refers to it. */
        public static final Owner JOB = new Owner(-1, Integer.MAX_VALUE);
    }

    /** Whether there is room for more of a client's bodies. */
    enum Room {
        ENOUGH,
        /** The client keeps as much as it may. */
        CLIENT_FULL,
        /** All clients together keep as much as they may. */
        ALL_FULL
    }

    /** Its owner has as many unfinished requests as it may. */
    final class TooManyPending extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public TooManyPending() {
            super("as many requests are pending as may be", null, false, false);
        }
    }

    /**
     * Adds the next piece. The stage completes when it is written, and exceptionally with {@link
     * StoreUnavailable} when it is not or that is not known, or with {@link TooManyPending} when it
     * is the first and its owner may not keep any.
     *
     * @param owner whose it is
     * @param id chosen by whoever writes it, once
     * @param number from 0, each once and in order
     * @param bytes {@link #CHUNK_BYTES}, or fewer if it is the last
     */
    CompletionStage<Void> append(Owner owner, UUID id, int number, byte[] bytes);

    /** Says that nobody is going to refer to what was written. What a job refers to stays. */
    CompletionStage<Void> drop(UUID id);

    /** One piece, or null if there is none; blocking, in turn with all others who read pieces. */
    byte @Nullable [] chunk(UUID id, int number);

    /**
     * As {@link #chunk(UUID, int)}, and asks again while the store cannot read and somebody wants
     * it. Whoever waits so holds up no others who read.
     *
     * @param wanted whether it is asked again
     * @throws StoreUnavailable if it could not be read, and is not wanted any more
     */
    default byte @Nullable [] chunk(UUID id, int number, BooleanSupplier wanted)
            throws InterruptedException {
        while (true) {
            try {
                return chunk(id, number);
            } catch (StoreUnavailable e) {
                if (!wanted.getAsBoolean()) {
                    throw e;
                }
                Thread.sleep(READ_AGAIN);
            }
        }
    }

    /**
     * Whether there is room for more of a client's, by the last count and what this process wrote
     * since then: {@link StoreOptions#maxKeptBytes} may be passed by what other processes write in
     * {@link #COUNT_AGAIN}, and by answers. Never blocks; whoever asks when the last count is older
     * has it counted anew.
     */
    Room room(int client);

    /** A store that keeps no large bodies. */
    Contents NONE =
            new Contents() {
                @Override
                public CompletionStage<Void> append(
                        Owner owner, UUID id, int number, byte[] bytes) {
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

                @Override
                public Room room(int client) {
                    return Room.ENOUGH;
                }
            };
}
