package dev.holdfast.app.terminal;

/**
 * A command that cannot go on, with the one line that says what is wrong and what to do.
 *
 * <p>It ends the process with {@link #status}; it is never a bug, so nobody needs its stack.
 */
public final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Exit status of a command that failed. */
    public static final int FAILED = 1;

    /** Exit status of wrong usage or configuration. */
    public static final int USAGE = 2;

    private final int status;

    private Failure(int status, String message) {
        super(message);
        this.status = status;
    }

    public static Failure failed(String message) {
        return new Failure(FAILED, message);
    }

    public static Failure usage(String message) {
        return new Failure(USAGE, message);
    }

    public int status() {
        return status;
    }
}
