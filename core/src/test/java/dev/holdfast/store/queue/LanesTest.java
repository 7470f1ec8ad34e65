package dev.holdfast.store.queue;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LanesTest {
    private final Lanes lanes = new Lanes(0);
    private final Undo undo = new Undo();

    @Test
    void aBurstHoldsNobodyUpByMoreThanItsTurn() {
        for (int i = 0; i < 1_000; i++) {
            add(1);
        }
        long turn = add(2);
        assertThat(lanes.upTo(turn)).isEqualTo(2);
        assertThat(lanes.upTo(add(2))).isEqualTo(4);
    }

    @Test
    void whoWasAwayGetsNoTurnsForIt() {
        for (int i = 0; i < 10; i++) {
            add(1);
        }
        for (long turn = 1; turn <= 5; turn++) {
            lanes.serve(1, turn, undo);
        }
        assertThat(lanes.next(2)).isEqualTo(6);
        assertThat(lanes.jobs()).isEqualTo(5);
    }

    @Test
    void jobsThatWereCancelledLeaveNoDebt() {
        for (int i = 0; i < 30; i++) {
            add(1);
        }
        for (long turn = 1; turn <= 30; turn++) {
            lanes.remove(1, turn, undo);
        }
        assertThat(lanes.next(1)).isEqualTo(1);
    }

    @Test
    void aRolledBackTransactionLeavesNoTrace() {
        add(1);
        add(2);
        undo.forget();
        long next = lanes.next(1);
        add(1);
        lanes.serve(2, 1, undo);
        lanes.remove(1, 1, undo);
        undo.run();
        assertThat(lanes.next(1)).isEqualTo(next);
        assertThat(lanes.serving()).isZero();
        assertThat(lanes.jobs()).isEqualTo(2);
        assertThat(lanes.upTo(1)).isEqualTo(2);
    }

    private long add(int client) {
        long turn = lanes.next(client);
        lanes.add(client, turn, undo);
        return turn;
    }
}
