package dev.holdfast.simulator.door;

import dev.holdfast.simulator.Bounds;
import java.time.Duration;

/**
 * How long answers take: half of them from shortest to median, evenly; the others from median to
 * longest, few of them long.
 */
public record Latency(Duration shortest, Duration median, Duration longest) {
    /** The signing API's as recorded: 66 to 181 ms, median 81. */
    public static final Latency RECORDED =
            new Latency(Duration.ofMillis(66), Duration.ofMillis(81), Duration.ofMillis(181));

    /** Answers at once. */
    public static final Latency NONE = always(Duration.ZERO);

    public Latency {
        if (shortest.isNegative()
                || median.compareTo(shortest) < 0
                || longest.compareTo(median) < 0) {
            throw new IllegalArgumentException("latency goes from shortest by median to longest");
        }
        Bounds.time("latency", longest, Bounds.LONGEST_ANSWER);
    }

    /** The same for every answer. */
    public static Latency always(Duration time) {
        return new Latency(time, time, time);
    }

    /** The latency at a point of the distribution, {@code 0 <= at < 1}. */
    public Duration at(double at) {
        if (at < 0.5) {
            return between(shortest, median, at * 2);
        }
        return between(median, longest, Math.pow((at - 0.5) * 2, 3));
    }

    /** Shorter by this factor. */
    public Latency faster(double speed) {
        return new Latency(
                Degradation.divide(shortest, speed),
                Degradation.divide(median, speed),
                Degradation.divide(longest, speed));
    }

    private static Duration between(Duration from, Duration to, double along) {
        return from.plusNanos((long) (to.minus(from).toNanos() * along));
    }
}
