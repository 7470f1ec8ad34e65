package dev.holdfast.store;

import java.sql.SQLException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** The store can write, but not this; nothing was written, and trying again would not help. */
public final class StatementRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StatementRefused(SQLException why) {
        super("the database refuses a statement: " + why.getMessage(), why);
    }

    /** Whether a stage failed because of this. */
    public static boolean isBehind(@Nullable Throwable error) {
        return error instanceof StatementRefused
                || (error instanceof CompletionException
                        && error.getCause() instanceof StatementRefused);
    }

    /** What a write fails with that is alone to blame. */
    static Throwable of(Throwable error) {
        return error instanceof SQLException why ? new StatementRefused(why) : error;
    }
}
