package dev.holdfast.outbound.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class OpeningsTest {
    private long late;
    private final Queue<Runnable> soon = new ArrayDeque<>();
    private final List<Integer> begun = new ArrayList<>();
    private final Openings openings = new Openings(() -> late, soon::add);

    @Test
    void aBurstBeginsAtOnce() {
        add(Openings.AT_ONCE);

        assertThat(begun).hasSize(Openings.AT_ONCE);
    }

    @Test
    void ofMoreThanThatTheRestFollowsInOrder() {
        add(2 * Openings.AT_ONCE + 1);
        assertThat(begun).hasSize(Openings.AT_ONCE);
        look();
        assertThat(begun).hasSize(2 * Openings.AT_ONCE);
        look();

        assertThat(begun).hasSize(2 * Openings.AT_ONCE + 1).isSorted();
    }

    @Test
    void hardlyAnyIsBegunWhileAnswersAreLate() {
        late = Openings.LATE_NANOS + 1;
        add(5);

        assertThat(begun).containsExactly(0);
        look();
        assertThat(begun).containsExactly(0, 1);
        late = 0;
        look();
        assertThat(begun).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void withNothingToDoNothingIsLookedAt() {
        add(1);
        look();

        assertThat(soon).isEmpty();
    }

    private void look() {
        soon.remove().run();
    }

    private void add(int count) {
        for (int i = 0; i < count; i++) {
            int number = i;
            openings.add(() -> begun.add(number));
        }
    }
}
