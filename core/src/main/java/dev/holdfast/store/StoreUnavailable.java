package dev.holdfast.store;

import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The store cannot write now (disk full, failing fsync, lost database). Nothing was written, unless
 * it failed in the middle of a commit: then it is not known.
 */
public final class StoreUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean uncertain;

    public StoreUnavailable(String message, @Nullable Throwable cause) {
        this(message, cause, false);
    }

    /**
     * @param uncertain whether it may be written all the same
     */
    public StoreUnavailable(String message, @Nullable Throwable cause, boolean uncertain) {
        super(message, cause);
        this.uncertain = uncertain;
    }

    /** Whether what a stage failed to write may be written all the same. */
    public static boolean isUncertain(@Nullable Throwable error) {
        Throwable cause = error instanceof CompletionException ? error.getCause() : error;
        return cause instanceof StoreUnavailable unavailable && unavailable.uncertain;
    }

    /** Whether what a stage failed with tells of a state that may pass, not of the write itself. */
    public static boolean mayPass(@Nullable Throwable error) {
        Throwable cause = error instanceof CompletionException ? error.getCause() : error;
        return cause instanceof StoreUnavailable || cause instanceof Error;
    }
}
