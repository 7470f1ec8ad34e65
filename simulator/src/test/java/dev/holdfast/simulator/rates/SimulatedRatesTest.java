package dev.holdfast.simulator.rates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.simulator.Probe;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.door.Limit;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SimulatedRatesTest {
    /** Read once: the whole history. */
    private static final ReferenceRates HISTORY = ReferenceRates.load();

    private static final InstantSource CLOCK =
            InstantSource.fixed(Instant.parse("2023-03-01T12:00:00Z"));
    private static final SimulatedRates.Options FAST =
            SimulatedRates.Options.recorded(HISTORY).latency(Latency.NONE);

    @RegisterExtension final Probe probe = new Probe();

    private SimulatedRates start(SimulatedRates.Options options) {
        return new SimulatedRates(probe.vertx(), options, CLOCK).start();
    }

    @Test
    void theHistoryGoesBackTo1999AndAWeekendHasFridaysRates() {
        assertThat(HISTORY.first()).isEqualTo("1999-01-04");
        assertThat(HISTORY.newest()).isAfterOrEqualTo("2023-02-21");
        assertThat(HISTORY.validOn(LocalDate.parse("2023-02-19"))).isEqualTo("2023-02-17");
        assertThat(HISTORY.on(LocalDate.parse("2023-02-20")))
                .containsEntry("USD", new BigDecimal("1.0674"));
        assertThat(HISTORY.on(LocalDate.parse("2023-02-20"))).doesNotContainKey("HRK");
        assertThat(HISTORY.currencies()).contains("HRK", "TRL").doesNotContain("UAH", "EUR");
    }

    @Test
    void aCrossRateHasTheDigitsThatAreServed() {
        var table = RateTable.of(HISTORY, LocalDate.parse("2023-02-21"), "USD", 10).orElseThrow();
        assertThat(table.rates()).containsEntry("EUR", new BigDecimal("0.9377344336"));
        assertThat(table.convert(new BigDecimal("253.67"), "USD", "EUR", 5, RoundingMode.DOWN))
                .contains(new BigDecimal("237.87509"));
        assertThat(table.convert(BigDecimal.TEN, "UAH", "EUR", 5, RoundingMode.DOWN)).isEmpty();
        assertThat(RateTable.of(HISTORY, LocalDate.parse("2023-02-21"), "BTC", 10)).isEmpty();
    }

    @Test
    void freecurrencyapiAnswersByDateAndLatest() {
        var rates = start(FAST.key("k"));
        var key = Map.of("apikey", "k");
        var target = "/v1/historical?date=2023-02-19&base_currency=EUR&currencies=USD,PLN";
        var reply = probe.get(rates.port(), target, key);
        assertThat(reply.body())
                .isEqualTo("{\"data\":{\"2023-02-19\":{\"PLN\":4.7773,\"USD\":1.0625}}}");
        assertThat(reply.headers()).containsEntry("X-RateLimit-Remaining-Quota-Minute", "9");
        var latest = probe.get(rates.port(), "/v1/latest?apikey=k").json().getJsonObject("data");
        assertThat(latest.getValue("USD")).isEqualTo(1);
        assertThat(latest.fieldNames()).contains("EUR", "PLN");
        assertThat(probe.get(rates.port(), "/v1/status", key).json().encode()).contains("4998");
    }

    @Test
    void freecurrencyapiRefusesAsRecorded() {
        var rates =
                start(
                        FAST.key("k")
                                .limits(
                                        new Limit(3, Duration.ofMinutes(1), true, false),
                                        Limit.NONE));
        assertThat(probe.get(rates.port(), "/v1/latest").status()).isEqualTo(401);
        var base = probe.get(rates.port(), "/v1/latest?apikey=k&base_currency=BTC");
        assertThat(base.status()).isEqualTo(422);
        assertThat(base.json().getJsonObject("errors").fieldNames())
                .containsExactly("base_currency");
        assertThat(probe.get(rates.port(), "/v1/historical?apikey=k&date=2023-03-02").status())
                .isEqualTo(422);
        assertThat(probe.get(rates.port(), "/v1/historical?apikey=k&date=1998-01-01").status())
                .isEqualTo(422);
        assertThat(probe.get(rates.port(), "/v1/latest?apikey=k").status()).isEqualTo(429);
        assertThat(rates.stats().getInteger("worst_window")).isEqualTo(4);
    }

    @Test
    void frankfurterAnswersAWeekendWithTheWorkingDayAndNoRateToItself() {
        var rates = start(FAST.shape(RatesShape.FRANKFURTER));
        var json = probe.get(rates.port(), "/v1/2023-02-19?base=EUR").json();
        assertThat(json.getString("date")).isEqualTo("2023-02-17");
        assertThat(json.getJsonObject("rates").fieldNames()).contains("USD").doesNotContain("EUR");
        assertThat(probe.get(rates.port(), "/v1/latest?base=EUR&symbols=EUR").status())
                .isEqualTo(404);
    }

    @Test
    void exchangerateHostAnswersWithQuotes() {
        var rates = start(FAST.key("k"));
        var json =
                probe.get(rates.port(), "/historical?access_key=k&date=2023-02-21&source=EUR")
                        .json();
        assertThat(json.getBoolean("success")).isTrue();
        assertThat(json.getJsonObject("quotes").getDouble("EURUSD")).isEqualTo(1.0664);
        var refused = probe.get(rates.port(), "/historical?date=2023-02-21&source=EUR").json();
        assertThat(refused.getBoolean("success")).isFalse();
    }

    @Test
    void itFailsWithAnHtmlPageOnCommandAndHeals() {
        var rates = start(FAST);
        var html = new JsonObject().put("mode", "html").put("status", 500);
        probe.control(rates.port(), html);
        var page = probe.get(rates.port(), "/v1/latest");
        assertThat(page.status()).isEqualTo(500);
        assertThat(page.headers().get("Content-Type")).isEqualTo("text/html");
        rates.fault(Fault.NONE);
        assertThat(probe.get(rates.port(), "/v1/latest").status()).isEqualTo(200);
    }
}
