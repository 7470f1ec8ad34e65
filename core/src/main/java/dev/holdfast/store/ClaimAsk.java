package dev.holdfast.store;

import dev.holdfast.quota.Quota;
import java.time.Duration;

/**
 * A dispatcher's wish for work.
 *
 * @param upstream the upstream's name
 * @param quota what it allows
 * @param max calls the dispatcher can make now, at least 1
 * @param lease how long the calls may take before another process takes them for lost
 */
public record ClaimAsk(String upstream, Quota quota, int max, Duration lease) {}
