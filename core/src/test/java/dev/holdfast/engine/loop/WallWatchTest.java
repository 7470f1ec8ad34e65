package dev.holdfast.engine.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class WallWatchTest {
    private final Deque<Runnable> looks = new ArrayDeque<>();
    private Instant wall = Instant.parse("2026-01-01T00:00:00Z");
    private Instant steady = Instant.EPOCH;
    private int told;
    private final WallWatch watch =
            new WallWatch(
                    () -> wall,
                    () -> steady,
                    (wait, task) -> {
                        looks.add(task);
                        return () -> {};
                    },
                    () -> told++);

    /** A second passes, and so much more on the wall. */
    private void passes(Duration more) {
        steady = steady.plus(WallWatch.LOOK);
        wall = wall.plus(WallWatch.LOOK).plus(more);
        looks.remove().run();
    }

    @Test
    void aClockThatIsSetForwardIsToldOnce() {
        watch.wanted(true);
        passes(Duration.ZERO);
        assertThat(told).isZero();
        passes(Duration.ofHours(1));
        assertThat(told).isOne();
        passes(Duration.ZERO);
        assertThat(told).isOne();
    }

    @Test
    void oneThatIsSetBackOrGainsALittleIsNot() {
        watch.wanted(true);
        passes(Duration.ofHours(-1));
        passes(Duration.ofMillis(1));
        assertThat(told).isZero();
    }

    /** A week's wait would else be minutes late by a clock that gains half a second an hour. */
    @Test
    void whatItGainsLittleByLittleIsToldTooAndAlsoAfterItWasSetBack() {
        watch.wanted(true);
        passes(Duration.ofHours(-1));
        for (int i = 0; i < 21; i++) {
            passes(Duration.ofMillis(1));
        }
        assertThat(told).isOne();
        for (int i = 0; i < 20; i++) {
            passes(Duration.ofMillis(1));
        }
        assertThat(told).isOne();
        passes(Duration.ofMillis(1));
        assertThat(told).isEqualTo(2);
    }

    @Test
    void itLooksWhileThatIsWantedAndOnceAtATime() {
        watch.wanted(true);
        watch.wanted(true);
        assertThat(looks).hasSize(1);
        watch.wanted(false);
        passes(Duration.ofHours(1));
        assertThat(looks).isEmpty();
        assertThat(told).isZero();
        watch.wanted(true);
        passes(Duration.ZERO);
        assertThat(told).isZero();
        assertThat(looks).hasSize(1);
    }
}
