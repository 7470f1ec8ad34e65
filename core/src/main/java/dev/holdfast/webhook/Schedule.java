package dev.holdfast.webhook;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When a delivery is tried: {@code webhooks.schedule} in the configuration.
 *
 * @param delays before the first try, the second and so on; 1 to {@link #MAX_TRIES}
 * @param jitter share that a delay is made longer or shorter by at random, 0 to 1
 */
public record Schedule(List<Duration> delays, double jitter) {
    /** Most tries. */
    public static final int MAX_TRIES = 100;

    /** Longest Retry-After that is honoured. */
    public static final Duration MAX_RETRY_AFTER = Duration.ofHours(24);

    /** The jitter of the specification. */
    public static final double DEFAULT_JITTER = 0.2;

    /** The schedule if none is configured; its tries span a little over three days. */
    public static final Schedule DEFAULT =
            new Schedule(
                    List.of(
                            Duration.ZERO,
                            Duration.ofSeconds(5),
                            Duration.ofMinutes(5),
                            Duration.ofMinutes(30),
                            Duration.ofHours(2),
                            Duration.ofHours(5),
                            Duration.ofHours(10),
                            Duration.ofHours(14),
                            Duration.ofHours(20),
                            Duration.ofHours(24)),
                    DEFAULT_JITTER);

    public Schedule {
        delays = List.copyOf(delays);
        if (delays.isEmpty() || delays.size() > MAX_TRIES) {
            throw new IllegalArgumentException("a schedule has 1 to " + MAX_TRIES + " delays");
        }
        if (delays.stream().anyMatch(Duration::isNegative)) {
            throw new IllegalArgumentException("a schedule's delays are not negative");
        }
        if (!(jitter >= 0 && jitter <= 1)) {
            throw new IllegalArgumentException("jitter is between 0 and 1");
        }
    }

    /**
     * How long to wait before the next try; empty when there is none left.
     *
     * @param attempts tries made so far
     * @param retryAfter the least wait that the receiver asked for, or null
     */
    public Optional<Duration> next(
            int attempts, @Nullable Duration retryAfter, RandomGenerator random) {
        if (attempts >= delays.size()) {
            return Optional.empty();
        }
        double factor = 1 + jitter * (2 * random.nextDouble() - 1);
        Duration delay = Duration.ofNanos((long) (delays.get(attempts).toNanos() * factor));
        Duration asked = retryAfter == null ? Duration.ZERO : retryAfter;
        Duration honoured = asked.compareTo(MAX_RETRY_AFTER) > 0 ? MAX_RETRY_AFTER : asked;
        return Optional.of(honoured.compareTo(delay) > 0 ? honoured : delay);
    }
}
