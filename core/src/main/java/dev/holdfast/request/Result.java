package dev.holdfast.request;

/**
 * What the upstream answered when it was done: its status and its body as it came. How a caller
 * sees it is the route's {@link ResultShape}.
 *
 * @param status HTTP status of the upstream's answer, one of the route's {@code done-on}
 * @param body the answer's body as text, at most {@link #MAX_BODY_BYTES} bytes of UTF-8
 */
public record Result(int status, String body) {
    /** Largest answer that is kept, in bytes; a larger one fails its request. */
    public static final int MAX_BODY_BYTES = 1 << 20;
}
