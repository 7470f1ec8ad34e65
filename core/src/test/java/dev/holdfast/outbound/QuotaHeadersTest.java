package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.quota.Allowance;
import io.vertx.core.MultiMap;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotaHeadersTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void theDraftsStructuredFieldsAreRead() {
        QuotaHeaders.Read read =
                read(
                        "RateLimit",
                        "\"default\";r=50;t=30, \"daily\";r=7",
                        "RateLimit-Policy",
                        "\"default\";q=100;w=60, \"daily\";q=1000;w=86400");
        assertThat(read.allowances())
                .containsExactly(
                        new Allowance(50, Duration.ofSeconds(30), 100, MINUTE),
                        new Allowance(7, null, 1_000, Duration.ofDays(1)));
        assertThat(read.absurd()).isZero();
    }

    @Test
    void theEarlierDraftsThreeHeadersAreRead() {
        assertThat(
                        read(
                                        "RateLimit-Limit",
                                        "100, 100;w=60",
                                        "RateLimit-Remaining",
                                        "3",
                                        "RateLimit-Reset",
                                        "12")
                                .allowances())
                .containsExactly(new Allowance(3, Duration.ofSeconds(12), 100, null));
    }

    @ParameterizedTest
    @CsvSource({
        "12, PT12S",
        "0.5, PT0.5S",
        "0, PT0S",
        "1767225630, PT30S",
        "1767225630000, PT30S",
        "1s, PT1S",
        "6m0s, PT6M",
        "1h2m3.5s, PT1H2M3.5S",
        "20ms, PT0.02S",
        "2d, PT48H",
        "2026-01-01T00:00:30Z, PT30S",
        "2026-01-01T01:00:30+01:00, PT30S",
        "'Thu, 01 Jan 2026 00:00:30 GMT', PT30S",
        "2025-12-31T23:00:00Z, PT0S"
    })
    void timesAreReadInEachOfTheirSpellings(String spelling, Duration reset) {
        assertThat(
                        read(
                                        "x-ratelimit-limit-requests",
                                        "60",
                                        "x-ratelimit-remaining-requests",
                                        "59",
                                        "x-ratelimit-reset-requests",
                                        spelling)
                                .allowances())
                .containsExactly(new Allowance(59, reset, 60, null));
    }

    @Test
    void quotasOfAMinuteAndOfAMonthAreReadBesideEachOther() {
        assertThat(
                        read(
                                        "X-RateLimit-Limit-Quota-Minute",
                                        "10",
                                        "X-RateLimit-Remaining-Quota-Minute",
                                        "9",
                                        "X-RateLimit-Limit-Quota-Month",
                                        "5000",
                                        "X-RateLimit-Remaining-Quota-Month",
                                        "4711")
                                .allowances())
                .containsExactly(
                        new Allowance(9, null, 10, null), new Allowance(4_711, null, 5_000, null));
    }

    @ParameterizedTest
    @CsvSource({
        "-1, 10, 5",
        "many, 10, 5",
        "11, 10, 5",
        "5, 10, soon",
        "5, 10, 99d",
        "5, 10, 9999999999999999",
        "999999999999999999999, 10, 5"
    })
    void whatIsAbsurdIsIgnoredAndCounted(String remaining, String limit, String reset) {
        QuotaHeaders.Read read =
                read(
                        "X-RateLimit-Remaining",
                        remaining,
                        "X-RateLimit-Limit",
                        limit,
                        "X-RateLimit-Reset",
                        reset);
        assertThat(read.allowances()).isEmpty();
        assertThat(read.absurd()).isOne();
    }

    @Test
    void whatIsLeftOfAUnitIsReadBesideTheCalls() {
        QuotaHeaders.Read read =
                read(
                        "x-ratelimit-limit-requests",
                        "500",
                        "x-ratelimit-remaining-requests",
                        "499",
                        "x-ratelimit-reset-requests",
                        "120ms",
                        "x-ratelimit-limit-tokens",
                        "200000",
                        "x-ratelimit-remaining-tokens",
                        "183000",
                        "x-ratelimit-reset-tokens",
                        "5.1s",
                        "x-ratelimit-remaining-images",
                        "3");
        assertThat(read.allowances())
                .containsExactly(new Allowance(499, Duration.ofMillis(120), 500, null));
        assertThat(read.units())
                .containsOnlyKeys("tokens")
                .containsEntry(
                        "tokens",
                        List.of(new Allowance(183_000, Duration.ofMillis(5_100), 200_000, null)));
        assertThat(read.absurd()).isZero();
    }

    @Test
    void aPolicyOfAnotherUnitIsNotTakenForOneOfCalls() {
        QuotaHeaders.Read read =
                read(
                        "RateLimit",
                        "\"a\";r=50;t=30, \"b\";r=900;t=7, \"c\";r=1;t=1",
                        "RateLimit-Policy",
                        "\"a\";q=100;qu=\"requests\";w=60, \"b\";q=1000;w=60;qu=\"tokens\","
                                + " \"c\";q=10;qu=\"content-bytes\"");
        assertThat(read.allowances())
                .containsExactly(new Allowance(50, Duration.ofSeconds(30), 100, MINUTE));
        assertThat(read.units().get("tokens"))
                .containsExactly(new Allowance(900, Duration.ofSeconds(7), 1_000, MINUTE));
        assertThat(read.absurd()).isZero();
    }

    @Test
    void anAnswerThatSaysNothingSaysNothing() {
        assertThat(read("content-type", "text/plain"))
                .isEqualTo(new QuotaHeaders.Read(List.of(), Map.of("tokens", List.of()), 0));
    }

    private static QuotaHeaders.Read read(String... namesAndValues) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return QuotaHeaders.read(headers, Set.of("tokens"), NOW);
    }
}
