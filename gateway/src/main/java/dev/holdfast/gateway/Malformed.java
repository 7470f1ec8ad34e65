package dev.holdfast.gateway;

/** A request that is not HTTP as it should be, in this place; it ends its connection. */
final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String field;
    private final String detail;

    Malformed(String field, String detail) {
        // A caller's mistake: nobody looks for its place in this code.
        super(field + ": " + detail, null, false, false);
        this.field = field;
        this.detail = detail;
    }

    Problem problem() {
        Mistakes mistakes = new Mistakes();
        mistakes.add(field, detail);
        return mistakes.problem();
    }
}
