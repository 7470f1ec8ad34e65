package dev.holdfast.outbound;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** The Retry-After header (RFC 9110, section 10.2.3): seconds or an HTTP-date. */
final class RetryAfter {
    /** Longest wait that is believed; more makes no sense, such as a time of day in seconds. */
    static final Duration MAX = Duration.ofDays(31);

    private static final int MAX_SECONDS_DIGITS = 12;

    private RetryAfter() {}

    /**
     * The wait that {@code value} asks for, not below zero; null if there is none or it makes no
     * sense, as one over {@link #MAX}.
     *
     * @param date the answer's own Date header, which a date is compared with, so that the two
     *     clocks need not agree; or null
     * @param now used when there is no usable {@code date}
     */
    static @Nullable Duration parse(@Nullable String value, @Nullable String date, Instant now) {
        if (value == null) {
            return null;
        }
        String text = value.strip();
        if (!text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return text.length() > MAX_SECONDS_DIGITS
                    ? null
                    : believed(Duration.ofSeconds(Long.parseLong(text)));
        }
        Instant until = httpDate(text);
        if (until == null) {
            return null;
        }
        Instant sent = date == null ? null : httpDate(date.strip());
        return believed(Duration.between(sent == null ? now : sent, until));
    }

    private static @Nullable Duration believed(Duration wait) {
        if (wait.compareTo(MAX) > 0) {
            return null;
        }
        return wait.isNegative() ? Duration.ZERO : wait;
    }

    private static @Nullable Instant httpDate(String text) {
        try {
            return ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }
}
