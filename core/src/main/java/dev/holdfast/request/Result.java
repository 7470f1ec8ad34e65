package dev.holdfast.request;

import org.jspecify.annotations.Nullable;

/**
 * What the upstream answered when it was done: its status and its body as it came. How a caller
 * sees it is the route's {@link ResultShape}.
 *
 * @param status HTTP status of the upstream's answer, one of the route's {@code done-on}
 * @param body the answer's body as text, at most {@link #MAX_BODY_BYTES} bytes of UTF-8; empty
 *     where it is kept as it came
 * @param original the answer as it came, where the route wants that; else null
 */
public record Result(int status, String body, @Nullable Original original) {
    /** Largest text that is kept of an answer, in bytes; a larger one fails its request. */
    public static final int MAX_BODY_BYTES = 1 << 20;

    /** One that is text. */
    public Result(int status, String body) {
        this(status, body, null);
    }

    /** One that is kept as it came. */
    public Result(int status, Original original) {
        this(status, "", original);
    }
}
