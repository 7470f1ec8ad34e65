package dev.holdfast.gateway.syntax;

/** A request that is not HTTP as it should be, in this place; it ends its connection. */
public final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String field;
    private final String detail;

    public Malformed(String field, String detail) {
        // A caller's mistake: nobody looks for its place in this code.
        super(field + ": " + detail, null, false, false);
        this.field = field;
        this.detail = detail;
    }

    /** Where: a header's name, {@code request} or {@code body}. */
    public String field() {
        return field;
    }

    /** What is wrong there, and what to send; holds none of the caller's values. */
    public String detail() {
        return detail;
    }
}
