package dev.holdfast.simulation;

/** A promise of SPEC.md section 1 was broken. */
final class Violation extends AssertionError {
    private static final long serialVersionUID = 1L;

    private final String promise;

    Violation(String promise, String what) {
        super(promise + ": " + what);
        this.promise = promise;
    }

    /** Its number in SPEC.md, such as {@code P1}. */
    String promise() {
        return promise;
    }
}
