package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class CrowdTest {
    private static final Duration WITHIN = Duration.ofMillis(1800);

    private final Crowd crowd = new Crowd();

    @Test
    void aLoneAskKeepsItsPatience() {
        assertThat(crowd.join(WITHIN, WITHIN)).isEqualTo(WITHIN);
        crowd.leave();
        assertThat(crowd.join(WITHIN, WITHIN)).isEqualTo(WITHIN);
    }

    @Test
    void eachOfACrowdIsAnsweredBeforeTheOneBeforeIt() {
        for (int before = 0; before < 1000; before++) {
            assertThat(crowd.join(WITHIN, WITHIN))
                    .isEqualTo(WITHIN.minus(Crowd.EACH.multipliedBy(before)));
        }
    }

    @Test
    void anAskThatWantsLessGetsLess() {
        join(1000);
        assertThat(crowd.join(Duration.ZERO, WITHIN)).isEqualTo(Duration.ZERO);
    }

    @Test
    void halfOfTheTimeIsLeftHoweverManyThereAre() {
        join(1_000_000);
        assertThat(crowd.join(WITHIN, WITHIN)).isEqualTo(WITHIN.dividedBy(2));
    }

    private void join(int asks) {
        for (int ask = 0; ask < asks; ask++) {
            crowd.join(WITHIN, WITHIN);
        }
    }
}
