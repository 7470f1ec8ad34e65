package dev.holdfast.rates;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rates valid on one day, of all currencies a source knows then.
 *
 * @param day the day that was asked for
 * @param validOn the day the rates are of: {@code day}, or the last before it that has any
 * @param base the currency that is worth one
 * @param rates units of a currency for one unit of the base, each positive
 */
public record DayRates(
        LocalDate day, LocalDate validOn, String base, Map<String, BigDecimal> rates) {
    /** Currencies of one day at most; more is no answer of a rates API. */
    public static final int MAX_CURRENCIES = 2000;

    public DayRates {
        if (rates.size() > MAX_CURRENCIES) {
            throw new IllegalArgumentException("a day has too many rates: " + rates.size());
        }
        rates = Map.copyOf(rates);
    }

    /**
     * Whether the day may still get rates of its own: those at hand are an earlier day's, though
     * rates are fixed on this one.
     */
    public boolean isProvisional() {
        return validOn.isBefore(day) && WorkingDays.has(day);
    }

    /** Units of the currency for one unit of the base, or null when it is not known that day. */
    public @Nullable BigDecimal rate(String currency) {
        return currency.equals(base) ? BigDecimal.ONE : rates.get(currency);
    }
}
