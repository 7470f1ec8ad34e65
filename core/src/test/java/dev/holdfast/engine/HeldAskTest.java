package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** An ask is written or refused, never both. */
final class HeldAskTest {
    private static final Answer REFUSED =
            new Answer.Refused(Answer.Refusal.STORE_UNAVAILABLE, Duration.ofSeconds(1));

    private final HeldAsk ask =
            new HeldAsk(null, null, null, Duration.ofSeconds(1), Instant.EPOCH, null);
    private int cancelled;

    @Test
    void whatWasWithdrawnIsNotWritten() {
        assertThat(ask.withdraw()).isTrue();
        assertThat(ask.begin()).isFalse();
        assertThat(ask.withdraw()).as("once more").isTrue();
    }

    @Test
    void whatIsBeingWrittenIsNotWithdrawn() {
        assertThat(ask.begin()).isTrue();
        assertThat(ask.withdraw()).isFalse();
        assertThat(ask.begin()).as("in the next try").isTrue();
    }

    @Test
    void whatWasAnsweredIsNotWritten() {
        ask.answer(REFUSED);
        assertThat(ask.isAnswered()).isTrue();
        assertThat(ask.begin()).isFalse();
    }

    @Test
    void oneTimerRunsAndNoneWhenItIsAnswered() {
        ask.timer(() -> cancelled++);
        ask.timer(() -> cancelled++);
        assertThat(cancelled).isOne();
        ask.answer(REFUSED);
        assertThat(cancelled).isEqualTo(2);
    }
}
