package dev.holdfast.rates.feed;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Dates as messages have them: {@code 2021-05-18T21:32:42.324Z}. Safe for any thread. */
final class WireTime {
    /** The forms that are read, for whoever sent another. */
    static final String FORMS =
            "2021-05-18, 2021-05-18T21:32:42.324Z, with an offset such as +02:00 or +0200, with a"
                    + " blank for the T, or 20210518T213242Z";

    /** Longest text that is taken for a date, in characters. */
    private static final int MAX_CHARS = 50;

    private static final Pattern DATE_TIME =
            Pattern.compile(
                    "(?<year>[0-9]{4})(?<dash>-?)(?<month>[0-9]{2})\\k<dash>(?<day>[0-9]{2})"
                            + "(?:[Tt ](?<hour>[0-9]{2}):?(?<minute>[0-9]{2})"
                            + "(?::?(?<second>[0-9]{2})(?:[.,][0-9]{1,18})?)?"
                            + "(?: ?(?<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?))?)?");

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
     * The day in UTC that a date or a date with time is on, or null when it is neither: ISO 8601,
     * extended or basic, and what is unambiguous though it is not quite that. A time without a zone
     * is taken as UTC, 24:00 is the beginning of the next day, a leap second is of its own day.
     */
    static @Nullable LocalDate day(String text) {
        try {
            if (isPlainUtc(text)) {
                return LocalDate.of(number(text, 0, 4), number(text, 5, 2), number(text, 8, 2));
            }
            return text.length() <= MAX_CHARS ? parsed(text) : null;
        } catch (DateTimeException notADate) {
            return null;
        }
    }

    private static @Nullable LocalDate parsed(String text) {
        Matcher form = DATE_TIME.matcher(text);
        if (!form.matches()) {
            return null;
        }
        LocalDate date = LocalDate.of(of(form, "year"), of(form, "month"), of(form, "day"));
        if (form.group("hour") == null) {
            return date;
        }
        int hour = of(form, "hour");
        int minute = of(form, "minute");
        int second = of(form, "second");
        boolean endOfDay = hour == 24 && minute == 0 && second == 0;
        if (endOfDay) {
            date = date.plusDays(1);
            hour = 0;
        }
        // A leap second has no instant of its own; the one before it is of the same day.
        LocalDateTime time = date.atTime(hour, minute, second == 60 ? 59 : second);
        return time.atOffset(offset(form.group("zone")))
                .withOffsetSameInstant(ZoneOffset.UTC)
                .toLocalDate();
    }

    private static ZoneOffset offset(@Nullable String zone) {
        return zone == null || zone.equalsIgnoreCase("z") ? ZoneOffset.UTC : ZoneOffset.of(zone);
    }

    private static int of(Matcher form, String group) {
        String digits = form.group(group);
        return digits == null ? 0 : Integer.parseInt(digits);
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
