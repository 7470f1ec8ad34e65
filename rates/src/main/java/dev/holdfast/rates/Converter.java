package dev.holdfast.rates;

import dev.holdfast.rates.Rates.Found;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Says what an amount of one currency is in another, on a day. Safe for any thread. */
public final class Converter {
    private final Rates rates;
    private final Conversion conversion;

    /** What a conversion comes to. */
    public sealed interface Converted {
        /**
         * The amount in the other currency.
         *
         * @param validOn the day the rates are of; the day itself where no rate was needed
         */
        record Amount(BigDecimal value, LocalDate validOn) implements Converted {}

        /** None, and why. */
        record Impossible(RateError error) implements Converted {}
    }

    /** A converter that takes its rates from {@code rates}. */
    public Converter(Rates rates, Conversion conversion) {
        this.rates = rates;
        this.conversion = conversion;
    }

    /**
     * Converts and tells {@code then}, once: before this returns when the rates are at hand, else
     * later and on any thread, but not later than {@link Rates.Settings#answerWithin}.
     *
     * @param day in UTC
     */
    public void convert(
            BigDecimal amount, String from, String to, LocalDate day, Consumer<Converted> then) {
        Converted now = convertNow(amount, from, to, day);
        if (now != null) {
            then.accept(now);
            return;
        }
        rates.find(
                day,
                found ->
                        then.accept(
                                switch (found) {
                                    case Found.Known known ->
                                            at(known.rates(), amount, from, to, day);
                                    case Found.None none -> new Converted.Impossible(none.error());
                                }));
    }

    /** The conversion if the rates are at hand or none is needed, else null. */
    public @Nullable Converted convertNow(
            BigDecimal amount, String from, String to, LocalDate day) {
        if (from.equals(to)) {
            RateError error = rates.never(day);
            return error == null
                    ? new Converted.Amount(conversion.round(amount), day)
                    : new Converted.Impossible(error);
        }
        DayRates known = rates.known(day);
        return known == null ? null : at(known, amount, from, to, day);
    }

    private Converted at(
            DayRates dayRates, BigDecimal amount, String from, String to, LocalDate day) {
        BigDecimal fromRate = dayRates.rate(from);
        BigDecimal toRate = dayRates.rate(to);
        if (fromRate == null || toRate == null) {
            return new Converted.Impossible(
                    new RateError.UnsupportedCurrency(fromRate == null ? from : to, day));
        }
        return new Converted.Amount(
                conversion.convert(amount, fromRate, toRate), dayRates.validOn());
    }
}
