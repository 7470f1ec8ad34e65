package dev.holdfast.store.transition.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How long pruning waits between its steps, in nanoseconds. */
final class PruningPaceTest {
    private static final long TOOK = 1_000_000;

    private static final long STEP = 2_000_000;

    private long now;
    private final PruningPace pace = new PruningPace(() -> now, STEP);
    private long written;

    @Test
    void whileOthersWriteItHasASmallPartOfTheTime() {
        assertThat(step(0, 5)).isEqualTo(TOOK * (PruningPace.PART - 1));
        assertThat(step(PruningPace.LATE - 1, 2)).isEqualTo(TOOK * (PruningPace.PART - 1));
    }

    @Test
    void onceWhatIsToGoIsLateItHasMore() {
        assertThat(step(PruningPace.LATE, 2)).isEqualTo(TOOK * (PruningPace.LATE_PART - 1));
    }

    @Test
    void whileNobodyWritesItDoesNotWait() {
        assertThat(step(0, 1)).isZero();
        assertThat(step(0, 7)).isPositive();
        assertThat(step(0, 1)).isZero();
    }

    @Test
    void aStepIsAsLargeAsMayBe() {
        int size = pace.size();
        takes(STEP / 2);
        assertThat(pace.size()).as("half as long is long enough").isEqualTo(size);
        takes(1);
        assertThat(pace.size()).isEqualTo(size * 2);
        for (int i = 0; i < 10; i++) {
            takes(1);
        }
        assertThat(pace.size()).isEqualTo(Pruning.MOST_JOBS);
        takes(STEP);
        assertThat(pace.size()).isEqualTo(Pruning.MOST_JOBS);
        takes(STEP + 1);
        assertThat(pace.size()).isEqualTo(Pruning.MOST_JOBS / 2);
        for (int i = 0; i < 10; i++) {
            takes(STEP * 10);
        }
        assertThat(pace.size()).as("something goes all the same").isPositive();
    }

    @Test
    void whoHasTheWriterAloneForACommitCountsIt() {
        pace.begins();
        now += TOOK;
        PruningPace.Step step = pace.ends(true, 0, 5);
        now += 2 * TOOK;
        assertThat(step.pause()).isEqualTo(TOOK * (PruningPace.PART - 1));
        assertThat(step.pause(now)).isEqualTo(3 * TOOK * (PruningPace.PART - 1));
    }

    @Test
    void itSaysWhetherThereIsMore() {
        pace.begins();
        assertThat(pace.ends(true, 0, 1).more()).isTrue();
        assertThat(pace.ends(false, 0, 2).more()).isFalse();
    }

    private void takes(long nanos) {
        pace.begins();
        now += nanos;
        pace.ends(true, 0, ++written);
    }

    private long step(long late, int writes) {
        pace.begins();
        now += TOOK;
        written += writes;
        return pace.ends(true, late, written).pause();
    }
}
