package dev.holdfast.simulator.door;

import dev.holdfast.simulator.Bounds;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A way to misbehave, and for how long.
 *
 * @param mode what happens to a call
 * @param status the status answered in the modes {@code STATUS}, {@code HTML} and {@code REDIRECT};
 *     0 = that mode's usual one
 * @param delay how long a slow answer takes from its first to its last byte
 * @param retryAfter seconds for a Retry-After header in the mode {@code STATUS}; null = none
 * @param first how many calls for the same thing (message, webhook) it spoils; 0 = all
 * @param lasting how long it lasts from when it is set; zero = until another is set
 */
public record Fault(
        Mode mode,
        int status,
        Duration delay,
        @Nullable Integer retryAfter,
        int first,
        Duration lasting) {

    /** What happens to a call. */
    public enum Mode {
        /** Nothing: it is answered. */
        NONE,
        /** Accepted and read, never answered. */
        HANG,
        /** The connection is reset (TCP RST). */
        RESET,
        /** Bytes that are not HTTP, then the end. */
        GARBAGE,
        /** An error page in HTML, 502 unless {@code status} says otherwise. */
        HTML,
        /** The right answer, its body a few bytes at a time. */
        SLOW,
        /** A short error with {@code status}, 503 unless set. */
        STATUS,
        /** A redirect to another path, 302 unless {@code status} says otherwise. */
        REDIRECT,
        /** Nobody listens: connections are refused, open ones end. Healed by time or by code. */
        REFUSE
    }

    private static final Duration USUAL_DELAY = Duration.ofSeconds(10);

    /** No fault. */
    public static final Fault NONE = of(Mode.NONE);

    public Fault {
        if (status != 0) {
            Bounds.status("a fault's status", status);
        }
        if (retryAfter != null) {
            Bounds.whole("a fault's retry-after", retryAfter, 0, Integer.MAX_VALUE);
        }
        Bounds.whole("a fault's first", first, 0, Integer.MAX_VALUE);
        Bounds.time("a fault's delay", delay, Bounds.LONGEST_ANSWER);
        Bounds.time("a fault's time", lasting, Bounds.LONGEST_TIME);
    }

    /** A fault of all calls until another is set, with the mode's usual status. */
    public static Fault of(Mode mode) {
        return new Fault(mode, 0, USUAL_DELAY, null, 0, Duration.ZERO);
    }

    /** An error with this status. */
    public static Fault status(int status) {
        return new Fault(Mode.STATUS, status, USUAL_DELAY, null, 0, Duration.ZERO);
    }

    /** The same, for the first calls of a thing only. */
    public Fault first(int calls) {
        return new Fault(mode, status, delay, retryAfter, calls, lasting);
    }

    /** The same, ending by itself. */
    public Fault lasting(Duration time) {
        return new Fault(mode, status, delay, retryAfter, first, time);
    }

    /** The same, with a Retry-After of so many seconds. */
    public Fault retryAfter(int seconds) {
        return new Fault(mode, status, delay, seconds, first, lasting);
    }

    /** The same, a slow answer taking so long. */
    public Fault delay(Duration time) {
        return new Fault(mode, status, time, retryAfter, first, lasting);
    }

    /** Whether it spoils the {@code nth} call (from 1) for the same thing. */
    public boolean spoils(int nth) {
        return mode != Mode.NONE && (first == 0 || nth <= first);
    }

    /** The status to answer with. */
    int statusToAnswer() {
        if (status != 0) {
            return status;
        }
        return switch (mode) {
            case HTML -> 502;
            case REDIRECT -> 302;
            default -> 503;
        };
    }

    /**
     * Reads what {@code POST /_control} sends: {@code
     * {"mode","status","delay_ms","retry_after","first","for_ms"}}, all but the mode optional.
     *
     * @throws IllegalArgumentException if it says nothing sensible, in words for the sender
     */
    static Fault parse(JsonObject json) {
        var name = json.getString("mode");
        if (name == null) {
            throw new IllegalArgumentException("a mode is needed, one of " + names());
        }
        Mode mode;
        try {
            mode = Mode.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException unknown) {
            throw new IllegalArgumentException(
                    "mode is one of " + names() + ", not " + name, unknown);
        }
        var lasting = Duration.ofMillis(json.getLong("for_ms", 0L));
        if (mode == Mode.REFUSE && lasting.isZero()) {
            throw new IllegalArgumentException(
                    "refuse needs for_ms: nobody listens to a later command");
        }
        return new Fault(
                mode,
                json.getInteger("status", 0),
                Duration.ofMillis(json.getLong("delay_ms", USUAL_DELAY.toMillis())),
                json.getInteger("retry_after"),
                json.getInteger("first", 0),
                lasting);
    }

    JsonObject toJson() {
        var json =
                new JsonObject()
                        .put("mode", mode.name().toLowerCase(Locale.ROOT))
                        .put("status", statusToAnswer())
                        .put("delay_ms", delay.toMillis())
                        .put("first", first)
                        .put("for_ms", lasting.toMillis());
        if (retryAfter != null) {
            json.put("retry_after", Objects.requireNonNull(retryAfter));
        }
        return json;
    }

    private static String names() {
        var names = new StringBuilder();
        for (var mode : Mode.values()) {
            names.append(names.isEmpty() ? "" : ", ").append(mode.name().toLowerCase(Locale.ROOT));
        }
        return names.toString();
    }
}
