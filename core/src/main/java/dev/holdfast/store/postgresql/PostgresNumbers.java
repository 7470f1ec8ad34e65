package dev.holdfast.store.postgresql;

import dev.holdfast.store.sql.Session;
import java.sql.SQLException;

/**
 * Numbers for new rows, taken from a sequence a block at a time. Those of transactions that were
 * taken back are not used again. Not for several threads.
 */
final class PostgresNumbers {
    /** The sequences' increment. */
    private static final long BLOCK = 1_000;

    private final String sequence;
    private long next;
    private long end;

    /**
     * @param sequence the statement that gives a block's first number
     */
    PostgresNumbers(String sequence) {
        this.sequence = sequence;
    }

    /**
     * Gives up the rest of the block: with the connection the transaction that took it may be lost,
     * and with a primary that failed the sequence's step.
     */
    void forget() {
        next = end;
    }

    long next(Session sql) throws SQLException {
        if (next == end) {
            next = sql.number(sequence);
            end = next + BLOCK;
        }
        return next++;
    }
}
