package dev.holdfast.request;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ByPriorityTest {
    @Test
    void aPlaceOfOneClassAloneIsItsOwn() {
        assertThat(new ByPriority(0, 50, 0).place(Priority.NORMAL, 7)).isEqualTo(7);
    }

    @Test
    void aHigherOneIsPassedByTheOthersFloorsOnly() {
        ByPriority all = new ByPriority(100, 1_000, 1_000);
        assertThat(all.place(Priority.HIGH, 60)).isEqualTo(100);
        assertThat(all.place(Priority.NORMAL, 30)).isEqualTo(100);
        assertThat(all.place(Priority.LOW, 10)).isEqualTo(100);
    }

    @Test
    void whenTheHigherOnesAreGoneALowerOneGoesFaster() {
        // Of the first hundred thirty are of the middle class and ten of the lowest.
        assertThat(new ByPriority(60, 1_000, 1_000).place(Priority.NORMAL, 30 + 90)).isEqualTo(200);
        assertThat(new ByPriority(60, 30, 1_000).place(Priority.LOW, 10 + 5)).isEqualTo(105);
    }

    @Test
    void nobodyIsFartherBehindThanAllThatWait() {
        ByPriority all = new ByPriority(5, 5, 5);
        assertThat(all.place(Priority.LOW, 6)).isEqualTo(16);
        assertThat(all.place(Priority.HIGH, 1)).isBetween(1L, 2L);
    }
}
