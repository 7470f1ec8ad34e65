package dev.holdfast.rates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.rates.Converter.Converted;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConverterTest {
    private static final LocalDate DAY = LocalDate.of(2021, 5, 18);

    private final VirtualTime time = new VirtualTime("2026-03-02T10:00:00Z");
    private final ScriptedFetcher source = new ScriptedFetcher();
    private final Rates rates =
            new Rates(source, time, time, new RatesMetrics(), Rates.Settings.DEFAULT);
    private final Converter converter = new Converter(rates, new Conversion(5, RoundingMode.DOWN));

    @Test
    void aCurrencyIntoItselfNeedsNoRateAndIsRoundedAllTheSame() {
        assertThat(convert("12.3456789", "EUR", "EUR", DAY))
                .containsExactly(new Converted.Amount(new BigDecimal("12.34567"), DAY));
        assertThat(source.calls).isEmpty();
    }

    @Test
    void aCurrencyIntoItselfOnADayThatIsNotThereIsAnErrorToo() {
        assertThat(convert("1", "EUR", "EUR", LocalDate.of(2031, 1, 1)))
                .containsExactly(
                        new Converted.Impossible(
                                new RateError.DateInFuture(LocalDate.of(2031, 1, 1))));
        assertThat(convert("1", "EUR", "EUR", LocalDate.of(1990, 1, 1)).getFirst())
                .isInstanceOf(Converted.Impossible.class);
    }

    @Test
    void oneSideThatIsNotKnownIsNamed() {
        convert("1", "USD", "EUR", DAY);
        source.last().answer().complete(ScriptedFetcher.got(DAY, "0.8", time.instant()));
        assertThat(convert("1", "BTC", "EUR", DAY))
                .containsExactly(
                        new Converted.Impossible(new RateError.UnsupportedCurrency("BTC", DAY)));
        assertThat(convert("1", "EUR", "XYZ", DAY))
                .containsExactly(
                        new Converted.Impossible(new RateError.UnsupportedCurrency("XYZ", DAY)));
        assertThat(convert("1", "UAH", "EUR", DAY))
                .containsExactly(new Converted.Amount(new BigDecimal("0.0293"), DAY));
    }

    private List<Converted> convert(String amount, String from, String to, LocalDate day) {
        List<Converted> converted = new ArrayList<>();
        converter.convert(new BigDecimal(amount), from, to, day, converted::add);
        return converted;
    }
}
