package dev.holdfast.app.yaml;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations and sizes as people write them, both ways. */
public final class Units {
    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("([0-9]{1,15})\\s*([A-Za-z]*)");

    private Units() {}

    /**
     * {@code 1800ms}, {@code 60s}, {@code 5m}, {@code 24h}, {@code 30d}, {@code 0}, or ISO 8601.
     */
    public static Optional<Duration> duration(String text) {
        if (text.startsWith("P") || text.startsWith("p")) {
            try {
                return Optional.of(Duration.parse(text));
            } catch (DateTimeParseException e) {
                return Optional.empty();
            }
        }
        Matcher m = NUMBER_AND_UNIT.matcher(text);
        if (!m.matches()) {
            return Optional.empty();
        }
        long n = Long.parseLong(m.group(1));
        try {
            return switch (m.group(2).toLowerCase(Locale.ROOT)) {
                case "ms" -> Optional.of(Duration.ofMillis(n));
                case "s" -> Optional.of(Duration.ofSeconds(n));
                case "m", "min" -> Optional.of(Duration.ofMinutes(n));
                case "h" -> Optional.of(Duration.ofHours(n));
                case "d" -> Optional.of(Duration.ofDays(n));
                case "" -> n == 0 ? Optional.of(Duration.ZERO) : Optional.empty();
                default -> Optional.empty();
            };
        } catch (ArithmeticException e) {
            return Optional.empty();
        }
    }

    /**
     * A duration within bounds.
     *
     * @throws IllegalArgumentException that says why it is none
     */
    public static Duration duration(String text, Duration min, Duration max) {
        Duration value =
                duration(text)
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "write 1800ms, 60s, 5m, 24h, 30d or ISO 8601"));
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new IllegalArgumentException("not between " + write(min) + " and " + write(max));
        }
        return value;
    }

    /** The shortest way to write it that {@link #duration(String)} reads back. */
    public static String write(Duration d) {
        long ms = d.toMillis();
        if (ms == 0) {
            return "0s";
        }
        if (ms % 1000 != 0) {
            return ms + "ms";
        }
        long s = ms / 1000;
        if (s % 86_400 == 0 && s > 86_400) {
            return s / 86_400 + "d";
        }
        if (s % 3600 == 0) {
            return s / 3600 + "h";
        }
        return s % 60 == 0 && s > 60 ? s / 60 + "m" : s + "s";
    }

    /** Bytes: a bare number, {@code kB}/{@code MB}/{@code GB} (1000) or {@code KiB}… (1024). */
    public static Optional<Long> bytes(String text) {
        Matcher m = NUMBER_AND_UNIT.matcher(text);
        if (!m.matches()) {
            return Optional.empty();
        }
        long n = Long.parseLong(m.group(1));
        try {
            return switch (m.group(2).toLowerCase(Locale.ROOT)) {
                case "", "b" -> Optional.of(n);
                case "kb" -> Optional.of(Math.multiplyExact(n, 1000L));
                case "mb" -> Optional.of(Math.multiplyExact(n, 1_000_000L));
                case "gb" -> Optional.of(Math.multiplyExact(n, 1_000_000_000L));
                case "kib" -> Optional.of(Math.multiplyExact(n, 1L << 10));
                case "mib" -> Optional.of(Math.multiplyExact(n, 1L << 20));
                case "gib" -> Optional.of(Math.multiplyExact(n, 1L << 30));
                default -> Optional.empty();
            };
        } catch (ArithmeticException e) {
            return Optional.empty();
        }
    }
}
