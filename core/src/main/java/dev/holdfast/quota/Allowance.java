package dev.holdfast.quota;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What an upstream says of itself: so many more calls it takes until then, whosever they are.
 *
 * @param remaining calls, 0 or more
 * @param reset until what is used is forgotten; null if it does not say
 * @param limit calls in all; null if it does not say
 * @param window how long it counts; null if it does not say
 */
public record Allowance(
        int remaining,
        @Nullable Duration reset,
        @Nullable Integer limit,
        @Nullable Duration window) {
    public Allowance {
        if (remaining < 0 || (limit != null && limit < remaining)) {
            throw new IllegalArgumentException(remaining + " calls left of " + limit);
        }
    }
}
