package dev.holdfast.rates.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.rates.DayRates;
import java.io.InputStream;
import java.math.BigDecimal;
import java.time.LocalDate;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class EcbHistoryTest {
    private final EcbHistory history = EcbHistory.load();

    @Test
    void everyRateOfTheFileIsThereToTheLastDigit() throws Exception {
        Document document;
        try (InputStream in =
                EcbHistory.class.getResourceAsStream(
                        "/org/javamoney/moneta/convert/ecb/defaults/eurofxref-hist.xml")) {
            document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(in);
        }
        NodeList cubes = document.getElementsByTagName("Cube");
        DayRates day = null;
        int rates = 0;
        int days = 0;
        for (int i = 0; i < cubes.getLength(); i++) {
            Element cube = (Element) cubes.item(i);
            if (cube.hasAttribute("time")) {
                days++;
                day = history.on(LocalDate.parse(cube.getAttribute("time"))).orElseThrow();
                assertThat(day.validOn()).isEqualTo(day.day());
            } else if (cube.hasAttribute("currency") && day != null) {
                rates++;
                assertThat(day.rate(cube.getAttribute("currency")))
                        .isEqualTo(new BigDecimal(cube.getAttribute("rate")));
            }
        }
        assertThat(history.days()).hasSize(days);
        assertThat(rates).isGreaterThan(180_000);
    }

    @Test
    void aWeekendHasTheRatesOfTheLastWorkingDayBeforeIt() {
        DayRates sunday = history.on(LocalDate.of(2021, 5, 16)).orElseThrow();
        assertThat(sunday.validOn()).isEqualTo("2021-05-14");
        assertThat(sunday.rates())
                .isEqualTo(history.on(LocalDate.of(2021, 5, 14)).orElseThrow().rates());
    }

    @Test
    void beforeTheFirstDayThereIsNothing() {
        assertThat(history.on(LocalDate.of(1999, 1, 3))).isEmpty();
        assertThat(history.on(LocalDate.of(1999, 1, 4))).isPresent();
    }

    @Test
    void behindTheEndTheLastRatesHold() {
        DayRates later = history.on(history.last().plusYears(10)).orElseThrow();
        assertThat(later.validOn()).isEqualTo(history.last());
    }

    @Test
    void theBaseIsWorthOneAndACurrencyThatWasNotYetThereIsUnknown() {
        DayRates first = history.on(history.first()).orElseThrow();
        assertThat(first.rate("EUR")).isEqualTo(BigDecimal.ONE);
        assertThat(first.rate("USD")).isEqualTo(new BigDecimal("1.1789"));
        assertThat(first.rate("CNY")).isNull();
        assertThat(first.rate("BTC")).isNull();
    }
}
