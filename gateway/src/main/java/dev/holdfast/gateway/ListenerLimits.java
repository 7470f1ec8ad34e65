package dev.holdfast.gateway;

import java.time.Duration;

/**
 * What one listener takes of its callers. Sizes of a request's line, head and body are constants:
 * {@link Listener#MAX_REQUEST_LINE_BYTES}, {@link Listener#MAX_HEADER_BYTES}, {@link
 * Listener#MAX_HEADERS} and each route's own parameters.
 *
 * @param connections open at once; one more is closed
 * @param idle time without a request after which a connection is closed
 * @param headWithin time from the first byte of a request to the end of its headers
 * @param bodyWithin time from there to the end of its body
 */
public record ListenerLimits(
        int connections, Duration idle, Duration headWithin, Duration bodyWithin) {
    /** What is right for most. */
    public static final ListenerLimits DEFAULT =
            new ListenerLimits(
                    25_000, Duration.ofSeconds(75), Duration.ofSeconds(10), Duration.ofSeconds(10));

    public ListenerLimits {
        if (connections < 1) {
            throw new IllegalArgumentException("connections: at least 1, not " + connections);
        }
        if (!idle.isPositive() || !headWithin.isPositive() || !bodyWithin.isPositive()) {
            throw new IllegalArgumentException("a time limit is longer than nothing");
        }
    }
}
