package dev.holdfast.store.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class LanesTest {
    private static final long TURN = Lanes.TURN;

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
            lanes.serve(1, turn * TURN, undo);
        }
        assertThat(lanes.next(2, 1)).isEqualTo(6 * TURN);
        assertThat(lanes.jobs()).isEqualTo(5);
    }

    @Test
    void jobsThatWereCancelledLeaveNoDebt() {
        for (int i = 0; i < 30; i++) {
            add(1);
        }
        for (long turn = 1; turn <= 30; turn++) {
            lanes.remove(1, turn * TURN, undo);
        }
        assertThat(lanes.next(1, 1)).isEqualTo(TURN);
    }

    @Test
    void aRolledBackTransactionLeavesNoTrace() {
        add(1);
        add(2);
        undo.forget();
        long next = lanes.next(1, 1);
        add(1);
        lanes.serve(2, TURN, undo);
        lanes.remove(1, TURN, undo);
        undo.run();
        assertThat(lanes.next(1, 1)).isEqualTo(next);
        assertThat(lanes.serving()).isZero();
        assertThat(lanes.jobs()).isEqualTo(2);
        assertThat(lanes.upTo(TURN)).isEqualTo(2);
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
            long turn = lanes.serving() + random.nextInt(30) * TURN;
            assertThat(lanes.upTo(turn))
                    .isEqualTo(
                            model.values().stream()
                                    .flatMap(List::stream)
                                    .filter(other -> other <= turn)
                                    .count());
        }
    }

    @Test
    void whoWeighsMoreHasItsTurnAsManyTimesAsOften() {
        List<Map.Entry<Long, Integer>> turns = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            for (int weight : new int[] {1, 3, 16}) {
                turns.add(Map.entry(add(weight, weight), weight));
            }
        }
        turns.sort(Map.Entry.comparingByKey());
        List<Integer> served = turns.stream().map(Map.Entry::getValue).limit(40).toList();
        assertThat(Collections.frequency(served, 1)).isEqualTo(2);
        assertThat(Collections.frequency(served, 3)).isEqualTo(6);
    }

    @Test
    void everyWeightDividesATurn() {
        for (int weight = 1; weight <= Lanes.MAX_WEIGHT; weight++) {
            assertThat(TURN % weight).as("of weight %d", weight).isZero();
        }
    }

    @Test
    void aPositionAmongDifferentWeightsIsOffByAPartOfAJobOfEachOther() {
        long[] last = new long[3];
        for (int i = 0; i < 60; i++) {
            for (int weight = 1; weight <= 3; weight++) {
                last[weight - 1] = add(weight, weight);
            }
        }
        assertThat(lanes.upTo(last[2])).isBetween(60L + 40 + 20, 60L + 40 + 20 + 2);
        assertThat(lanes.upTo(last[0])).isEqualTo(180);
    }

    @Test
    void ofLanesThatAreNotAllKnownTheOthersAreReadWhenTheyAreNeeded() {
        List<Integer> read = new ArrayList<>();
        Lanes some = new Lanes(10 * TURN, 1_000);
        some.load(1, 14 * TURN, 4, 1);
        some.load(2, 12 * TURN, 2, 1);
        some.partly(
                client -> {
                    read.add(client);
                    if (client == 3) {
                        some.load(3, 40 * TURN, 30, 1);
                    }
                });
        assertThat(some.jobs()).isEqualTo(1_000);
        assertThat(some.next(1, 1)).isEqualTo(15 * TURN);
        assertThat(some.upTo(12 * TURN)).as("as if all were like these").isBetween(500L, 800L);
        assertThat(some.next(3, 1)).isEqualTo(41 * TURN);
        assertThat(some.next(4, 1)).isEqualTo(11 * TURN);
        some.add(4, 11 * TURN, 1, undo);
        assertThat(some.next(4, 1)).isEqualTo(12 * TURN);
        assertThat(some.jobs()).isEqualTo(1_001);
        assertThat(read).containsExactly(3, 4);
        undo.run();
        assertThat(some.jobs()).isEqualTo(1_000);
        assertThat(some.next(4, 1)).isEqualTo(11 * TURN);
        assertThat(read).containsExactly(3, 4);
    }

    @Test
    void aTurnThatIsTakenBackIsGivenAgainIfItWasTheLast() {
        for (int i = 0; i < 3; i++) {
            add(1, 2);
        }
        lanes.remove(1, TURN / 2, undo);
        assertThat(lanes.next(1, 2)).as("the first one went").isEqualTo(2 * TURN);
        lanes.remove(1, 3 * TURN / 2, undo);
        assertThat(lanes.next(1, 2)).as("the last one went").isEqualTo(3 * TURN / 2);
    }

    @Test
    void whatIsToBeKeptOfALaneIsWhatItHas() {
        lanes.load(1, 8 * TURN, 2, 3);
        lanes.load(2, 5 * TURN, 4, 1);
        assertThat(lanes.jobs()).isEqualTo(6);
        assertThat(lanes.changed()).as("what is on disk").isEmpty();
        lanes.add(1, 9 * TURN, 4, undo);
        assertThat(lanes.changed()).containsExactly(1);
        assertThat(lanes.last(1)).isEqualTo(9 * TURN);
        assertThat(lanes.jobs(1)).isEqualTo(3);
        assertThat(lanes.weight(1)).isEqualTo(4);
        assertThat(lanes.last()).as("after all that were given").isEqualTo(10 * TURN);
        lanes.forgetChanges();
        assertThat(lanes.changed()).isEmpty();
        lanes.serve(2, 12 * TURN, undo);
        assertThat(lanes.serving()).isEqualTo(12 * TURN);
        assertThat(lanes.last()).isEqualTo(13 * TURN);
        assertThat(lanes.complete()).isTrue();
    }

    @Test
    void aPositionAmongManyOfTheSameWeightIsExact() {
        for (int client = 1; client <= 8; client++) {
            for (int i = 0; i < 10; i++) {
                add(client, 2);
            }
        }
        lanes.serve(3, TURN / 2, undo);
        assertThat(lanes.upTo(2 * TURN)).isEqualTo(8 * 4 - 1);
        assertThat(lanes.upTo(5 * TURN)).isEqualTo(8 * 10 - 1);
        assertThat(lanes.upTo(6 * TURN)).isEqualTo(8 * 10 - 1);
    }

    @Test
    void aLaneThatIsKnownToBeEmptyIsNotReadAgain() {
        List<Integer> read = new ArrayList<>();
        Lanes some = new Lanes(10 * TURN, 1_000);
        some.partly(
                client -> {
                    read.add(client);
                    some.load(client, 11 * TURN, client == 1 ? 1 : 0, 1);
                });
        assertThat(some.complete()).isFalse();
        assertThat(some.upTo(13 * TURN)).as("nobody's is known").isEqualTo(3);
        some.serve(1, 11 * TURN, undo);
        assertThat(some.jobs(1)).as("on disk it still has one").isZero();
        assertThat(some.jobs(2)).isZero();
        assertThat(some.jobs(2)).isZero();
        assertThat(read).containsExactly(1, 2);
    }

    @Test
    void howManyAreKnownFollowsWhatComesAndGoes() {
        Lanes one = new Lanes(10 * TURN, 1_000);
        one.load(1, 14 * TURN, 4, 1);
        one.partly(_ -> {});
        one.serve(1, 11 * TURN, undo);
        assertThat(one.upTo(12 * TURN)).as("one of three").isEqualTo(333);
        Lanes two = new Lanes(10 * TURN, 1_000);
        two.load(1, 14 * TURN, 4, 1);
        two.load(2, 12 * TURN, 2, 1);
        two.partly(_ -> {});
        two.serve(1, 11 * TURN, undo);
        assertThat(two.upTo(12 * TURN)).as("three of five").isEqualTo(599);
    }

    private long add(int client) {
        return add(client, 1);
    }

    private long add(int client, int weight) {
        long turn = lanes.next(client, weight);
        lanes.add(client, turn, weight, undo);
        return turn;
    }
}
