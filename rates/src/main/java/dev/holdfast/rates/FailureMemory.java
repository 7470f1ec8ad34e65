package dev.holdfast.rates;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What failed lately, so that the source is not asked in vain for every message. Not for several
 * threads.
 */
final class FailureMemory {
    /** First time a failing source is left alone. */
    static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    /**
     * Longest time a failing source is left alone. Fewer than ten calls a minute, so that with the
     * usual quota a slot is free when it heals.
     */
    static final Duration MAX_PAUSE = Duration.ofSeconds(7);

    /** How long it is remembered that a source refused a day. */
    static final Duration DAY_PAUSE = Duration.ofSeconds(30);

    /** Refused days remembered at once. */
    static final int MAX_DAYS = 1000;

    /** {@code streak} counts the failures in a row, this one included. */
    private record Failure(RateError error, Instant until, int streak) {}

    private final Map<LocalDate, Failure> ofDays = new HashMap<>();
    private @Nullable Failure ofSource;

    /** The day that failed last, if it may be its own fault; null since the source gave rates. */
    private @Nullable LocalDate suspect;

    /** Why the day cannot be had now, or null when it is worth a call. */
    @Nullable RateError remembered(LocalDate day, Instant now) {
        Failure failure = ofDays.get(day);
        if (failure == null || !now.isBefore(failure.until())) {
            failure = ofSource;
        }
        return failure != null && now.isBefore(failure.until()) ? failure.error() : null;
    }

    /**
     * How long until the source may be asked for the day again; null when that is not what the day
     * waits for.
     */
    @Nullable Duration pauseLeft(LocalDate day, Instant now) {
        Failure ofDay = ofDays.get(day);
        if (ofDay != null && now.isBefore(ofDay.until())) {
            boolean passing = ofDay.error().maybeOfTheDay();
            return passing ? Duration.between(now, ofDay.until()) : null;
        }
        Failure all = ofSource;
        return all != null && now.isBefore(all.until()) ? Duration.between(now, all.until()) : null;
    }

    /** Whether the last call failed for a reason that is not the day's. */
    boolean sourceIsFailing() {
        return ofSource != null;
    }

    /** The source's last failure, or null. */
    @Nullable RateError last() {
        return ofSource == null ? null : ofSource.error();
    }

    void remember(LocalDate day, RateError error, Instant now) {
        if (error.ofTheDay()) {
            put(day, new Failure(error, now.plus(DAY_PAUSE), 0));
            return;
        }
        boolean first = suspect == null || suspect.equals(day);
        if (ofSource == null && first && error.maybeOfTheDay()) {
            suspect = day;
            put(day, paused(error, now, ofDays.get(day)));
            return;
        }
        ofSource = paused(error, now, ofSource);
    }

    private void put(LocalDate day, Failure failure) {
        if (ofDays.size() >= MAX_DAYS) {
            ofDays.clear();
        }
        ofDays.put(day, failure);
    }

    private static Failure paused(RateError error, Instant now, @Nullable Failure before) {
        int streak = before == null ? 0 : before.streak();
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(streak, 10));
        Duration most = pause.compareTo(MAX_PAUSE) < 0 ? pause : MAX_PAUSE;
        return new Failure(error, now.plus(most), streak + 1);
    }

    /** The source gave rates of the day: both are well. */
    void forget(LocalDate day) {
        ofDays.remove(day);
        ofSource = null;
        suspect = null;
    }
}
