package dev.holdfast.outbound.http;

/** As many requests wait for a connection to this target as may. Nothing was sent. */
public final class TooBusyException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooBusyException() {
        super("too many requests wait for a connection", null, false, false);
    }
}
