package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.Failing;
import dev.holdfast.pace.Prospects;
import dev.holdfast.pace.Recovery;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Steps;
import dev.holdfast.quota.Window;
import dev.holdfast.request.ByPriority;
import dev.holdfast.request.Priority;
import dev.holdfast.store.UpstreamState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EstimateTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Quota TEN_A_MINUTE =
            new Quota(List.of(new Window(10, Duration.ofMinutes(1))));
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Recovery RECOVERY =
            new Recovery(
                    new RetryPolicy(
                            RetryPolicy.Backoff.FIXED, SECOND, SECOND, 0, 0, Duration.ofDays(1)),
                    List.of());

    private static Estimate estimate(Quota quota, int concurrency, int inFlight, long queued) {
        return estimate(
                quota, concurrency, inFlight, new ByPriority(0, queued, 0), ByPriority.NONE);
    }

    private static Estimate estimate(
            Quota quota, int concurrency, int inFlight, ByPriority queued, ByPriority retrying) {
        return estimate(quota, concurrency, inFlight, queued, retrying, 1);
    }

    private static Estimate estimate(
            Quota quota,
            int concurrency,
            int inFlight,
            ByPriority queued,
            ByPriority retrying,
            double firstTries) {
        return new Estimate(
                quota,
                Map.of(),
                concurrency,
                new UpstreamState(
                        new Occupancy(inFlight, Steps.NONE),
                        Map.of(),
                        queued,
                        retrying,
                        0,
                        null,
                        null,
                        null,
                        false),
                new Prospects(firstTries, RECOVERY, Map.of(), new Failing()),
                SECOND);
    }

    @Test
    void withPlacesForAllTheQuotaDecides() {
        Estimate estimate = estimate(TEN_A_MINUTE, 100, 0, 0);
        assertThat(estimate.firstCall(10, NOW)).isEqualTo(NOW);
        assertThat(estimate.firstCall(11, NOW)).isBetween(NOW.plusSeconds(60), NOW.plusSeconds(62));
    }

    @Test
    void whoWaitsForAPlaceWaitsForTheCallsBeforeIt() {
        Estimate estimate = estimate(new Quota(List.of()), 2, 2, 0);
        assertThat(estimate.done("/", 1, NOW)).isEqualTo(NOW.plusSeconds(2));
        assertThat(estimate.done("/", 2, NOW)).isEqualTo(NOW.plusSeconds(2));
        assertThat(estimate.done("/", 3, NOW)).isEqualTo(NOW.plusSeconds(3));
    }

    @Test
    void howLongCallsTakeIsNoReasonNotToWaitForThem() {
        assertThat(estimate(new Quota(List.of()), 1, 1, 0).firstCall(100, NOW)).isEqualTo(NOW);
    }

    @Test
    void eachClassIsDoneAfterWhatGoesBeforeIt() {
        var waiting = new ByPriority(6, 3, 10);
        Estimate estimate = estimate(new Quota(List.of()), 1, 0, waiting, ByPriority.NONE);
        assertThat(estimate.drain(Priority.HIGH, NOW)).isEqualTo(Duration.ofSeconds(10));
        assertThat(estimate.drain(Priority.NORMAL, NOW)).isEqualTo(Duration.ofSeconds(10));
        assertThat(estimate.drain(Priority.LOW, NOW)).isEqualTo(Duration.ofSeconds(19));
        assertThat(estimate.drain(NOW)).isEqualTo(Duration.ofSeconds(19));
        Estimate none = estimate(new Quota(List.of()), 1, 0, ByPriority.NONE, ByPriority.NONE);
        assertThat(none.drain(Priority.LOW, NOW)).isZero();
    }

    @Test
    void aRetryWaitsForWhatGoesBeforeItsClass() {
        Quota each = new Quota(List.of(new Window(1, SECOND)));
        var firstTries = new ByPriority(10, 0, 0);
        Estimate estimate = estimate(each, 100, 0, firstTries, new ByPriority(1, 0, 1));
        Instant high = estimate.retried("/", 1, 1, Priority.HIGH, NOW, NOW);
        Instant low = estimate.retried("/", 1, 1, Priority.LOW, NOW, NOW);
        assertThat(low).isAfter(high);
    }

    @Test
    void theWholeBacklogTakesItsTurns() {
        assertThat(estimate(new Quota(List.of()), 1, 1, 24).drain(NOW))
                .isEqualTo(Duration.ofSeconds(25));
    }

    /** A queue of centuries is no reason to give no receipt. */
    @Test
    void whatTakesThousandsOfYearsIsToldAsThat() {
        Quota oneAMonth = new Quota(List.of(new Window(1, Duration.ofDays(31))));
        long jobs = 1_000_000;
        var each = new ByPriority(0, jobs, 0);
        for (double firstTries : List.of(0.0, 0.5, 1.0)) {
            Estimate estimate = estimate(oneAMonth, 10, 1, each, each, firstTries);
            Duration years = Duration.ofDays(80_000L * 365);
            assertThat(estimate.firstCall(jobs, NOW)).isAfter(NOW.plus(years));
            assertThat(estimate.done("/", jobs, NOW)).isAfter(NOW.plus(years));
            assertThat(estimate.drain(NOW)).isGreaterThan(years);
            assertThat(estimate.drain(Priority.NORMAL, NOW)).isGreaterThan(years);
            assertThat(estimate.retried("/", 1, 2, Priority.NORMAL, NOW, NOW)).isAfter(NOW);
            assertThat(estimate.scheduled("/", Priority.NORMAL, NOW, NOW)).isAfter(NOW);
            assertThat(estimate.running("/", 1, 2, NOW)).isAfter(NOW);
        }
    }
}
