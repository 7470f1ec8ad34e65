package dev.holdfast.http;

/**
 * One thing that is wrong with a request.
 *
 * @param field the parameter or header it is about, or {@code body}, {@code query}
 * @param detail what to do about it; never repeats the value
 * @param oversized whether it is only too large
 */
public record Mistake(String field, String detail, boolean oversized) {
    public Mistake(String field, String detail) {
        this(field, detail, false);
    }
}
