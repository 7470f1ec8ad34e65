package dev.holdfast.rates.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.rates.DayRates;
import dev.holdfast.rates.RateError;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RateSourceTest {
    private static final LocalDate DAY = LocalDate.of(2021, 5, 18);
    private static final String KEY = "not-a-real-key";
    private static final String HTML =
            "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head></html>";

    private final RateSource free = RateSource.named("freecurrencyapi", KEY);
    private final RateSource frankfurter = RateSource.named("frankfurter", "");
    private final RateSource host = RateSource.named("exchangerate-host", KEY);

    @Test
    void theDateIsNotIgnored() {
        assertThat(free.historical("2021-05-18").target())
                .isEqualTo("/v1/historical?base_currency=USD&date=2021-05-18");
        assertThat(frankfurter.historical("2021-05-18").target())
                .isEqualTo("/v1/2021-05-18?base=EUR");
        assertThat(host.historical("2021-05-18").target())
                .isEqualTo("/historical?access_key=not-a-real-key&date=2021-05-18&source=EUR");
    }

    @Test
    void theNewestRatesHaveACallOfTheirOwn() {
        assertThat(free.latest().target()).isEqualTo("/v1/latest?base_currency=USD");
        assertThat(frankfurter.latest().target()).isEqualTo("/v1/latest?base=EUR");
        assertThat(host.latest().target()).isEqualTo("/live?access_key=not-a-real-key&source=EUR");
    }

    @Test
    void theKeyOfFreecurrencyapiIsAHeaderAndNoQueryAndNeverShown() {
        SourceCall call = free.historical("2021-05-18");
        assertThat(call.headers()).containsEntry("apikey", KEY);
        assertThat(call.target()).doesNotContain(KEY);
        assertThat(call.toString()).doesNotContain(KEY);
        assertThat(host.historical("2021-05-18").toString()).doesNotContain(KEY);
    }

    @Test
    void freecurrencyapiIsReadToTheLastDigit() {
        DayRates rates =
                rates(
                        free.read(
                                DAY,
                                200,
                                "{\"meta\":{},\"data\":{\"2021-05-18\":{\"EUR\":0.8183107951234567890123,"
                                        + "\"JPY\":1.0889e2,\"XXX\":null,\"YYY\":0}}}"));
        assertThat(rates.validOn()).isEqualTo(DAY);
        assertThat(rates.base()).isEqualTo("USD");
        assertThat(rates.rate("EUR")).isEqualTo(new BigDecimal("0.8183107951234567890123"));
        assertThat(rates.rate("JPY")).isEqualByComparingTo("108.89");
        assertThat(rates.rate("USD")).isEqualTo(BigDecimal.ONE);
        assertThat(rates.rate("XXX")).isNull();
        assertThat(rates.rate("YYY")).isNull();
    }

    @Test
    void freecurrencyapisNewestRatesHaveNoDate() {
        DayRates rates = rates(free.read(DAY, 200, "{\"data\":{\"EUR\":0.88,\"CZK\":21.5}}"));
        assertThat(rates.validOn()).isEqualTo(DAY);
        assertThat(rates.rate("CZK")).isEqualTo(new BigDecimal("21.5"));
    }

    @Test
    void frankfurterAnswersAWeekendWithTheWorkingDayBefore() {
        DayRates rates =
                rates(
                        frankfurter.read(
                                LocalDate.of(2021, 5, 16),
                                200,
                                "{\"amount\":1.0,\"base\":\"EUR\",\"date\":\"2021-05-14\",\"rates\":{\"USD\":1.2123}}"));
        assertThat(rates.day()).isEqualTo("2021-05-16");
        assertThat(rates.validOn()).isEqualTo("2021-05-14");
        assertThat(rates.rate("EUR")).isEqualTo(BigDecimal.ONE);
    }

    @Test
    void exchangerateHostNamesPairs() {
        DayRates rates =
                rates(
                        host.read(
                                DAY,
                                200,
                                "{\"success\":true,\"historical\":true,\"date\":\"2021-05-18\",\"timestamp\":1,"
                                        + "\"source\":\"EUR\",\"quotes\":{\"EURUSD\":1.2222,\"EURBTC\":2.8e-05,\"USDEUR\":9}}"));
        assertThat(rates.rate("USD")).isEqualTo(new BigDecimal("1.2222"));
        assertThat(rates.rate("BTC")).isEqualByComparingTo("0.000028");
        assertThat(rates.rates()).hasSize(2);
    }

    @Test
    void exchangerateHostTellsFailuresWithStatus200() {
        assertThat(
                        error(
                                host,
                                200,
                                "{\"success\":false,\"error\":{\"code\":104,\"info\":\"usage limit\"}}"))
                .isInstanceOf(RateError.OutOfQuota.class);
        assertThat(error(host, 200, "{\"success\":false,\"error\":{\"code\":101,\"type\":\"x\"}}"))
                .isInstanceOf(RateError.Unauthorized.class);
        assertThat(
                        error(
                                        host,
                                        200,
                                        "{\"success\":false,\"error\":{\"code\":302,\"info\":\"bad date\"}}")
                                .words())
                .contains("bad date");
    }

    @Test
    void errorsAreToldApart() {
        assertThat(
                        error(
                                free,
                                401,
                                "{\"message\":\"Unauthorized\",\"error\":{\"code\":\"invalid_api_key\"}}"))
                .isInstanceOf(RateError.Unauthorized.class);
        // The plan may have other days.
        assertThat(error(free, 403, "{}").ofTheDay()).isTrue();
        assertThat(error(free, 429, "{\"message\":\"slow down\"}"))
                .isInstanceOf(RateError.OutOfQuota.class);
        assertThat(error(free, 500, HTML)).isEqualTo(new RateError.SourceFailed(500));
        RateError refused =
                error(
                        free,
                        422,
                        "{\"message\":\"Validation error\",\"errors\":{\"date\":[\"The date is too old.\"]}}");
        assertThat(refused.words()).contains("2021-05-18").contains("The date is too old.");
        assertThat(refused.ofTheDay()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                HTML,
                "",
                "null",
                "[]",
                "{}",
                "{\"data\":[1,2]}",
                "{\"data\":{\"2021-05-18\":7}}",
                "{\"data\":{\"2021-05-18\":{\"EUR\":0.8",
                "{\"base\":\"EUR\",\"rates\":{\"USD\":1}}",
                "{\"success\":true}"
            })
    void anAnswerThatIsNoRatesIsAFailureAndNeverThrows(String body) {
        for (RateSource source : List.of(free, frankfurter, host)) {
            assertThat(error(source, 200, body)).isInstanceOf(RateError.NotRates.class);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    free        | {"data":[]}
                    free        | {"data":{}}
                    free        | {"data":null}
                    free        | {"data":{"2021-05-18":[]}}
                    free        | {"data":{"2021-05-18":{}}}
                    free        | {"data":{"2021-05-18":null}}
                    free        | {"data":{"2021-05-18":{"EUR":null}}}
                    frankfurter | {"base":"EUR","date":"2021-05-18","rates":{}}
                    frankfurter | {"base":"EUR","date":"2021-05-18","rates":[]}
                    host        | {"success":true,"quotes":{}}
                    host        | {"success":true,"date":"2021-05-18","quotes":[],"source":"EUR"}
                    """)
    void anAnswerWithNothingForTheDaySaysNothingAboutOthers(String name, String body) {
        RateSource source =
                Map.of("free", free, "frankfurter", frankfurter, "host", host).get(name);
        assertThat(error(source, 200, body)).isEqualTo(new RateError.NoRates(DAY));
        assertThat(error(source, 200, body).ofTheDay()).isTrue();
    }

    @Test
    void anHtmlPageIsCalledOne() {
        assertThat(error(free, 200, HTML).words()).contains("an HTML page");
    }

    @Test
    void ratesOfALaterDayThanAskedAreNotTaken() {
        assertThat(error(free, 200, "{\"data\":{\"2021-05-19\":{\"EUR\":0.8}}}"))
                .isInstanceOf(RateError.NotRates.class);
    }

    @Test
    void aMissingKeyOrAnUnknownNameIsSaidAtOnce() {
        assertThatThrownBy(() -> RateSource.named("freecurrencyapi", " "))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("FREECURRENCY_API_KEY");
        assertThatThrownBy(() -> RateSource.named("bank", "k"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("frankfurter");
    }

    private static DayRates rates(SourceAnswer answer) {
        assertThat(answer).isInstanceOf(SourceAnswer.Rates.class);
        return ((SourceAnswer.Rates) answer).rates();
    }

    private static RateError error(RateSource source, int status, String body) {
        SourceAnswer answer = source.read(DAY, status, body);
        assertThat(answer).isInstanceOf(SourceAnswer.Failure.class);
        return ((SourceAnswer.Failure) answer).error();
    }
}
