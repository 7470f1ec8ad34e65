package dev.holdfast.store.sql;

import dev.holdfast.store.StoreUnavailable;
import java.sql.SQLException;

/** A few connections for those who read. */
public interface Readers {
    /** What is done with one of them. */
    @FunctionalInterface
    interface Work<T> {
        T run(Session sql) throws SQLException;
    }

    /**
     * Does it; blocking.
     *
     * @throws StoreUnavailable if there is no connection in time, or it fails
     */
    <T> T read(Work<T> work);
}
