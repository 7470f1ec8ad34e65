package dev.holdfast.simulation;

/** A promise of SPEC.md section 1 was broken. */
final class Violation extends AssertionError {
    private static final long serialVersionUID = 1L;

    Violation(String promise, String what) {
        super(promise + ": " + what);
    }
}
