package dev.holdfast.simulator.door;

import dev.holdfast.simulator.Bounds;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Which messages the signing API fails, and for how long: settled by the seed and the message
 * alone, so that an oracle can know it beforehand. A message that fails recovers so long after its
 * first call; calling more often does not help. So it was recorded.
 *
 * @param seed chooses another fate for every message
 * @param failureShare the share of messages that fail at first, 0 to 1
 * @param soonest the shortest recovery
 * @param latest the longest recovery
 */
public record Degradation(long seed, double failureShare, Duration soonest, Duration latest) {
    private static final double SLOWEST = 0.001;
    private static final double FASTEST = 1_000_000;

    /** None: every message is signed on its first call. */
    public static final Degradation NONE =
            new Degradation(0, 0, Duration.ofSeconds(54), Duration.ofSeconds(235));

    public Degradation {
        Bounds.share("failure-share", failureShare);
        Bounds.time("recovery", latest, Bounds.LONGEST_TIME);
        if (soonest.isNegative() || latest.compareTo(soonest) < 0) {
            throw new IllegalArgumentException("recovery goes from soonest to latest");
        }
    }

    /** As recorded: half the messages, 54 to 235 s. */
    public static Degradation recorded(long seed) {
        return new Degradation(seed, 0.5, NONE.soonest, NONE.latest);
    }

    /** How long after its first call this message is signed; zero = at once. */
    public Duration recovery(String message) {
        long fate = mix(seed ^ mix(hash(message)));
        if (unit(fate) >= failureShare) {
            return Duration.ZERO;
        }
        double along = unit(mix(fate));
        return soonest.plusNanos((long) (along * latest.minus(soonest).toNanos()));
    }

    /** The same messages fail, and recover faster by this factor. */
    public Degradation faster(double speed) {
        return new Degradation(seed, failureShare, divide(soonest, speed), divide(latest, speed));
    }

    static Duration divide(Duration time, double speed) {
        Bounds.number("speed", speed, SLOWEST, FASTEST);
        return Duration.ofNanos((long) (time.toNanos() / speed));
    }

    /** FNV-1a; stable over Java's versions, unlike what a library might offer. */
    private static long hash(String message) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : message.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        return hash;
    }

    /** The finalizer of SplitMix64: spreads any change over all bits. */
    static long mix(long z) {
        z += 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    private static double unit(long bits) {
        return (bits >>> 11) * 0x1.0p-53;
    }
}
