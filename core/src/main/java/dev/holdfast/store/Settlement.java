package dev.holdfast.store;

import dev.holdfast.request.Decision;
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
        Decision decision) {}
