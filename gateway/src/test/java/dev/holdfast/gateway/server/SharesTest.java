package dev.holdfast.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.parts.Holds;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharesTest {
    @Test
    void noClientTakesAllOfWhatAllShare() {
        Holds holds = new Holds();
        List<Runnable> held = new ArrayList<>();
        for (int i = 0; i < Holds.MAX_OF_CLIENT; i++) {
            Runnable release = new Release();
            assertThat(holds.hold(1, release)).isTrue();
            held.add(release);
        }
        assertThat(holds.hold(1, new Release())).isFalse();
        assertThat(holds.hold(2, new Release())).isTrue();

        holds.leave(held.getFirst());
        holds.leave(held.getFirst());
        assertThat(holds.hold(1, new Release())).isTrue();
        assertThat(holds.hold(1, new Release())).isFalse();
    }

    @Test
    void whoHasNothingIsForgotten() {
        Shares shares = new Shares(2);
        assertThat(shares.take(1)).isTrue();
        assertThat(shares.take(1)).isTrue();
        assertThat(shares.take(1)).isFalse();
        assertThat(shares.clients()).isEqualTo(1);
        shares.give(1);
        shares.give(1);
        shares.give(1);
        assertThat(shares.clients()).isZero();
        assertThat(shares.take(1)).isTrue();
    }

    /** One of its own, unlike a lambda that is the same each time. */
    private static final class Release implements Runnable {
        @Override
        public void run() {
            throw new AssertionError("nothing is drained here");
        }
    }
}
