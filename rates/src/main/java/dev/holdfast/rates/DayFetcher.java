package dev.holdfast.rates;

import java.time.Instant;
import java.time.LocalDate;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Gets the rates of one day, from wherever; the way to the source as {@link Rates} sees it. */
public interface DayFetcher {

    /**
     * Fetches the rates of a day. Never called for a day that it is fetching already.
     *
     * @param newest whether the day is today (or begins within a minute), whose rates may still
     *     change
     * @return a stage that always completes normally, on any thread
     */
    CompletionStage<Fetched> fetch(LocalDate day, boolean newest);

    /** The first day of which there are rates. */
    LocalDate historyStart();

    /** The last day of which there will ever be rates, or null while new ones come. */
    default @Nullable LocalDate historyEnd() {
        return null;
    }

    /** How a fetch went. */
    sealed interface Fetched {}

    /** How a fetch ended. */
    sealed interface Ended extends Fetched {}

    /**
     * The rates are there.
     *
     * @param at when they were got from the source, wall time; before now if they were kept
     */
    record Got(DayRates rates, Instant at) implements Ended {}

    /** There are none. */
    record Failed(RateError error) implements Ended {}

    /**
     * It takes longer, and goes on.
     *
     * @param notBefore the rates cannot be there earlier than this; null when they may come at any
     *     moment
     * @param why what to tell those who cannot wait for it
     * @param end the end; always completes normally
     */
    record Later(@Nullable Instant notBefore, RateError why, CompletionStage<Ended> end)
            implements Fetched {}
}
