package dev.holdfast.store.transition.partition;

import dev.holdfast.store.Store;
import dev.holdfast.store.credential.CredentialRows;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.Transaction;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.IntFunction;

/**
 * Writes {@link Store#pause} and {@link Store#probe}: of an upstream, of its credentials and of its
 * partitions, these so many at a time, so that no transaction is long however many there are.
 */
public enum Resuming {
    /** What is left alone is so no longer. */
    OPENED(PartitionSql.SHUT),
    /** What is refused is tried at once. */
    TRIED(PartitionSql.REFUSED);

    /** Partitions changed by one transaction. */
    static final int AT_ONCE = 100;

    /** There are no partitions after these. */
    private static final int NONE_LEFT = 0;

    private final String which;

    Resuming(String which) {
        this.which = which;
    }

    /**
     * Stops or starts an upstream.
     *
     * @return the partition after which those are that are not {@link #OPENED} yet, for {@link
     *     #rest}
     */
    public static int pause(Transaction tx, Queue root, boolean paused) throws SQLException {
        boolean opens = !paused && !root.paused();
        if (opens) {
            CredentialRows.open(tx.sql, root.id);
        }
        root.pause(paused, tx.undo);
        return opens ? OPENED.after(tx, root, 0) : NONE_LEFT;
    }

    /**
     * Has what is refused tried at once.
     *
     * @return the partition after which those are that are not {@link #TRIED} yet, for {@link
     *     #rest}
     */
    public static int probe(Transaction tx, Queue root) throws SQLException {
        root.probeNow(tx.undo);
        CredentialRows.probeNow(tx.sql, root.id);
        return TRIED.after(tx, root, 0);
    }

    /** The next of an upstream's partitions after that one; answers as those before it. */
    public int after(Transaction tx, Queue root, int last) throws SQLException {
        List<Integer> numbers = tx.sql.list(which, row -> row.getInt(1), root.id, last, AT_ONCE);
        if (!numbers.isEmpty()) {
            for (Queue partition : tx.partitions(root, numbers)) {
                if (this == OPENED) {
                    partition.open(tx.undo);
                } else {
                    partition.probeNow(tx.undo);
                }
            }
        }
        return numbers.size() < AT_ONCE ? NONE_LEFT : numbers.getLast();
    }

    /**
     * The partitions that are left, in a transaction after the other.
     *
     * @param last what the one before answered
     * @param step the next one, after that partition
     */
    public static CompletionStage<Void> rest(int last, IntFunction<CompletionStage<Integer>> step) {
        return last == NONE_LEFT
                ? CompletableFuture.<Void>completedStage(null)
                : step.apply(last).thenCompose(next -> rest(next, step));
    }

    /** Whether the credential is refused in some of an upstream's partitions. */
    public static boolean anyRefused(Session sql, Queue root) throws SQLException {
        return root.inner().partitions() > 0
                && !sql.list(PartitionSql.REFUSED, row -> row.getInt(1), root.id, 0, 1).isEmpty();
    }
}
