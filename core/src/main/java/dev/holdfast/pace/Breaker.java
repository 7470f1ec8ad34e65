package dev.holdfast.pace;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one webhook host: how many calls are under way, and whether it is down. A value:
 * each step gives the next. A host that hangs or is gone holds at most {@link #MAX_AT_ONCE} calls,
 * and after {@link #FAILURES_TO_OPEN} failures in a row none but a probe now and then, so that it
 * delays no other.
 *
 * @param underWay calls under way
 * @param failures times in a row that the host was found down
 * @param opened until when nothing is sent and for how long that was chosen, or null while closed
 */
public record Breaker(int underWay, int failures, @Nullable Pause opened) {
    /** Most calls to one host at once. */
    public static final int MAX_AT_ONCE = 4;

    /** Failures in a row that open the breaker. */
    public static final int FAILURES_TO_OPEN = 5;

    /** How long the breaker stays open before the first probe. */
    public static final Duration FIRST_PAUSE = Duration.ofSeconds(5);

    /** How long at most; each failed probe doubles the pause. */
    public static final Duration MAX_PAUSE = Duration.ofMinutes(5);

    /** A host that nothing is known of. */
    public static final Breaker FRESH = new Breaker(0, 0, null);

    /**
     * A time without calls.
     *
     * @param until when a probe may leave
     * @param length how long the pause was
     */
    public record Pause(Instant until, Duration length) {}

    public Breaker {
        if (underWay < 0 || underWay > MAX_AT_ONCE || failures < 0) {
            throw new IllegalArgumentException("no such breaker: " + underWay + ", " + failures);
        }
    }

    /** Whether a call may leave. */
    public sealed interface Permission {}

    /**
     * It may; call {@link #settled} on what the host is then.
     *
     * @param next the host from now on
     */
    public record Go(Breaker next) implements Permission {}

    /** Not before a call under way settles. */
    public record Busy() implements Permission {}

    /** Not before that moment. */
    public record NotBefore(Instant at) implements Permission {}

    /** Asks for a call at {@code now}. */
    public Permission ask(Instant now) {
        if (opened != null && now.isBefore(opened.until())) {
            return new NotBefore(opened.until());
        }
        // While it is open only one probe at a time goes, and none beside calls from before.
        int room = opened == null ? MAX_AT_ONCE : 1;
        return underWay >= room ? new Busy() : new Go(new Breaker(underWay + 1, failures, opened));
    }

    /**
     * A call has settled.
     *
     * @param hostDown whether it showed that the host is down; any answer shows that it is up
     */
    public Breaker settled(boolean hostDown, Instant now) {
        if (underWay == 0) {
            throw new IllegalStateException("no call under way");
        }
        int left = underWay - 1;
        if (!hostDown) {
            return new Breaker(left, 0, null);
        }
        int failed = Math.min(failures + 1, Integer.MAX_VALUE - 1);
        if (opened == null) {
            return new Breaker(
                    left, failed, failed < FAILURES_TO_OPEN ? null : pause(FIRST_PAUSE, now));
        }
        // A call from before the pause began says nothing new; the probe does.
        return now.isBefore(opened.until())
                ? new Breaker(left, failed, opened)
                : new Breaker(left, failed, pause(longer(opened.length()), now));
    }

    /** A call that was to leave did not, for a reason that is not the host's. */
    public Breaker untried() {
        if (underWay == 0) {
            throw new IllegalStateException("no call under way");
        }
        return new Breaker(underWay - 1, failures, opened);
    }

    /** Whether it may be forgotten: it is as good as {@link #FRESH}. */
    public boolean isIdle() {
        return equals(FRESH);
    }

    private static Pause pause(Duration length, Instant now) {
        return new Pause(now.plus(length), length);
    }

    private static Duration longer(Duration length) {
        Duration doubled = length.multipliedBy(2);
        return doubled.compareTo(MAX_PAUSE) > 0 ? MAX_PAUSE : doubled;
    }
}
