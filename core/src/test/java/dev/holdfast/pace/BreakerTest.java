package dev.holdfast.pace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class BreakerTest {
    private static final Instant T0 = Instant.EPOCH;

    @Test
    void fourCallsAtOnceGoAndTheFifthWaitsForOneToSettle() {
        Breaker host = Breaker.FRESH;
        for (int i = 0; i < Breaker.MAX_AT_ONCE; i++) {
            host = go(host, T0);
        }

        assertThat(host.ask(T0)).isEqualTo(new Breaker.Busy());
        assertThat(host.settled(false, T0).ask(T0)).isInstanceOf(Breaker.Go.class);
    }

    @Test
    void fiveFailuresInARowOpenIt() {
        Breaker host = failed(Breaker.FRESH, Breaker.FAILURES_TO_OPEN - 1, T0);
        assertThat(host.ask(T0)).isInstanceOf(Breaker.Go.class);

        host = failed(host, 1, T0);

        assertThat(host.ask(T0)).isEqualTo(new Breaker.NotBefore(T0.plusSeconds(5)));
        assertThat(host.ask(T0.plusMillis(4_999))).isInstanceOf(Breaker.NotBefore.class);
    }

    @Test
    void anAnswerInBetweenStartsTheCountAnew() {
        Breaker host = failed(Breaker.FRESH, Breaker.FAILURES_TO_OPEN - 1, T0);
        host = go(host, T0).settled(false, T0);

        host = failed(host, Breaker.FAILURES_TO_OPEN - 1, T0);

        assertThat(host.ask(T0)).isInstanceOf(Breaker.Go.class);
    }

    @Test
    void afterThePauseOneProbeGoes() {
        Breaker open = failed(Breaker.FRESH, Breaker.FAILURES_TO_OPEN, T0);
        Instant later = T0.plusSeconds(5);
        Breaker probing = go(open, later);

        assertThat(probing.ask(later)).isEqualTo(new Breaker.Busy());
        Breaker healed = probing.settled(false, later);
        assertThat(healed).isEqualTo(Breaker.FRESH);
        assertThat(healed.isIdle()).isTrue();
    }

    @Test
    void eachFailedProbeDoublesThePauseUpToFiveMinutes() {
        Breaker host = failed(Breaker.FRESH, Breaker.FAILURES_TO_OPEN, T0);
        Instant now = T0;
        for (int seconds : new int[] {5, 10, 20, 40, 80, 160, 300, 300}) {
            assertThat(host.ask(now)).isEqualTo(new Breaker.NotBefore(now.plusSeconds(seconds)));
            now = now.plusSeconds(seconds);
            host = go(host, now).settled(true, now);
        }
        assertThat(Breaker.MAX_PAUSE).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void callsFromBeforeThePauseNeitherProlongItNorCountAsItsProbe() {
        Breaker host = Breaker.FRESH;
        host = failed(host, Breaker.FAILURES_TO_OPEN - 1, T0);
        for (int i = 0; i < Breaker.MAX_AT_ONCE; i++) {
            host = go(host, T0);
        }
        host = host.settled(true, T0);
        assertThat(host.ask(T0)).isEqualTo(new Breaker.NotBefore(T0.plusSeconds(5)));

        host = host.settled(true, T0.plusSeconds(3)).settled(true, T0.plusSeconds(4));

        assertThat(host.ask(T0.plusSeconds(4))).isEqualTo(new Breaker.NotBefore(T0.plusSeconds(5)));
        assertThat(host.ask(T0.plusSeconds(5))).isEqualTo(new Breaker.Busy());
        assertThat(host.settled(false, T0.plusSeconds(6)).ask(T0.plusSeconds(6)))
                .isInstanceOf(Breaker.Go.class);
    }

    @Test
    void settlingWhatNeverLeftIsAMistake() {
        assertThatThrownBy(() -> Breaker.FRESH.settled(true, T0))
                .isInstanceOf(IllegalStateException.class);
    }

    private static Breaker failed(Breaker host, int times, Instant now) {
        Breaker next = host;
        for (int i = 0; i < times; i++) {
            next = go(next, now).settled(true, now);
        }
        return next;
    }

    private static Breaker go(Breaker host, Instant now) {
        return ((Breaker.Go) host.ask(now)).next();
    }
}
