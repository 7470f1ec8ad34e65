package dev.holdfast.outbound.http;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A date as HTTP writes it (RFC 9110, section 5.6.7): the form of today and the two obsolete ones,
 * which a recipient must read too. What day of the week it claims to be is not looked at.
 */
public final class HttpDate {
    /** A text longer than this is no date. */
    private static final int MAX_CHARS = 64;

    /** A year of two digits is at most so far ahead (RFC 9110, section 5.6.7). */
    private static final int YEARS_AHEAD = 50;

    private static final int CENTURY = 100;

    /** {@code Sun, 06 Nov 1994 08:49:37 GMT}, without its day of the week. */
    private static final DateTimeFormatter FIXED = formatter("d MMM yyyy HH:mm:ss z");

    /** {@code Sun Nov 6 08:49:37 1994}, likewise; C's asctime pads the day with a blank. */
    private static final DateTimeFormatter ASCTIME = formatter("MMM ppd HH:mm:ss yyyy");

    private static final DateTimeFormatter ASCTIME_UNPADDED = formatter("MMM d HH:mm:ss yyyy");

    private HttpDate() {}

    /**
     * The instant that {@code text} names; null if it is no date.
     *
     * @param now tells the century of a year of two digits
     */
    public static @Nullable Instant parse(String text, Instant now) {
        String stripped = text.strip();
        if (stripped.length() > MAX_CHARS) {
            return null;
        }
        int comma = stripped.indexOf(',');
        if (comma >= 0) {
            String rest = stripped.substring(comma + 1).strip();
            return rest.indexOf('-') < 0 ? zoned(rest, FIXED) : zoned(rest, rfc850(now));
        }
        int blank = stripped.indexOf(' ');
        return blank < 0 ? null : asctime(stripped.substring(blank + 1));
    }

    private static @Nullable Instant zoned(String text, DateTimeFormatter formatter) {
        try {
            return ZonedDateTime.parse(text, formatter).toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static @Nullable Instant asctime(String text) {
        for (DateTimeFormatter formatter : List.of(ASCTIME, ASCTIME_UNPADDED)) {
            try {
                return LocalDateTime.parse(text, formatter).toInstant(ZoneOffset.UTC);
            } catch (DateTimeException e) {
                // the other one, or none
            }
        }
        return null;
    }

    /** {@code Sunday, 06-Nov-94 08:49:37 GMT}, without its day of the week. */
    private static DateTimeFormatter rfc850(Instant now) {
        int latest = now.atOffset(ZoneOffset.UTC).getYear() + YEARS_AHEAD;
        return new DateTimeFormatterBuilder()
                .parseCaseInsensitive()
                .appendPattern("d-MMM-")
                .appendValueReduced(ChronoField.YEAR, 2, 2, latest - CENTURY + 1)
                .appendPattern(" HH:mm:ss z")
                .toFormatter(Locale.ENGLISH);
    }

    private static DateTimeFormatter formatter(String pattern) {
        return new DateTimeFormatterBuilder()
                .parseCaseInsensitive()
                .appendPattern(pattern)
                .toFormatter(Locale.ENGLISH);
    }
}
