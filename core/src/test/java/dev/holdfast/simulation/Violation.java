package dev.holdfast.simulation;

/** A promise was broken. */
public final class Violation extends AssertionError {
    private static final long serialVersionUID = 1L;

    private final String promise;

    public Violation(String promise, String what) {
        super(promise + ": " + what);
        this.promise = promise;
    }

    /** Its number, such as {@code P1}, as README lists them. */
    public String promise() {
        return promise;
    }
}
