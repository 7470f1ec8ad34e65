package dev.holdfast.simulator.rates;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The rates of one day seen from one base currency, just as the simulated rates API serves them: a
 * check of conversions must reckon with the very digits that were sent.
 *
 * @param day the day asked for
 * @param base what one unit of is worth the rates
 * @param rates by currency in alphabetical order, the base and the euro among them
 */
public record RateTable(LocalDate day, String base, Map<String, BigDecimal> rates) {
    /** Significant digits of a cross rate, as freecurrencyapi sends them. */
    public static final int USUAL_DIGITS = 10;

    /**
     * The table valid on a day.
     *
     * @param digits significant digits of a cross rate; rates from the euro are the ECB's own
     * @return nothing if the base had no rate on that day
     * @throws IllegalArgumentException if the day is before the history
     */
    public static Optional<RateTable> of(
            ReferenceRates history, LocalDate day, String base, int digits) {
        var euro = new TreeMap<>(history.on(day));
        euro.put("EUR", BigDecimal.ONE);
        var unit = euro.get(base);
        if (unit == null) {
            return Optional.empty();
        }
        if (!base.equals("EUR")) {
            var precision = new MathContext(digits, RoundingMode.HALF_EVEN);
            euro.replaceAll((currency, rate) -> rate.divide(unit, precision));
            euro.put(base, BigDecimal.ONE);
        }
        return Optional.of(new RateTable(day, base, euro));
    }

    /**
     * Converts exactly and rounds once, at the end.
     *
     * @return nothing if one of the currencies has no rate
     */
    public Optional<BigDecimal> convert(
            BigDecimal amount, String from, String to, int scale, RoundingMode rounding) {
        var fromRate = rates.get(from);
        var toRate = rates.get(to);
        if (fromRate == null || toRate == null) {
            return Optional.empty();
        }
        if (from.equals(to)) {
            return Optional.of(amount.setScale(scale, rounding));
        }
        return Optional.of(amount.multiply(toRate).divide(fromRate, scale, rounding));
    }
}
