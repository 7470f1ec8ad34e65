package dev.holdfast.http;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a caller prefers (RFC 7240): {@code wait} and {@code respond-async}. Preferences that are
 * not known or not understood are ignored, as the RFC asks.
 *
 * @param atMost how long it wants to wait, or null if it did not say
 * @param async whether it said {@code respond-async}
 */
public record Preference(@Nullable Duration atMost, boolean async) {
    public static final Preference NONE = new Preference(null, false);

    /** Digits of a wait; longer ones are not understood. */
    private static final int MAX_DIGITS = 9;

    /** Reads all the {@code Prefer} headers of a request. */
    public static Preference of(List<String> headers) {
        if (headers.isEmpty()) {
            return NONE;
        }
        Duration wait = null;
        boolean async = false;
        for (String header : headers) {
            for (String part : header.split("[,;]", -1)) {
                String preference = part.strip();
                if (preference.equalsIgnoreCase("respond-async")) {
                    async = true;
                } else if (wait == null && preference.regionMatches(true, 0, "wait", 0, 4)) {
                    wait = seconds(preference.substring(4).strip());
                }
            }
        }
        return new Preference(wait, async);
    }

    /** How long an ask is held: never longer than {@code most}. */
    public Duration patience(Duration most) {
        if (atMost != null) {
            return atMost.compareTo(most) < 0 ? atMost : most;
        }
        return async ? Duration.ZERO : most;
    }

    /**
     * What {@code Preference-Applied} says, or null where nothing was.
     *
     * @param most waits that are longer are not applied
     */
    public @Nullable String applied(Duration most) {
        if (atMost != null && atMost.compareTo(most) <= 0) {
            return (async ? "respond-async, wait=" : "wait=") + atMost.toSeconds();
        }
        return async && atMost == null ? "respond-async" : null;
    }

    private static @Nullable Duration seconds(String value) {
        if (!value.startsWith("=")) {
            return null;
        }
        String digits = value.substring(1).strip();
        if (digits.length() >= 2 && digits.startsWith("\"") && digits.endsWith("\"")) {
            digits = digits.substring(1, digits.length() - 1);
        }
        boolean number =
                !digits.isEmpty()
                        && digits.length() <= MAX_DIGITS
                        && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        return number ? Duration.ofSeconds(Long.parseLong(digits)) : null;
    }
}
