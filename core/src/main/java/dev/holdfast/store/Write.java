package dev.holdfast.store;

import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One caller's write, run with others in one transaction, and where its result goes.
 *
 * @param <X> the transaction it runs in
 * @param <T> what the caller is told
 */
class Write<X extends Transaction, T> {
    final CompletableFuture<T> done = new CompletableFuture<>();
    private final Operation<X, T> operation;
    private @Nullable T result;

    /** A write inside the transaction. */
    @FunctionalInterface
    interface Operation<X extends Transaction, T> {
        @Nullable T run(X transaction) throws SQLException;
    }

    Write(Operation<X, T> operation) {
        this.operation = operation;
    }

    final void run(X transaction) throws SQLException {
        result = operation.run(transaction);
    }

    /** Tells the caller, after the commit. */
    // The result is null only where T allows it: Void.
    @SuppressWarnings("NullAway")
    final void succeed() {
        Survival.run(() -> done.complete(result));
    }

    /** Tells the caller that nothing was written, or that it is not known. */
    final void fail(Throwable cause) {
        Survival.run(() -> done.completeExceptionally(cause));
    }
}
