package dev.holdfast.store.transition;

import dev.holdfast.store.StatementRefused;
import dev.holdfast.store.Survival;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One caller's write, run with others in one transaction, and where its result goes.
 *
 * @param <X> the transaction it runs in
 * @param <T> what the caller is told
 */
public class Write<X extends Transaction, T> {
    public final CompletableFuture<T> done = new CompletableFuture<>();

    /** Whether it is on disk when its caller is told; else it is as soon as a later one is. */
    public final boolean durable;

    private final Operation<X, T> operation;
    private @Nullable T result;

    /** A write inside the transaction. */
    @FunctionalInterface
    public interface Operation<X extends Transaction, T> {
        @Nullable T run(X transaction) throws SQLException;
    }

    public Write(Operation<X, T> operation) {
        this(operation, true);
    }

    /** One that a power cut may take back, or not. */
    public Write(Operation<X, T> operation, boolean durable) {
        this.operation = operation;
        this.durable = durable;
    }

    public final void run(X transaction) throws SQLException {
        result = operation.run(transaction);
    }

    /** Tells the caller, after the commit. */
    // The result is null only where T allows it: Void.
    @SuppressWarnings("NullAway")
    public final void succeed() {
        Survival.run(() -> done.complete(result));
    }

    /** Tells the caller that nothing was written, or that it is not known. */
    public final void fail(Throwable cause) {
        Survival.run(() -> done.completeExceptionally(cause));
    }

    /** What a write fails with that is alone to blame. */
    public static Throwable blame(Throwable error) {
        return error instanceof SQLException ? new StatementRefused(error) : error;
    }
}
