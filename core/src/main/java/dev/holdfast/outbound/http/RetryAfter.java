package dev.holdfast.outbound.http;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The Retry-After header (RFC 9110, section 10.2.3): seconds, which some send with a fraction, or
 * an HTTP-date.
 */
public final class RetryAfter {
    /** Longest wait that is believed; more makes no sense, such as a time of day in seconds. */
    public static final Duration MAX = Duration.ofDays(31);

    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,12}(\\.[0-9]{1,20})?");

    private RetryAfter() {}

    /**
     * The wait that {@code value} asks for, in whole seconds, rounded up, not below zero; null if
     * there is none or it makes no sense, as one over {@link #MAX}.
     *
     * @param date the answer's own Date header, which a date is compared with, so that the two
     *     clocks need not agree; or null
     * @param now used when there is no usable {@code date}
     */
    public static @Nullable Duration parse(
            @Nullable String value, @Nullable String date, Instant now) {
        if (value == null) {
            return null;
        }
        String text = value.strip();
        if (SECONDS.matcher(text).matches()) {
            BigDecimal seconds = new BigDecimal(text).setScale(0, RoundingMode.CEILING);
            return believed(Duration.ofSeconds(seconds.longValueExact()));
        }
        Instant until = HttpDate.parse(text, now);
        if (until == null) {
            return null;
        }
        Instant sent = date == null ? null : HttpDate.parse(date, now);
        return believed(roundedUp(Duration.between(sent == null ? now : sent, until)));
    }

    private static Duration roundedUp(Duration wait) {
        return Duration.ofSeconds(wait.getSeconds() + (wait.getNano() > 0 ? 1 : 0));
    }

    private static @Nullable Duration believed(Duration wait) {
        if (wait.compareTo(MAX) > 0) {
            return null;
        }
        return wait.isNegative() ? Duration.ZERO : wait;
    }
}
