package dev.holdfast.store;

import org.jspecify.annotations.Nullable;

/** The store cannot write now (disk full, failing fsync, lost database); nothing was written. */
public final class StoreUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StoreUnavailable(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
