package dev.holdfast.pace;

import java.time.Duration;

/**
 * What a job's next wait may go by, beside how often it failed.
 *
 * @param learned what is known of its route
 * @param calledAt when its last call was made, since its first
 * @param latency how long that took
 * @param scarcity share of the upstream's slots that is taken, 0 to 1; 0 where there is no quota
 */
public record Past(LearnedDelay learned, Duration calledAt, Duration latency, double scarcity) {
    /** Nothing is known. */
    public static final Past NONE = new Past(LearnedDelay.NOTHING, Duration.ZERO, Duration.ZERO, 0);

    public Past {
        if (!(scarcity >= 0 && scarcity <= 1)) {
            throw new IllegalArgumentException("a share is 0 to 1, not " + scarcity);
        }
    }
}
