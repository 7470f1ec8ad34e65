package dev.holdfast.store;

import dev.holdfast.request.Decision;
import dev.holdfast.request.StatusRules;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt ended and what follows.
 *
 * @param job the claimed job
 * @param outcome one word for the log: {@code done}, {@code rejected}, {@code throttled} or a
 *     {@link dev.holdfast.request.Outcome.Why} in lower case
 * @param status the upstream's status, or null
 * @param latency from sending to settling
 * @param decision what becomes of the job
 */
public record Settlement(
        ClaimedJob job,
        String outcome,
        @Nullable Integer status,
        Duration latency,
        Decision decision) {
    private static final int FIRST_SUCCESS = 200;
    private static final int LAST_REFUSAL = 499;

    /** Whether the upstream took the credential: it looked at the request itself. */
    boolean authorized() {
        return status != null
                && status >= FIRST_SUCCESS
                && status <= LAST_REFUSAL
                && !(decision instanceof Decision.Retry)
                && status != StatusRules.UNAUTHORIZED
                && status != StatusRules.TOO_MANY_REQUESTS;
    }
}
