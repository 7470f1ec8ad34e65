package dev.holdfast.store;

import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** The store can write, but not this; nothing was written, and trying again would not help. */
public final class StatementRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * @param why what the database said
     */
    public StatementRefused(Throwable why) {
        super("the database refuses a statement: " + why.getMessage(), why);
    }

    /** Whether a stage failed because of this. */
    public static boolean isBehind(@Nullable Throwable error) {
        return error instanceof StatementRefused
                || (error instanceof CompletionException
                        && error.getCause() instanceof StatementRefused);
    }
}
