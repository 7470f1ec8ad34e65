package dev.holdfast.app.warmup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WarmUpTest {
    @Test
    void aTrainingThatHangsIsGivenUp() {
        var never = new CountDownLatch(1);
        int status =
                WarmUp.within(
                        Duration.ofMillis(50),
                        () -> {
                            try {
                                never.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                            return 0;
                        });
        assertThat(status).isEqualTo(1);
    }

    @Test
    void whatATrainingSaysIsHowItEnds() {
        assertThat(WarmUp.within(Duration.ofMinutes(1), () -> 0)).isZero();
        assertThat(WarmUp.within(Duration.ofMinutes(1), () -> 1)).isOne();
        assertThat(
                        WarmUp.within(
                                Duration.ofMinutes(1),
                                () -> {
                                    throw new IllegalStateException("broken");
                                }))
                .isOne();
    }
}
