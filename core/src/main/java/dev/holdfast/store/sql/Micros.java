package dev.holdfast.store.sql;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Instants and durations as the store writes them: whole microseconds. */
public final class Micros {
    /** Far beyond any configured duration; keeps sums of instants and durations in a long. */
    private static final long MAX_DURATION = Long.MAX_VALUE / 4;

    private static final long PER_SECOND = 1_000_000;

    private Micros() {}

    public static long of(Instant instant) {
        return instant.getEpochSecond() * PER_SECOND + instant.getNano() / 1_000;
    }

    public static Instant instant(long micros) {
        return Instant.ofEpochSecond(
                Math.floorDiv(micros, PER_SECOND), Math.floorMod(micros, PER_SECOND) * 1_000L);
    }

    public static @Nullable Instant instantOrNull(@Nullable Long micros) {
        return micros == null ? null : instant(micros);
    }

    /** Rounded up, so that nothing happens before its time. */
    public static long of(Duration duration) {
        if (duration.getSeconds() >= MAX_DURATION / PER_SECOND) {
            return MAX_DURATION;
        }
        return duration.getSeconds() * PER_SECOND + (duration.getNano() + 999) / 1_000;
    }

    public static Duration duration(long micros) {
        return Duration.of(micros, TimeUnit.MICROSECONDS.toChronoUnit());
    }
}
