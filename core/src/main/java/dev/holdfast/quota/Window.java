package dev.holdfast.quota;

import java.time.Duration;

/**
 * One sliding window of an upstream's quota: at most {@code limit} calls in any span of {@code
 * length} (SPEC.md P1).
 *
 * @param limit calls, at least 1
 * @param length the window's length, positive
 */
public record Window(int limit, Duration length) {
    public Window {
        if (limit < 1) {
            throw new IllegalArgumentException("a window's limit is at least 1, not " + limit);
        }
        if (!length.isPositive()) {
            throw new IllegalArgumentException("a window's length is positive, not " + length);
        }
    }
}
