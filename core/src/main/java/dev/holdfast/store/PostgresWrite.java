package dev.holdfast.store;

import java.sql.SQLException;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One caller's write, and where its result goes.
 *
 * @param <T> what the caller is told
 */
final class PostgresWrite<T> {
    final Collection<String> upstreams;
    final Kind kind;
    final CompletableFuture<T> done = new CompletableFuture<>();
    private final Operation<T> operation;
    private @Nullable T result;

    /** How it takes part in a transaction. */
    enum Kind {
        /** Only says what it wants, before the locks are taken; done for all of them at once. */
        GATHERED,
        /** Runs under the locks of its upstreams, in a transaction with others. */
        LOCKED,
        /** Finds out itself which upstreams it locks, in a transaction of its own. */
        ALONE
    }

    /** A write inside the transaction. */
    @FunctionalInterface
    interface Operation<T> {
        @Nullable T run(PostgresTransaction tx) throws SQLException;
    }

    PostgresWrite(Kind kind, Collection<String> upstreams, Operation<T> operation) {
        this.kind = kind;
        this.upstreams = upstreams;
        this.operation = operation;
    }

    void run(PostgresTransaction tx) throws SQLException {
        result = operation.run(tx);
    }

    // The result is null only where T allows it: Void.
    @SuppressWarnings("NullAway")
    void succeed() {
        done.complete(result);
    }
}
