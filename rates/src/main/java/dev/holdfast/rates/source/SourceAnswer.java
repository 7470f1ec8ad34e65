package dev.holdfast.rates.source;

import dev.holdfast.rates.DayRates;
import dev.holdfast.rates.RateError;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a rates API's answer means. */
public sealed interface SourceAnswer {

    /** All rates of a day. */
    record Rates(DayRates rates) implements SourceAnswer {}

    /**
     * No rates.
     *
     * @param retryAfter what the answer's Retry-After said, or null
     */
    record Failure(RateError error, @Nullable Duration retryAfter) implements SourceAnswer {
        Failure(RateError error) {
            this(error, null);
        }
    }
}
