package dev.holdfast.gateway.server;

import dev.holdfast.http.Problem;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/** Runs what blocks on threads of its own, clients in turn: no event loop waits for a disk. */
public final class Blocking implements AutoCloseable {
    /** Reads under way at most; one more is refused. */
    static final int MAX_AT_ONCE = 4_000;

    /** Reads under way for one client, so that there is room for others. */
    static final int MAX_OF_CLIENT = MAX_AT_ONCE / 4;

    /** Of these, those that read, or hold until its event loop took it, up to 1 MiB each. */
    static final int MAX_READING = 8;

    /** Of these, those of one client: fewer than a store on a file reads at once. */
    static final int MAX_READING_OF_CLIENT = 3;

    /** Whose reads are the gateway's own. */
    private static final Object OURS = new Object();

    private final Shares shares = new Shares(MAX_OF_CLIENT);
    private final Turns threads = new Turns("holdfast-look-up", MAX_READING, MAX_READING_OF_CLIENT);
    private final Semaphore free = new Semaphore(MAX_AT_ONCE);

    /** More reads at once than {@link #MAX_AT_ONCE}. */
    static final class TooManyReads extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooManyReads() {
            super("too many reads at once");
        }
    }

    /** Reads for a client, within its share. */
    public <T> CompletionStage<T> read(int client, Supplier<T> blocking) {
        if (!shares.take(client)) {
            return CompletableFuture.failedFuture(new TooManyReads());
        }
        return readFor(client, blocking).whenComplete((_, _) -> shares.give(client));
    }

    /** Reads for the gateway itself. */
    public <T> CompletionStage<T> read(Supplier<T> blocking) {
        return readFor(OURS, blocking);
    }

    private <T> CompletionStage<T> readFor(Object owner, Supplier<T> blocking) {
        if (!free.tryAcquire()) {
            return CompletableFuture.failedFuture(new TooManyReads());
        }
        CompletableFuture<T> read = new CompletableFuture<>();
        threads.execute(
                owner,
                () -> {
                    try {
                        // Whoever goes on with it does so now: see Handing.
                        read.complete(blocking.get());
                    } catch (Throwable e) {
                        read.completeExceptionally(e);
                    } finally {
                        free.release();
                    }
                });
        return read;
    }

    static Problem tooMany() {
        return new Problem.Passing(
                Problem.Kind.STORE_UNAVAILABLE,
                "The store is busy; ask again in a moment.",
                Duration.ofSeconds(1));
    }

    @Override
    public void close() {
        threads.close();
    }
}
