package dev.holdfast.store.sql;

import dev.holdfast.store.ProcessEnd;
import java.sql.SQLException;

/**
 * Told of each step of a store's writes before it is taken. A test throws a {@link ProcessEnd} from
 * here to end a simulated process at that very step, an {@link SQLException} as a failing disk
 * would, or any other {@link Throwable}, which the store has to survive.
 */
@FunctionalInterface
public interface WriteProbe {
    /** Watches nothing. */
    WriteProbe NONE = step -> {};

    /** Called on the thread that takes the step. */
    void before(Step step) throws SQLException;

    /** A step of a write. */
    enum Step {
        /** A statement that changes rows. */
        STATEMENT,
        /** The commit of a batch. */
        COMMIT,
        /** Telling the callers that their writes are durable; the commit is done. */
        ANSWER,
        /** Telling other processes, or listening to them; on a thread for that. */
        NOTIFY
    }
}
