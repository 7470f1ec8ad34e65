package dev.holdfast.store;

/** The store cannot write now (disk full, failing fsync, lost database); nothing was written. */
public final class StoreUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StoreUnavailable(String message, Throwable cause) {
        super(message, cause);
    }
}
