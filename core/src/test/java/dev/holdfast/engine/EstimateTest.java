package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Steps;
import dev.holdfast.quota.Window;
import dev.holdfast.request.ByPriority;
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

    private static Estimate estimate(Quota quota, int concurrency, int inFlight, long queued) {
        return new Estimate(
                quota,
                Map.of(),
                concurrency,
                new RetryPolicy(
                        RetryPolicy.Backoff.FIXED, SECOND, SECOND, 0, 0, Duration.ofDays(1)),
                new UpstreamState(
                        new Occupancy(inFlight, Steps.NONE),
                        Map.of(),
                        new ByPriority(0, queued, 0),
                        ByPriority.NONE,
                        0,
                        null,
                        null,
                        null,
                        false),
                1,
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
        assertThat(estimate.done(1, NOW)).isEqualTo(NOW.plusSeconds(2));
        assertThat(estimate.done(2, NOW)).isEqualTo(NOW.plusSeconds(2));
        assertThat(estimate.done(3, NOW)).isEqualTo(NOW.plusSeconds(3));
    }

    @Test
    void howLongCallsTakeIsNoReasonNotToWaitForThem() {
        assertThat(estimate(new Quota(List.of()), 1, 1, 0).firstCall(100, NOW)).isEqualTo(NOW);
    }

    @Test
    void theWholeBacklogTakesItsTurns() {
        assertThat(estimate(new Quota(List.of()), 1, 1, 24).drain(NOW))
                .isEqualTo(Duration.ofSeconds(25));
    }
}
