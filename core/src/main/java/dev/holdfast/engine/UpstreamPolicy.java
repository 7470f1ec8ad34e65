package dev.holdfast.engine;

import dev.holdfast.quota.Quota;
import dev.holdfast.request.RetryPolicy;
import java.time.Duration;

/**
 * How an upstream is to be called.
 *
 * @param name its name in the configuration
 * @param quota what it allows
 * @param concurrency calls under way at most, at least 1
 * @param timeout the longest a call takes
 * @param retry what follows a failure
 * @param maxQueue jobs unfinished at most; one more is refused
 */
public record UpstreamPolicy(
        String name,
        Quota quota,
        int concurrency,
        Duration timeout,
        RetryPolicy retry,
        int maxQueue) {}
