package dev.holdfast.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoHandlerContext;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class LoopRoundsTest {
    private static final long MILLI = 1_000_000;

    /** So long it waits for something to come. */
    private static final long LONG = 500 * MILLI;

    private final ScriptedIo io = new ScriptedIo();
    private final Queue<Runnable> next = new ArrayDeque<>();
    private long now = 7 * MILLI;
    private final LoopRounds rounds = new LoopRounds(io, () -> now, next::add, () -> {});

    @Test
    void whatItWaitedForWasNotThereBefore() {
        long[] since = new long[1];
        look(true, () -> since[0] = afterAll(LONG));

        assertThat(since[0]).isEqualTo(now);
        assertThat(rounds.worstNanos()).isZero();
    }

    @Test
    void whatIsThereAtOnceMayHaveComeWhileItWasBusy() {
        look(
                true,
                () -> {
                    afterAll(LONG);
                    now += 30 * MILLI;
                });
        long busySince = now - 30 * MILLI;
        now += 20 * MILLI; // its tasks
        long[] since = new long[1];
        look(true, () -> since[0] = afterAll(1000));

        assertThat(since[0]).isEqualTo(busySince);
        assertThat(rounds.worstNanos()).isEqualTo(50 * MILLI);
    }

    @Test
    void allThatIsReadInARoundMayHaveComeBeforeIt() {
        look(true, () -> afterAll(LONG));
        long busySince = now;
        now += 10 * MILLI;
        long[] last = new long[1];
        look(
                true,
                () -> {
                    afterAll(1000);
                    now += 40 * MILLI;
                    last[0] = rounds.sinceNanos();
                });

        assertThat(last[0]).isEqualTo(busySince);
    }

    @Test
    void whatComesWhileItDoesItsTasksCountsFromWhenItWasWokenForThem() {
        look(
                true,
                () -> {
                    now += LONG;
                    rounds.wakeup();
                });
        long woken = now;
        now += 25 * MILLI;
        long[] since = new long[1];
        look(true, () -> since[0] = afterAll(1000));

        assertThat(since[0]).isEqualTo(woken);
    }

    @Test
    void withTasksLeftItLooksWithoutWaiting() {
        look(true, () -> afterAll(LONG));
        look(false, () -> now += 5 * MILLI);
        long looked = now - 5 * MILLI;
        now += 60 * MILLI;
        long[] since = new long[1];
        look(false, () -> since[0] = afterAll(2 * MILLI));

        assertThat(since[0]).isEqualTo(looked);
    }

    @Test
    void oneThatHadNothingToDoYetIsNotLate() {
        now += LONG;

        assertThat(rounds.lateNanos()).isZero();
    }

    @Test
    void itIsLateForAsLongAsItIsBusyAndNotWhileItWaits() {
        long[] waiting = new long[1];
        look(
                true,
                () -> {
                    now += LONG;
                    waiting[0] = rounds.lateNanos();
                    afterAll(0);
                });
        now += 80 * MILLI;

        assertThat(waiting[0]).isZero();
        assertThat(rounds.lateNanos()).isEqualTo(80 * MILLI);
    }

    @Test
    void whatItWaitedBeforeItWasWokenForATaskIsNoLateness() {
        look(
                true,
                () -> {
                    now += LONG;
                    rounds.wakeup();
                });
        now += 3 * MILLI;

        assertThat(rounds.lateNanos()).isEqualTo(3 * MILLI);
    }

    @Test
    void theWorstIsForgottenInTime() {
        look(true, () -> afterAll(LONG));
        now += 90 * MILLI;
        look(true, () -> {});
        assertThat(rounds.worstNanos()).isEqualTo(90 * MILLI);

        for (int minute = 0; minute < 2; minute++) {
            now += 60_000 * MILLI;
            look(true, () -> {});
        }
        assertThat(rounds.worstNanos()).isZero();
    }

    @Test
    void whatIsAskedWaitsForItsTurnSoThatAnswersGoFirst() {
        List<Integer> taken = new ArrayList<>();
        look(
                true,
                () -> {
                    afterAll(1000);
                    assertThat(rounds.isTurn()).isTrue();
                    now += LoopRounds.SLICE_NANOS;
                    for (int i = 0; i < 5; i++) {
                        int number = i;
                        assertThat(rounds.isTurn()).isFalse();
                        rounds.later(
                                () -> {
                                    now += LoopRounds.SLICE_NANOS / 2;
                                    taken.add(number);
                                });
                    }
                });
        assertThat(taken).isEmpty();

        next.remove().run();
        assertThat(taken).containsExactly(0, 1);
        assertThat(rounds.isTurn()).isFalse(); // whoever comes now is behind them
        next.remove().run();
        next.remove().run();
        assertThat(taken).containsExactly(0, 1, 2, 3, 4);
        assertThat(next).isEmpty();
    }

    @Test
    void oneThatFailsTakesNoneOfTheOthersAlong() {
        List<Integer> taken = new ArrayList<>();
        rounds.later(
                () -> {
                    throw new IllegalStateException("it fails");
                });
        rounds.later(() -> taken.add(1));
        next.remove().run();
        next.remove().run();

        assertThat(taken).containsExactly(1);
    }

    @Test
    void howLongThoseTakeWhoWaitIsToldByThoseWhoWereTakenUp() {
        List<Long> behind = new ArrayList<>();
        look(
                true,
                () -> {
                    afterAll(0);
                    for (int i = 0; i < LoopRounds.LATEST + 3; i++) {
                        rounds.later(
                                () -> {
                                    behind.add(rounds.behindNanos());
                                    now += MILLI;
                                });
                    }
                });
        now += 300 * MILLI; // what a crowd sent is read
        while (!next.isEmpty()) {
            next.remove().run();
        }

        assertThat(behind.subList(0, LoopRounds.LATEST)).as("too few").containsOnly(0L);
        assertThat(behind.subList(LoopRounds.LATEST, behind.size()))
                .containsExactly(2 * MILLI, MILLI, 0L);
    }

    /** A process's first asks take a hundred times as long as those a moment later. */
    @Test
    void whatTheFirstTookIsForgottenOverThoseAfterThem() {
        List<Long> behind = new ArrayList<>();
        look(
                true,
                () -> {
                    afterAll(0);
                    for (int i = 0; i < 200; i++) {
                        long took = i == 0 ? 9 * MILLI : MILLI / 100;
                        rounds.later(
                                () -> {
                                    behind.add(rounds.behindNanos());
                                    now += took;
                                });
                    }
                });
        while (!next.isEmpty()) {
            next.remove().run();
        }

        assertThat(behind.get(LoopRounds.LATEST - 1)).as("little is known but the first").isZero();
        assertThat(behind.get(150)).as("49 of them").isLessThan(MILLI / 100 * 49 * 3);
    }

    @Test
    void anAnswerWaitsForItsLoopHalfOfItsTimeAtMost() {
        Lateness lateness = new Lateness(List.of(rounds));
        look(true, () -> afterAll(LONG));
        now += 900 * MILLI; // a crowd is read

        assertThat(lateness.nowNanos()).isEqualTo(900 * MILLI);
        assertThat(lateness.ofNanos(5_000 * MILLI)).isEqualTo(900 * MILLI);
        assertThat(lateness.ofNanos(800 * MILLI)).isEqualTo(400 * MILLI);
        assertThat(lateness.ofNanos(-MILLI)).isZero();
    }

    /** Something is seen so long after the look began. */
    private long afterAll(long nanos) {
        now += nanos;
        return rounds.sinceNanos();
    }

    private void look(boolean mayWait, Runnable what) {
        io.next = what;
        rounds.run(
                new IoHandlerContext() {
                    @Override
                    public boolean canBlock() {
                        return mayWait;
                    }

                    @Override
                    public long delayNanos(long current) {
                        return Long.MAX_VALUE;
                    }

                    @Override
                    public long deadlineNanos() {
                        return -1;
                    }
                });
    }
}
