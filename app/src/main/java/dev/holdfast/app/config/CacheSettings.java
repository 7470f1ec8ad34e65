package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import java.time.Duration;

/**
 * How long a route's results are given again without a call.
 *
 * @param ttl how long; zero for not at all
 * @param maxEntries results held in memory; those in the store have no such limit
 */
public record CacheSettings(Duration ttl, int maxEntries) {
    private static final Duration LONGEST = Duration.ofDays(3650);
    private static final int MAX_ENTRIES = 100_000_000;

    static CacheSettings read(Section s) {
        return new CacheSettings(
                s.field("ttl", "how long a result is given again without a call; 0 for not at all")
                        .orElse("0s")
                        .duration(Duration.ZERO, LONGEST),
                s.field("max-entries", "results remembered")
                        .orElse("100000")
                        .integer(1, MAX_ENTRIES));
    }
}
