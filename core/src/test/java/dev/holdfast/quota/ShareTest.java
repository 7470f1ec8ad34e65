package dev.holdfast.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShareTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant RESET = NOW.plusSeconds(20);
    private static final Quota MOST = tokens(900);

    @Test
    void whatIsDearerThanOthersLeaveWaitsForThem() {
        Share share = new Share(MOST, tokens(300), null, RESET);
        assertThat(verdict(share, 0, 300)).isEqualTo(new Verdict.Granted(300));
        assertThat(verdict(share, 0, 301)).isEqualTo(new Verdict.NotBefore(RESET));
        assertThat(verdict(share, 200, 101)).isInstanceOf(Verdict.AfterSettling.class);
        assertThat(share.verdict(Occupancy.EMPTY, RESET, 900)).isEqualTo(new Verdict.Granted(900));
    }

    @Test
    void whatIsDearerThanMayEverBeOursTakesAllOfThat() {
        Share share = new Share(MOST, MOST, null, null);
        assertThat(verdict(share, 0, 1_000)).isEqualTo(new Verdict.Granted(900));
        assertThat(verdict(share, 1, 1_000)).isInstanceOf(Verdict.AfterSettling.class);
    }

    @Test
    void whereOthersHaveUsedAllNothingLeaves() {
        Share share = new Share(MOST, tokens(1), RESET, RESET);
        assertThat(verdict(share, 0, 1)).isEqualTo(new Verdict.NotBefore(RESET));
        assertThat(share.verdict(Occupancy.EMPTY, RESET, 1)).isEqualTo(new Verdict.Granted(900));
    }

    private static Verdict verdict(Share share, int inFlight, long cost) {
        return share.verdict(new Occupancy(inFlight, Steps.NONE), NOW, cost);
    }

    private static Quota tokens(int limit) {
        return new Quota(List.of(new Window(limit, Duration.ofMinutes(1))));
    }
}
