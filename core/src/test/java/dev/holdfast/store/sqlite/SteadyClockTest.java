package dev.holdfast.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.sql.Micros;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SteadyClockTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private final TestClocks time = new TestClocks();

    @Test
    void startsAtTheWallClocksTime() {
        assertThat(SteadyClock.resume(time.clocks(), null).instant()).isEqualTo(time.wall());
    }

    @Test
    void theWallClocksStepsDoNotShow() {
        SteadyClock clock = SteadyClock.resume(time.clocks(), null);
        Instant start = clock.instant();
        time.step(HOUR);
        time.pass(Duration.ofSeconds(1));
        time.step(HOUR.multipliedBy(-2));
        assertThat(clock.instant()).isEqualTo(start.plusSeconds(1));
    }

    @Test
    void aRestartGoesOnWhereverTheWallClockIs() {
        for (Duration step : new Duration[] {HOUR, HOUR.negated()}) {
            SteadyClock before = SteadyClock.resume(time.clocks(), null);
            SteadyClock.Reading last = before.reading();
            time.step(step);
            time.pass(Duration.ofSeconds(7));
            SteadyClock after = SteadyClock.resume(time.clocks(), last);
            assertThat(after.instant()).isEqualTo(before.instant());
        }
    }

    @Test
    void aRebootAddsWhatTheWallClockSays() {
        SteadyClock before = SteadyClock.resume(time.clocks(), null);
        Instant last = before.instant();
        SteadyClock.Reading reading = before.reading();
        time.reboot(Duration.ofMinutes(3));
        assertThat(SteadyClock.resume(time.clocks(), reading).instant())
                .isEqualTo(last.plus(Duration.ofMinutes(3)));
    }

    @Test
    void aRebootWithTheWallClockSetBackGoesOn() {
        SteadyClock before = SteadyClock.resume(time.clocks(), null);
        Instant last = before.instant();
        SteadyClock.Reading reading = before.reading();
        time.reboot(HOUR.negated());
        SteadyClock after = SteadyClock.resume(time.clocks(), reading);
        assertThat(after.instant()).isEqualTo(last);
        time.pass(Duration.ofSeconds(1));
        assertThat(after.instant()).isEqualTo(last.plusSeconds(1));
    }

    @Test
    void neverRunsBackwardsWhateverHappens() {
        Random random = new Random(7);
        SteadyClock clock = SteadyClock.resume(time.clocks(), null);
        SteadyClock.Reading kept = clock.reading();
        Instant last = Micros.instant(kept.steady());
        for (int i = 0; i < 10_000; i++) {
            switch (random.nextInt(4)) {
                case 0 -> time.pass(Duration.ofNanos(random.nextLong(10_000_000_000L)));
                case 1 -> time.step(HOUR.multipliedBy(random.nextInt(-1, 2)));
                case 2 -> clock = SteadyClock.resume(time.clocks(), kept);
                default -> {
                    time.reboot(Duration.ofSeconds(random.nextLong(-4_000, 4_000)));
                    clock = SteadyClock.resume(time.clocks(), kept);
                }
            }
            kept = clock.reading();
            assertThat(Micros.instant(kept.steady())).isAfterOrEqualTo(last);
            last = Micros.instant(kept.steady());
        }
    }
}
