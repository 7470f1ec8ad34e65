package dev.holdfast.store.postgresql;

import dev.holdfast.store.transition.Write;
import java.util.Collection;

/** A write in PostgreSQL, with the locks that it needs. */
final class PostgresWrite<T> extends Write<PostgresTransaction, T> {
    final Collection<String> upstreams;
    final Kind kind;

    /** Since when it waits for a lock, in nanoseconds; 0 if it does not. */
    long waitsSince;

    /** How it takes part in a transaction. */
    enum Kind {
        /** Only says what it wants, before the locks are taken; done for all of them at once. */
        GATHERED,
        /** Runs under the locks of its upstreams, in a transaction with others. */
        LOCKED,
        /** Finds out itself which upstreams it locks, in a transaction of its own. */
        ALONE
    }

    PostgresWrite(
            Kind kind, Collection<String> upstreams, Operation<PostgresTransaction, T> operation) {
        super(operation);
        this.kind = kind;
        this.upstreams = upstreams;
    }
}
