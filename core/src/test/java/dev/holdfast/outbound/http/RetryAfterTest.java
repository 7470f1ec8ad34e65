package dev.holdfast.outbound.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void secondsAndDatesAreWaits() {
        assertThat(RetryAfter.parse(" 120 ", null, NOW)).isEqualTo(Duration.ofMinutes(2));
        assertThat(RetryAfter.parse("Thu, 01 Jan 2026 00:01:00 GMT", null, NOW))
                .isEqualTo(Duration.ofMinutes(1));
        assertThat(RetryAfter.parse("Wed, 31 Dec 2025 00:01:00 GMT", null, NOW))
                .isEqualTo(Duration.ZERO);
        assertThat(RetryAfter.parse("2678400", null, NOW)).isEqualTo(Duration.ofDays(31));
    }

    @Test
    void aFractionIsRoundedUpSoThatNoCallComesTooEarly() {
        assertThat(RetryAfter.parse("299.997", null, NOW)).isEqualTo(Duration.ofMinutes(5));
        assertThat(RetryAfter.parse("0.4", null, NOW)).isEqualTo(Duration.ofSeconds(1));
        assertThat(RetryAfter.parse("0", null, NOW)).isEqualTo(Duration.ZERO);
        assertThat(RetryAfter.parse("7.000", null, NOW)).isEqualTo(Duration.ofSeconds(7));
        assertThat(RetryAfter.parse("Thu, 01 Jan 2026 00:01:00 GMT", null, NOW.plusMillis(1)))
                .isEqualTo(Duration.ofMinutes(1));
    }

    /** RFC 9110, section 5.6.7: a recipient must accept all three. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sun, 06 Nov 1994 08:49:37 GMT",
                "Sunday, 06-Nov-94 08:49:37 GMT",
                "Sun Nov  6 08:49:37 1994",
                "Sun Nov 6 08:49:37 1994",
                "sun, 6 nov 1994 08:49:37 gmt"
            })
    void eachFormOfADateIsRead(String value) {
        Instant now = Instant.parse("1994-11-06T08:44:37Z");
        assertThat(RetryAfter.parse(value, null, now)).isEqualTo(Duration.ofMinutes(5));
        assertThat(RetryAfter.parse(value, "Sun Nov  6 08:49:30 1994", NOW))
                .isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void aYearOfTwoDigitsIsAtMostFiftyYearsAhead() {
        assertThat(HttpDate.parse("Thursday, 01-Jan-76 00:00:00 GMT", NOW))
                .isEqualTo(Instant.parse("2076-01-01T00:00:00Z"));
        assertThat(HttpDate.parse("Friday, 01-Jan-77 00:00:00 GMT", NOW))
                .isEqualTo(Instant.parse("1977-01-01T00:00:00Z"));
    }

    /** Some send the time of day in seconds: that would close an upstream for good. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "1795273449",
                "99999999999999999999",
                "2678401",
                "-1",
                "soon",
                "",
                "1.",
                ".5",
                "1e3",
                "5, 6",
                "Thu, 32 Jan 2026 00:00:00 GMT",
                "Thu Jan",
                "Thu, 01 Jan 2099 00:00:00 GMT"
            })
    void whatMakesNoSenseIsNone(String value) {
        assertThat(RetryAfter.parse(value, null, NOW)).isNull();
    }
}
