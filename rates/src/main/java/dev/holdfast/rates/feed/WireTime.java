package dev.holdfast.rates.feed;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** Dates as messages have them: {@code 2021-05-18T21:32:42.324Z}. Safe for any thread. */
final class WireTime {
    private static final int DATE_CHARS = 10;
    private static final DateTimeFormatter FORMAT =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    /** The last millisecond written: at a thousand answers a second most share it. */
    private volatile Written last = new Written(Long.MIN_VALUE, "");

    private record Written(long epochMilli, String text) {}

    /** The instant in UTC with milliseconds and {@code Z}. */
    String write(long epochMilli) {
        Written written = last;
        if (written.epochMilli() != epochMilli) {
            written = new Written(epochMilli, FORMAT.format(Instant.ofEpochMilli(epochMilli)));
            last = written;
        }
        return written.text();
    }

    /**
     * The day in UTC that an ISO 8601 date or date with time is on, or null when it is neither. A
     * time without a zone is taken as UTC.
     */
    static @Nullable LocalDate day(String text) {
        try {
            if (text.length() == DATE_CHARS) {
                return LocalDate.parse(text);
            }
            if (isPlainUtc(text)) {
                return LocalDate.of(number(text, 0, 4), number(text, 5, 2), number(text, 8, 2));
            }
            return parsed(text);
        } catch (DateTimeException notADate) {
            return null;
        }
    }

    private static LocalDate parsed(String text) {
        try {
            return OffsetDateTime.parse(text).withOffsetSameInstant(ZoneOffset.UTC).toLocalDate();
        } catch (DateTimeParseException noOffset) {
            return LocalDateTime.parse(text).toLocalDate();
        }
    }

    /** Exactly {@code 0000-00-00T00:00:00.000Z} with times that exist: nearly every message. */
    private static boolean isPlainUtc(String text) {
        String shape = "0000-00-00T00:00:00.000Z";
        if (text.length() != shape.length()) {
            return false;
        }
        for (int i = 0; i < shape.length(); i++) {
            char c = text.charAt(i);
            boolean right = shape.charAt(i) == '0' ? c >= '0' && c <= '9' : c == shape.charAt(i);
            if (!right) {
                return false;
            }
        }
        return number(text, 11, 2) < 24 && number(text, 14, 2) < 60 && number(text, 17, 2) < 60;
    }

    private static int number(String text, int from, int digits) {
        int number = 0;
        for (int i = from; i < from + digits; i++) {
            number = 10 * number + (text.charAt(i) - '0');
        }
        return number;
    }
}
