package dev.holdfast.pace;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class FailingTest {
    private static Failing.Job job(long second) {
        return new Failing.Job(Instant.EPOCH.plusSeconds(second), Duration.ofSeconds(second), 1);
    }

    @Test
    void whatFailedLastComesFirstAndWhatEndedIsForgotten() {
        Failing failing = new Failing();
        for (int i = 1; i <= 4; i++) {
            failing.failed(i, job(i));
        }
        failing.failed(1, job(10));
        failing.ended(4);

        assertThat(failing.last(2)).containsExactly(job(10), job(3));
        assertThat(failing.of(1)).contains(job(10));
        assertThat(failing.of(4)).isEmpty();
    }

    @Test
    void itRemembersSoManyAndNoMore() {
        Failing failing = new Failing();
        for (int i = 0; i <= Failing.MOST; i++) {
            failing.failed(i, job(i));
        }

        assertThat(failing.last(Long.MAX_VALUE)).hasSize(Failing.MOST);
        assertThat(failing.of(0)).isEmpty();
        assertThat(failing.of(1)).isPresent();
    }
}
