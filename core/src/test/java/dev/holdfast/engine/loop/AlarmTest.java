package dev.holdfast.engine.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.webhook.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AlarmTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration SECOND = Duration.ofSeconds(1);

    private static final int ENOUGH = 10_000;

    private final VirtualTime time = new VirtualTime();
    private final List<Duration> rings = new ArrayList<>();

    @Test
    void itRingsAtTheEarliestThatItWasSetForAndThenNoMore() {
        Alarm alarm = alarm(Duration.ZERO);
        alarm.within(SECOND.multipliedBy(3));
        alarm.within(SECOND);
        alarm.within(SECOND.multipliedBy(2));
        time.run(SECOND.multipliedBy(5));
        assertThat(rings).containsExactly(SECOND);
        alarm.within(SECOND);
        alarm.cancel();
        time.run(SECOND.multipliedBy(5));
        assertThat(rings).hasSize(1);
    }

    @Test
    void whatHasComeRingsAtOnce() {
        alarm(Duration.ZERO).at(START.minus(SECOND));
        time.run(Duration.ZERO);
        assertThat(rings).containsExactly(Duration.ZERO);
    }

    @Test
    void aClockThatWasSetBackMakesItRingNeitherWithoutEndNorTooSeldom() {
        Alarm[] alarm = new Alarm[1];
        alarm[0] =
                new Alarm(
                        () -> START,
                        time.timer(),
                        () -> {
                            rings.add(time.elapsed());
                            if (rings.size() < ENOUGH) {
                                alarm[0].at(START.minus(SECOND));
                            }
                        });
        alarm[0].at(START);
        time.run(SECOND);
        int most = (int) SECOND.dividedBy(Alarm.LONGEST_FLOOR);
        assertThat(rings).hasSizeBetween(most / 2, most + 10);
    }

    @Test
    void afterAWhileItRingsAtOnceAgain() {
        Alarm alarm = alarm(Duration.ZERO);
        for (int i = 0; i < 10; i++) {
            alarm.within(Duration.ZERO);
            time.run(Duration.ofMillis(30));
        }
        alarm.within(SECOND);
        time.run(SECOND);
        alarm.within(Duration.ZERO);
        Duration then = time.elapsed();
        time.run(Duration.ZERO);
        assertThat(rings.getLast()).isEqualTo(then);
    }

    private Alarm alarm(Duration behind) {
        return new Alarm(
                () -> START.plus(time.elapsed()).minus(behind),
                time.timer(),
                () -> rings.add(time.elapsed()));
    }
}
