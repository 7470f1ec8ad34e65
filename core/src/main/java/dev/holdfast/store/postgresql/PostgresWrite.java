package dev.holdfast.store.postgresql;

import dev.holdfast.store.transition.Write;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A write in PostgreSQL, with the locks that it needs. */
final class PostgresWrite<T> extends Write<PostgresTransaction, T> {
    Collection<String> upstreams;
    final Kind kind;

    /**
     * The partitions that it is about, by the names of their queues, if it is about nothing else of
     * its upstream; else null. Those that a claim finds are not among them.
     */
    final @Nullable List<String> partitions;

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

    private final @Nullable Seek seek;

    /** Finds out which upstreams a write locks, before they are. */
    @FunctionalInterface
    interface Seek {
        Collection<String> upstreams(PostgresTransaction tx) throws SQLException;
    }

    PostgresWrite(
            Kind kind, Collection<String> upstreams, Operation<PostgresTransaction, T> operation) {
        super(operation);
        this.kind = kind;
        this.upstreams = upstreams;
        this.partitions = null;
        this.seek = null;
    }

    /**
     * One that is about some partitions of an upstream alone.
     *
     * @param partitions the names of their queues; null for the upstream as a whole
     */
    PostgresWrite(
            Kind kind,
            String upstream,
            @Nullable List<String> partitions,
            Operation<PostgresTransaction, T> operation) {
        super(operation);
        this.kind = kind;
        this.upstreams = List.of(upstream);
        this.partitions = partitions;
        this.seek = null;
    }

    /** One that runs with others, under locks that are known once it was looked for them. */
    PostgresWrite(Seek seek, Operation<PostgresTransaction, T> operation) {
        super(operation);
        this.kind = Kind.LOCKED;
        this.upstreams = List.of();
        this.partitions = null;
        this.seek = seek;
    }

    /** Looks anew which upstreams it locks, if that has to be looked for. */
    void seek(PostgresTransaction tx) throws SQLException {
        if (seek != null) {
            upstreams = seek.upstreams(tx);
        }
    }

    /** What these writes need together, and these upstreams as a whole. */
    static Reach reach(Collection<PostgresWrite<?>> writes, Collection<String> also) {
        Set<String> whole = new HashSet<>(also);
        Set<String> parts = new HashSet<>();
        Set<String> partitions = new TreeSet<>();
        for (PostgresWrite<?> write : writes) {
            List<String> some = write.partitions;
            (some == null ? whole : parts).addAll(write.upstreams);
            if (some != null) {
                partitions.addAll(some);
            }
        }
        return new Reach(whole, parts, partitions);
    }
}
