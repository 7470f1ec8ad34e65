package dev.holdfast.rates.source;

import dev.holdfast.rates.DayRates;
import dev.holdfast.rates.RateError;

/** What a rates API's answer means. */
public sealed interface SourceAnswer {

    /** All rates of a day. */
    record Rates(DayRates rates) implements SourceAnswer {}

    /** No rates. */
    record Failure(RateError error) implements SourceAnswer {}
}
