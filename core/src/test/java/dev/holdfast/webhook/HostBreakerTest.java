package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class HostBreakerTest {
    private static final Instant T0 = Instant.EPOCH;

    @Test
    void fourCallsAtOnceGoAndTheFifthWaitsForOneToSettle() {
        HostBreaker host = HostBreaker.FRESH;
        for (int i = 0; i < HostBreaker.MAX_AT_ONCE; i++) {
            host = go(host, T0);
        }

        assertThat(host.ask(T0)).isEqualTo(new HostBreaker.Busy());
        assertThat(host.settled(false, T0).ask(T0)).isInstanceOf(HostBreaker.Go.class);
    }

    @Test
    void fiveFailuresInARowOpenIt() {
        HostBreaker host = failed(HostBreaker.FRESH, HostBreaker.FAILURES_TO_OPEN - 1, T0);
        assertThat(host.ask(T0)).isInstanceOf(HostBreaker.Go.class);

        host = failed(host, 1, T0);

        assertThat(host.ask(T0)).isEqualTo(new HostBreaker.NotBefore(T0.plusSeconds(5)));
        assertThat(host.ask(T0.plusMillis(4_999))).isInstanceOf(HostBreaker.NotBefore.class);
    }

    @Test
    void anAnswerInBetweenStartsTheCountAnew() {
        HostBreaker host = failed(HostBreaker.FRESH, HostBreaker.FAILURES_TO_OPEN - 1, T0);
        host = go(host, T0).settled(false, T0);

        host = failed(host, HostBreaker.FAILURES_TO_OPEN - 1, T0);

        assertThat(host.ask(T0)).isInstanceOf(HostBreaker.Go.class);
    }

    @Test
    void afterThePauseOneProbeGoes() {
        HostBreaker open = failed(HostBreaker.FRESH, HostBreaker.FAILURES_TO_OPEN, T0);
        Instant later = T0.plusSeconds(5);
        HostBreaker probing = go(open, later);

        assertThat(probing.ask(later)).isEqualTo(new HostBreaker.Busy());
        HostBreaker healed = probing.settled(false, later);
        assertThat(healed).isEqualTo(HostBreaker.FRESH);
        assertThat(healed.isIdle()).isTrue();
    }

    @Test
    void eachFailedProbeDoublesThePauseUpToFiveMinutes() {
        HostBreaker host = failed(HostBreaker.FRESH, HostBreaker.FAILURES_TO_OPEN, T0);
        Instant now = T0;
        for (int seconds : new int[] {5, 10, 20, 40, 80, 160, 300, 300}) {
            assertThat(host.ask(now))
                    .isEqualTo(new HostBreaker.NotBefore(now.plusSeconds(seconds)));
            now = now.plusSeconds(seconds);
            host = go(host, now).settled(true, now);
        }
        assertThat(HostBreaker.MAX_PAUSE).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void callsFromBeforeThePauseNeitherProlongItNorCountAsItsProbe() {
        HostBreaker host = HostBreaker.FRESH;
        host = failed(host, HostBreaker.FAILURES_TO_OPEN - 1, T0);
        for (int i = 0; i < HostBreaker.MAX_AT_ONCE; i++) {
            host = go(host, T0);
        }
        host = host.settled(true, T0);
        assertThat(host.ask(T0)).isEqualTo(new HostBreaker.NotBefore(T0.plusSeconds(5)));

        host = host.settled(true, T0.plusSeconds(3)).settled(true, T0.plusSeconds(4));

        assertThat(host.ask(T0.plusSeconds(4)))
                .isEqualTo(new HostBreaker.NotBefore(T0.plusSeconds(5)));
        assertThat(host.ask(T0.plusSeconds(5))).isEqualTo(new HostBreaker.Busy());
        assertThat(host.settled(false, T0.plusSeconds(6)).ask(T0.plusSeconds(6)))
                .isInstanceOf(HostBreaker.Go.class);
    }

    @Test
    void settlingWhatNeverLeftIsAMistake() {
        assertThatThrownBy(() -> HostBreaker.FRESH.settled(true, T0))
                .isInstanceOf(IllegalStateException.class);
    }

    private static HostBreaker failed(HostBreaker host, int times, Instant now) {
        HostBreaker next = host;
        for (int i = 0; i < times; i++) {
            next = go(next, now).settled(true, now);
        }
        return next;
    }

    private static HostBreaker go(HostBreaker host, Instant now) {
        return ((HostBreaker.Go) host.ask(now)).next();
    }
}
