package dev.holdfast.outbound;

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

    /** Some send the time of day in seconds: that would close an upstream for good. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "1795273449",
                "99999999999999999999",
                "2678401",
                "-1",
                "soon",
                "Thu, 01 Jan 2099 00:00:00 GMT"
            })
    void whatMakesNoSenseIsNone(String value) {
        assertThat(RetryAfter.parse(value, null, NOW)).isNull();
    }
}
