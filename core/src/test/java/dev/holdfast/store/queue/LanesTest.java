package dev.holdfast.store.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
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

    @Test
    void aPositionIsWhatCountingEveryLaneWouldSay() {
        Random random = new Random(11);
        Map<Integer, List<Long>> model = new HashMap<>();
        for (int step = 0; step < 3_000; step++) {
            int client = random.nextInt(40);
            if (random.nextInt(3) > 0) {
                model.computeIfAbsent(client, _ -> new ArrayList<>()).add(add(client));
            } else {
                Map.Entry<Integer, List<Long>> head =
                        model.entrySet().stream()
                                .filter(lane -> !lane.getValue().isEmpty())
                                .min(Comparator.comparing(lane -> lane.getValue().getFirst()))
                                .orElse(null);
                if (head != null) {
                    lanes.serve(head.getKey(), head.getValue().removeFirst(), undo);
                }
            }
            long turn = lanes.serving() + random.nextInt(30);
            assertThat(lanes.upTo(turn))
                    .isEqualTo(
                            model.values().stream()
                                    .flatMap(List::stream)
                                    .filter(other -> other <= turn)
                                    .count());
        }
    }

    @Test
    void ofLanesThatAreNotAllKnownTheOthersAreReadWhenTheyAreNeeded() {
        List<Integer> read = new ArrayList<>();
        Lanes some = new Lanes(10, 1_000);
        some.load(1, 14, 4);
        some.load(2, 12, 2);
        some.partly(
                client -> {
                    read.add(client);
                    if (client == 3) {
                        some.load(3, 40, 30);
                    }
                });
        assertThat(some.jobs()).isEqualTo(1_000);
        assertThat(some.next(1)).isEqualTo(15);
        assertThat(some.upTo(12)).as("as if all were like these").isBetween(500L, 800L);
        assertThat(some.next(3)).isEqualTo(41);
        assertThat(some.next(4)).isEqualTo(11);
        some.add(4, 11, undo);
        assertThat(some.next(4)).isEqualTo(12);
        assertThat(some.jobs()).isEqualTo(1_001);
        assertThat(read).containsExactly(3, 4);
        undo.run();
        assertThat(some.jobs()).isEqualTo(1_000);
        assertThat(some.next(4)).isEqualTo(11);
        assertThat(read).containsExactly(3, 4);
    }

    private long add(int client) {
        long turn = lanes.next(client);
        lanes.add(client, turn, undo);
        return turn;
    }
}
