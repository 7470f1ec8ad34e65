package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import dev.holdfast.pace.BreakerPolicy;
import java.time.Duration;

/** Reads when an upstream counts as absent, and when it is tried again. */
final class BreakerSetting {
    private static final int MOST_FAILURES = 1_000;
    private static final Duration SHORTEST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofHours(1);

    private BreakerSetting() {}

    static BreakerPolicy read(Section s) {
        int failures =
                s.field(
                                "failures",
                                "calls in a row that found nobody at home (no connection, no"
                                        + " answer in time, reset) after which single calls look"
                                        + " whether somebody is; nothing is charged meanwhile")
                        .orElse("5")
                        .integer(1, MOST_FAILURES);
        Duration pause =
                s.field("pause", "until the first such call; each next one waits longer")
                        .orElse("5s")
                        .duration(SHORTEST, LONGEST);
        Duration maxPause =
                s.field("max-pause", "longest time between two such calls")
                        .orElse("5m")
                        .duration(SHORTEST, LONGEST);
        if (maxPause.compareTo(pause) < 0) {
            s.mistake("max-pause", "is shorter than `pause`");
            return BreakerPolicy.DEFAULT;
        }
        return new BreakerPolicy(failures, pause, maxPause);
    }
}
