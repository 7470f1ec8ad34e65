package dev.holdfast.rates.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.Upstream;
import dev.holdfast.outbound.HttpUpstreamOptions;
import dev.holdfast.outbound.OutboundTls;
import dev.holdfast.outbound.Proxies;
import dev.holdfast.rates.DayRates;
import dev.holdfast.rates.RateError;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import java.net.URI;
import java.time.Duration;
import java.time.LocalDate;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class SourceUpstreamTest {
    private static final LocalDate DAY = LocalDate.of(2021, 5, 18);
    private static final RateSource SOURCE = RateSource.named("freecurrencyapi", "not-a-key");

    private Outcome answer = new Outcome.Done(new Result(200, ""));
    private final Upstream http = call -> CompletableFuture.completedStage(answer);
    private final SourceUpstream upstream = new SourceUpstream(SOURCE, http);

    @Test
    void theDayIsAPlaceholderAndTheKeyAHeaderOfEveryCall() {
        HttpUpstreamOptions options =
                SourceUpstream.options(
                        SOURCE,
                        URI.create("http://localhost:1"),
                        true,
                        OutboundTls.PLAIN,
                        10,
                        Proxies.NONE);
        assertThat(options.headers()).containsEntry("apikey", "not-a-key");
        assertThat(options.calls().get(SourceUpstream.HISTORICAL).query())
                .containsEntry("date", "{day}");
        assertThat(options.calls().get(SourceUpstream.LATEST).path()).isEqualTo("/v1/latest");
        assertThat(options.toString()).doesNotContain("not-a-key");
    }

    @Test
    void ratesPassAsTheyCame() {
        answer = done("{\"data\":{\"2021-05-18\":{\"EUR\":0.8}}}");
        assertThat(call()).isEqualTo(answer);
        assertThat(upstream.takeLastError(DAY)).isNull();
    }

    @Test
    void aPageWithStatus200IsNoSuccess() {
        answer = done("<html>maintenance</html>");
        assertThat(call()).isEqualTo(new Outcome.Failed(Outcome.Why.GARBAGE, 200, null, false));
        assertThat(upstream.takeLastError(DAY)).isInstanceOf(RateError.NotRates.class);
        assertThat(upstream.takeLastError(DAY)).isNull();
    }

    @Test
    void anEarlierDaysRatesAreUsedButNotKeptForGood() {
        LocalDate before = DAY.minusDays(1);
        answer = done("{\"data\":{\"" + before + "\":{\"EUR\":0.8}}}");

        assertThat(call()).isInstanceOf(Outcome.Rejected.class);
        assertThat(upstream.takeLastError(DAY)).isNull();
        assertThat(upstream.takeProvisional(DAY))
                .extracting(DayRates::validOn, DayRates::isProvisional)
                .containsExactly(before, true);
        assertThat(upstream.takeProvisional(DAY)).isNull();
    }

    @Test
    void aDayThatTheSourceHasNothingForIsNoFailureOfTheSource() {
        answer = done("{\"data\":[]}");
        assertThat(call()).isEqualTo(new Outcome.Rejected(200, "{\"data\":[]}"));
        assertThat(upstream.takeLastError(DAY)).isEqualTo(new RateError.NoRates(DAY));
    }

    @Test
    void theSourcesOwnQuotaIsAFailureThatIsTriedAgain() {
        answer = new Outcome.Throttled(429, null);
        assertThat(call()).isEqualTo(new Outcome.Failed(Outcome.Why.STATUS, 429, null, false));
        assertThat(upstream.takeLastError(DAY)).isEqualTo(new RateError.OutOfQuota(null));
    }

    @Test
    void aSourceThatSaysWhenIsLeftAloneUntilThen() {
        answer = new Outcome.Throttled(429, Duration.ofSeconds(30));
        assertThat(call()).isEqualTo(answer);
        assertThat(upstream.takeLastError(DAY)).isEqualTo(new RateError.OutOfQuota(null));
    }

    @Test
    void failuresHaveTheirWords() {
        answer = new Outcome.Failed(Outcome.Why.TIMEOUT, null, null, true);
        call();
        assertThat(upstream.takeLastError(DAY).words()).contains("no answer within 5 s");
        answer = new Outcome.Failed(Outcome.Why.STATUS, 503, null, false);
        call();
        assertThat(upstream.takeLastError(DAY)).isEqualTo(new RateError.SourceFailed(503));
        answer = new Outcome.Rejected(401, "{}");
        call();
        assertThat(upstream.takeLastError(DAY)).isEqualTo(new RateError.Unauthorized(401));
        answer = new Outcome.Rejected(422, "{\"errors\":{\"date\":[\"too old\"]}}");
        call();
        assertThat(upstream.takeLastError(DAY).words()).contains("too old");
    }

    private Outcome call() {
        var call =
                new Upstream.Call(SourceUpstream.HISTORICAL, Map.of("day", "2021-05-18"), 1, "r");
        return upstream.call(call).toCompletableFuture().join();
    }

    private static Outcome done(String body) {
        return new Outcome.Done(new Result(200, body));
    }
}
