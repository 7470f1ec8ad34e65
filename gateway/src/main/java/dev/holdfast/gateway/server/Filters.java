package dev.holdfast.gateway.server;

import dev.holdfast.http.Field;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.QueryFields;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the query of a listing; what is wrong or not known is a mistake. */
public final class Filters {
    /** Longest value of a filter, in characters. */
    static final int MAX_VALUE_CHARS = 256;

    private static final Instant LATEST = Instant.parse("6000-01-01T00:00:00Z");

    private static final Pattern UUID_FORM =
            Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    private final Map<String, Field> left;
    private final Mistakes mistakes;

    public Filters(@Nullable String query, Mistakes mistakes) {
        this.left = new HashMap<>(QueryFields.read(query, mistakes));
        this.mistakes = mistakes;
    }

    public @Nullable String text(String name) {
        String value = left.remove(name) instanceof Field.Text(String text) ? text : null;
        if (value != null && !isPlain(value)) {
            mistakes.add(name, "has 1 to " + MAX_VALUE_CHARS + " characters, none of them control");
            return null;
        }
        return value;
    }

    /** Longest URL, in characters; whether it may be called is not said here. */
    static final int MAX_URL_CHARS = 2_048;

    /** A URL as it was sent, or null. */
    public @Nullable String url(String name) {
        String value = left.remove(name) instanceof Field.Text(String text) ? text : null;
        if (value != null && (value.isEmpty() || value.length() > MAX_URL_CHARS)) {
            mistakes.add(name, "has 1 to " + MAX_URL_CHARS + " characters");
            return null;
        }
        return value;
    }

    /** A NUL, for one, is text that PostgreSQL cannot hold. */
    private static boolean isPlain(String value) {
        return !value.isEmpty()
                && value.length() <= MAX_VALUE_CHARS
                && value.chars().noneMatch(Character::isISOControl);
    }

    public <T> @Nullable T choice(String name, T[] choices, Function<T, String> wire) {
        String value = text(name);
        if (value == null) {
            return null;
        }
        for (T choice : choices) {
            if (wire.apply(choice).equals(value)) {
                return choice;
            }
        }
        mistakes.add(
                name,
                "is one of " + Arrays.stream(choices).map(wire).collect(Collectors.joining(", ")));
        return null;
    }

    public int limit(int usual, int most) {
        String value = text("limit");
        if (value == null) {
            return usual;
        }
        boolean number = value.length() <= 6 && value.chars().allMatch(c -> c >= '0' && c <= '9');
        int limit = number ? Integer.parseInt(value) : 0;
        if (limit < 1 || limit > most) {
            mistakes.add("limit", "is a number from 1 to " + most);
        }
        return limit;
    }

    /** A time of this era, or null if it is not said. */
    public @Nullable Instant instant(String name) {
        String value = text(name);
        if (value == null) {
            return null;
        }
        try {
            Instant time = OffsetDateTime.parse(value).toInstant();
            if (!time.isBefore(Instant.EPOCH) && time.isBefore(LATEST)) {
                return time;
            }
        } catch (DateTimeParseException e) {
            // told below
        }
        mistakes.add(name, "is a time of RFC 3339, such as 2026-01-31T12:00:00Z");
        return null;
    }

    /** A whole number of at most 18 digits, or {@code usual} if it is not said. */
    public long number(String name, long usual, String wrong) {
        String value = text(name);
        if (value == null) {
            return usual;
        }
        if (value.length() > 18 || !value.chars().allMatch(c -> c >= '0' && c <= '9')) {
            mistakes.add(name, wrong);
            return usual;
        }
        return Long.parseLong(value);
    }

    /** The place a page begins after, or null for the first page. */
    public @Nullable UUID cursor() {
        return id("cursor", "is not a next_cursor");
    }

    public @Nullable UUID id(String name, String wrong) {
        String value = text(name);
        UUID id = value == null ? null : uuid(value);
        if (value != null && id == null) {
            mistakes.add(name, wrong);
        }
        return id;
    }

    /** Whatever was not read by now is not known here. */
    public void finish() {
        left.forEach(
                (name, value) -> {
                    if (value instanceof Field.Text) {
                        mistakes.add(name, "is not known here");
                    }
                });
    }

    public static String cursor(UUID last) {
        return last.toString();
    }

    /** An id in its one form, or null. */
    public static @Nullable UUID uuid(String text) {
        return UUID_FORM.matcher(text).matches() ? UUID.fromString(text) : null;
    }
}
