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
    private static final DateTimeFormatter TO_THE_SECOND =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.").withZone(ZoneOffset.UTC);

    /** The last second written: almost every answer shares it with the one before. */
    private volatile Second last = new Second(Long.MIN_VALUE, "");

    private record Second(long epochSecond, String text) {}

    /** The instant in UTC with milliseconds and {@code Z}. */
    String write(Instant instant) {
        Second second = last;
        if (second.epochSecond() != instant.getEpochSecond()) {
            second = new Second(instant.getEpochSecond(), TO_THE_SECOND.format(instant));
            last = second;
        }
        int millis = instant.getNano() / 1_000_000;
        return second.text()
                + (char) ('0' + millis / 100)
                + (char) ('0' + millis / 10 % 10)
                + (char) ('0' + millis % 10)
                + 'Z';
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
