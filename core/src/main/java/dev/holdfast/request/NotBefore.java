package dev.holdfast.request;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** Before when a request is not to be called, as its caller says it: wall time. */
public sealed interface NotBefore {
    /** The farthest away that it may be. */
    Duration FARTHEST = Duration.ofDays(366);

    /** In words, for who says it wrongly. */
    String WORDS =
            "is a time such as 2026-12-24T18:00:00Z (RFC 3339), or whole seconds from now; at most"
                    + " 366 days ahead";

    /** A moment. */
    record At(Instant instant) implements NotBefore {}

    /** So long after it is asked. */
    record In(Duration length) implements NotBefore {}

    /** The moment, for who asks now. */
    default Instant after(Instant now) {
        return switch (this) {
            case At(Instant instant) -> instant;
            case In(Duration length) -> now.plus(length);
        };
    }

    /**
     * Reads an RFC 3339 date-time or whole seconds; null if it is neither or too far ahead. One
     * that has passed is as good as none.
     *
     * @param now wall time
     */
    static @Nullable NotBefore read(String text, Instant now) {
        NotBefore read;
        if (!text.isEmpty() && text.length() <= 9 && text.chars().allMatch(NotBefore::isDigit)) {
            read = new In(Duration.ofSeconds(Long.parseLong(text)));
        } else {
            try {
                read = new At(OffsetDateTime.parse(text).toInstant());
            } catch (DateTimeException e) {
                return null;
            }
        }
        return read.after(now).isAfter(now.plus(FARTHEST)) ? null : read;
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }
}
