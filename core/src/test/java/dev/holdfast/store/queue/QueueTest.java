package dev.holdfast.store.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.request.Body;
import dev.holdfast.request.ByPriority;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class QueueTest {
    private static final long TURN = Lanes.TURN;
    private static final long SOON = Probes.FIRST;

    private final Undo undo = new Undo();
    private final Queue root = Queue.empty(1, "up", 7);
    private final Queue part = Queue.empty(2, root, "a");
    private final Partition place = Objects.requireNonNull(part.partition());

    @Test
    void whatWaitsAndRunsInAPartitionCountsInItAndAtItsUpstream() {
        Job first = job(Status.QUEUED, Priority.HIGH, TURN);
        Job second = job(Status.QUEUED, Priority.LOW, TURN);
        Job retry = job(Status.RETRYING, Priority.NORMAL, TURN);
        part.enter(first, false, TURN, undo);
        part.enter(second, false, TURN, undo);
        part.enter(retry, true, TURN, undo);
        assertThat(counts(root)).isEqualTo("1/0/1 0/1/0 0 0 3");
        assertThat(counts(part)).isEqualTo("1/0/1 0/1/0 0 0 3");
        assertThat(part.ownWaiting()).isEqualTo(3);
        assertThat(part.ownRetrying()).isEqualTo(1);
        assertThat(root.inner().busy()).isEqualTo(1);
    }

    @Test
    void aJobCountsOnceWhereverItIsUntilItLeaves() {
        for (Queue queue : List.of(root, part)) {
            Job first = job(Status.QUEUED, Priority.NORMAL, TURN);
            Job retry = job(Status.RETRYING, Priority.NORMAL, TURN);
            queue.enter(first, false, TURN, undo);
            assertThat(root.unfinished()).isEqualTo(1);
            assertThat(root.waiting()).isEqualTo(1);
            queue.run(first, undo);
            assertThat(root.waiting()).isZero();
            assertThat(root.running()).isEqualTo(1);
            assertThat(queue.ownRunning()).isEqualTo(1);
            assertThat(root.unfinished()).isEqualTo(1);
            queue.leave(job(Status.RUNNING, Priority.NORMAL, TURN), undo);
            assertThat(root.unfinished()).isZero();
            queue.enter(retry, true, TURN, undo);
            assertThat(root.retrying().normal()).isEqualTo(1);
            queue.run(retry, undo);
            queue.unmade(0, undo);
            assertThat(root.unfinished()).isZero();
            queue.back(retry, undo);
            assertThat(root.retrying().normal()).isEqualTo(1);
            assertThat(root.unfinished()).isEqualTo(1);
            queue.leave(retry, undo);
            queue.back(first, undo);
            assertThat(root.queued().normal()).isEqualTo(1);
            queue.postpone(first, undo);
            assertThat(root.waiting()).isZero();
            assertThat(root.scheduled()).isEqualTo(1);
            assertThat(root.unfinished()).isEqualTo(1);
            queue.start(3, 1, Priority.LOW, undo);
            assertThat(root.scheduled()).isZero();
            assertThat(root.queued().low()).isEqualTo(1);
            queue.leave(job(Status.QUEUED, Priority.LOW, TURN, 3), undo);
            root.scheduled(1, undo);
            root.leave(job(Status.SCHEDULED, Priority.LOW, 0), undo);
            assertThat(root.unfinished()).isZero();
            assertThat(root.inner().busy()).isZero();
        }
        assertThatThrownBy(() -> root.leave(job(Status.FAILED, Priority.LOW, 0), undo))
                .hasMessage("job 1 has ended before");
    }

    @Test
    void aRolledBackTransactionLeavesNoTrace() {
        for (Queue queue : List.of(root, part)) {
            Job waits = job(Status.QUEUED, Priority.NORMAL, TURN, 1);
            Job retries = job(Status.RETRYING, Priority.NORMAL, TURN, 2);
            queue.enter(waits, false, TURN, undo);
            queue.enter(retries, true, TURN, undo);
            queue.refuse(100, undo);
            queue.absent(200, 50, undo);
            List<Consumer<Undo>> steps =
                    List.of(
                            with -> queue.run(waits, with),
                            with -> queue.leave(retries, with),
                            with -> queue.postpone(waits, with),
                            with -> queue.start(5, 2, Priority.HIGH, with),
                            with -> queue.join(waits, 5, 1, Priority.HIGH, with),
                            with -> queue.change(retries, Priority.LOW, with),
                            with -> queue.unmade(300, with),
                            with -> queue.pause(true, with),
                            with -> queue.pause(false, with),
                            with -> queue.close(1L << 60, with),
                            with -> queue.probed(1_000, with),
                            with -> queue.probeNow(with),
                            with -> queue.lookedForAt(900, with),
                            with -> queue.present(with),
                            with -> queue.authorized(100, with),
                            with -> queue.served(4, List.of(1, 2, 3), with),
                            with -> queue.scheduled(1, with),
                            with -> root.ledger(9, with),
                            with -> root.inner().partitions(1, with),
                            with -> place.lineUp(5, with),
                            with -> place.sleep(6L, with),
                            with -> place.served(7, 8, with),
                            with -> place.fifo(true, with),
                            with -> place.waits(40, with));
            String before = all();
            for (Consumer<Undo> step : steps) {
                Undo one = new Undo();
                step.accept(one);
                assertThat(all()).isNotEqualTo(before);
                one.run();
                assertThat(all()).isEqualTo(before);
            }
        }
    }

    @Test
    void whoeverWantsAJobSoonerHasItSooner() {
        Job normal = job(Status.QUEUED, Priority.NORMAL, 5 * TURN, 1);
        assertThat(join(normal, 2, Priority.LOW)).isEqualTo(turn(1, Priority.NORMAL, 5 * TURN));
        assertThat(join(normal, 2, Priority.NORMAL)).isEqualTo(turn(2, Priority.NORMAL, TURN));
        assertThat(join(normal, 1, Priority.NORMAL))
                .as("its own turn would come later")
                .isEqualTo(turn(1, Priority.NORMAL, 5 * TURN));
        assertThat(join(normal, 1, Priority.HIGH)).isEqualTo(turn(1, Priority.HIGH, TURN));
        Job retries = job(Status.RETRYING, Priority.NORMAL, 5 * TURN, 1);
        assertThat(join(retries, 2, Priority.NORMAL)).isEqualTo(turn(1, Priority.NORMAL, 5 * TURN));
        assertThat(join(retries, 2, Priority.HIGH)).isEqualTo(turn(2, Priority.HIGH, TURN));
        for (Status status : List.of(Status.RUNNING, Status.SCHEDULED)) {
            Job runs = job(status, Priority.NORMAL, 5 * TURN, 1);
            assertThat(join(runs, 2, Priority.NORMAL))
                    .isEqualTo(turn(1, Priority.NORMAL, 5 * TURN));
            assertThat(join(runs, 2, Priority.HIGH)).isEqualTo(turn(1, Priority.HIGH, 5 * TURN));
        }
    }

    @Test
    void whoseTurnIsTheSameKeepsTheJob() {
        Job one = job(Status.QUEUED, Priority.NORMAL, TURN, 1);
        assertThat(join(one, 2, Priority.NORMAL)).isEqualTo(turn(1, Priority.NORMAL, TURN));
    }

    @Test
    void aJobOfAnotherClassWaitsForItsClientsNextTurnThere() {
        Job waits = job(Status.QUEUED, Priority.NORMAL, 5 * TURN, 1);
        root.enter(waits, false, 5 * TURN, undo);
        assertThat(root.change(waits, Priority.LOW, undo)).isEqualTo(turn(1, Priority.LOW, TURN));
        assertThat(counts(root)).isEqualTo("0/0/1 0/0/0 0 0 1");
        Job retries = job(Status.RETRYING, Priority.NORMAL, 5 * TURN, 1);
        root.enter(retries, true, 5 * TURN, undo);
        assertThat(root.change(retries, Priority.HIGH, undo))
                .isEqualTo(turn(1, Priority.HIGH, TURN));
        assertThat(counts(root)).isEqualTo("0/0/1 1/0/0 0 0 2");
        Job runs = job(Status.RUNNING, Priority.NORMAL, 5 * TURN, 1);
        assertThat(root.change(runs, Priority.LOW, undo))
                .isEqualTo(turn(1, Priority.LOW, 5 * TURN));
        assertThat(counts(root)).isEqualTo("0/0/1 1/0/0 0 0 2");
    }

    @Test
    void aRefusedCredentialIsTriedByOneCallAtATime() {
        for (Queue queue : List.of(root, part)) {
            queue.probeNow(undo);
            assertThat(queue.shutUntil()).isZero();
            queue.refuse(1_000, undo);
            assertThat(queue.unauthorizedSince()).isEqualTo(1_000);
            assertThat(queue.shutUntil()).isEqualTo(1_000 + SOON);
            queue.refuse(2_000, undo);
            assertThat(queue.unauthorizedSince()).isEqualTo(1_000);
            assertThat(queue.shutUntil()).isEqualTo(1_000 + SOON);
            long later = 1_000 + 3 * SOON;
            queue.probed(later, undo);
            assertThat(queue.shutUntil()).isEqualTo(later + 3 * SOON);
            queue.unmade(later - 1, undo);
            assertThat(queue.shutUntil()).as("it was another").isEqualTo(later + 3 * SOON);
            queue.unmade(later, undo);
            assertThat(queue.shutUntil()).as("it was not made").isZero();
            queue.probed(later, undo);
            queue.authorized(999, undo);
            assertThat(queue.unauthorizedSince()).as("it left before").isEqualTo(1_000);
            queue.authorized(1_000, undo);
            assertThat(queue.unauthorizedSince()).isZero();
            assertThat(queue.shutUntil()).isZero();
            queue.close(500, undo);
            queue.close(400, undo);
            queue.unmade(0, undo);
            queue.authorized(1_000, undo);
            queue.probeNow(undo);
            assertThat(queue.closedUntil()).as("what an answer asked for").isEqualTo(500);
            queue.pause(true, undo);
            queue.pause(false, undo);
            assertThat(queue.closedUntil()).isEqualTo(500);
            queue.pause(false, undo);
            assertThat(queue.closedUntil()).isZero();
        }
    }

    @Test
    void whereNobodyIsAtHomeOneLooksAtATime() {
        for (Queue queue : List.of(root, part)) {
            queue.present(undo);
            queue.probeNow(undo);
            assertThat(queue.absentSince()).isZero();
            queue.absent(1_000, 50, undo);
            queue.absent(1_020, 70, undo);
            assertThat(queue.absentSince()).isEqualTo(1_000);
            assertThat(queue.absentUntil()).isEqualTo(1_050);
            queue.lookedForAt(1_200, undo);
            queue.unmade(1_000, undo);
            assertThat(queue.absentUntil()).as("it left before").isEqualTo(1_200);
            queue.unmade(1_001, undo);
            assertThat(queue.absentUntil()).isZero();
            assertThat(queue.absentSince()).isEqualTo(1_000);
            queue.lookedForAt(1_200, undo);
            queue.probeNow(undo);
            assertThat(queue.absentUntil()).isZero();
            queue.lookedForAt(1_200, undo);
            queue.present(undo);
            assertThat(queue.absentSince()).isZero();
            assertThat(queue.absentUntil()).isZero();
            queue.absent(1_000, 50, undo);
            queue.open(undo);
            assertThat(queue.absentSince()).isZero();
        }
    }

    @Test
    void aCallOfAPartitionThatWasNotMadeMayHaveBeenItsUpstreamsProbe() {
        root.refuse(1_000, undo);
        root.probed(2_000, undo);
        part.unmade(2_000, undo);
        assertThat(root.closedUntil()).isZero();
    }

    @Test
    void whateverChangesIsWrittenAndStirsItsPartition() {
        Job waits = job(Status.QUEUED, Priority.NORMAL, TURN);
        assertThat(place.wasStirred()).as("it is new").isTrue();
        for (Consumer<Queue> step :
                List.<Consumer<Queue>>of(
                        queue -> queue.pause(true, undo),
                        queue -> queue.close(5, undo),
                        queue -> queue.refuse(1, undo),
                        queue -> queue.absent(1, 1, undo),
                        queue -> queue.served(1, List.of(0, 0, 0), undo),
                        queue -> queue.running(1, undo),
                        queue -> queue.scheduled(1, undo))) {
            step.accept(part);
            assertThat(part.changed()).isTrue();
            assertThat(part.ownChanged()).isTrue();
            assertThat(place.wasStirred()).isTrue();
            part.forgetChanges();
            assertThat(part.changed()).isFalse();
            assertThat(part.ownChanged()).isFalse();
            assertThat(place.wasStirred()).isFalse();
        }
        root.forgetChanges();
        assertThat(root.changed()).isFalse();
        part.enter(waits, false, TURN, undo);
        assertThat(place.wasStirred()).isTrue();
        assertThat(part.lanesChanged()).isTrue();
        assertThat(part.ownChanged()).isTrue();
        assertThat(part.changed()).as("the lanes know that themselves").isFalse();
        assertThat(root.changed()).as("how much is in its partitions").isTrue();
        assertThat(root.ownChanged()).isFalse();
        root.forgetChanges();
        assertThat(root.changed()).isFalse();
        part.forgetChanges();
        assertThat(part.lanesChanged()).isFalse();
        part.enter(waits, true, TURN, undo);
        assertThat(part.lanesChanged()).isTrue();
        part.forgetChanges();
        assertThat(part.lanesChanged()).isFalse();
        place.fifo(true, undo);
        part.forgetChanges();
        assertThat(place.moved()).isFalse();
        root.forgetChanges();
        root.inner().partitions(1, undo);
        assertThat(root.changed()).isTrue();
    }

    @Test
    void jobsThatGoOneAfterTheOtherWaitForTheRetryAndGetTheLastTurn() {
        assertThat(part.next(Priority.NORMAL, false, 2, 1)).isEqualTo(TURN);
        part.enter(job(Status.QUEUED, Priority.NORMAL, 4 * TURN, 1), false, 4 * TURN, undo);
        assertThat(part.next(Priority.NORMAL, false, 2, 1)).isEqualTo(TURN);
        part.enter(job(Status.RETRYING, Priority.LOW, TURN, 1), true, TURN, undo);
        assertThat(part.holdsFirstTries()).isFalse();
        place.fifo(true, undo);
        assertThat(part.next(Priority.NORMAL, false, 2, 1)).isEqualTo(5 * TURN);
        assertThat(part.holdsFirstTries()).isTrue();
        part.leave(job(Status.RETRYING, Priority.LOW, TURN, 1), undo);
        assertThat(part.holdsFirstTries()).isFalse();
        assertThat(root.holdsFirstTries()).isFalse();
        assertThat(root.next(Priority.NORMAL, false, 2, 1)).isEqualTo(TURN);
    }

    @Test
    void aPlaceIsAmongThoseOfItsOwnQueue() {
        for (int i = 1; i <= 3; i++) {
            part.enter(job(Status.QUEUED, Priority.NORMAL, i * TURN), false, i * TURN, undo);
            root.enter(job(Status.QUEUED, Priority.NORMAL, i * TURN), false, i * TURN, undo);
        }
        assertThat(part.position(Priority.NORMAL, 2 * TURN)).isEqualTo(2);
        assertThat(root.position(Priority.NORMAL, 3 * TURN)).isEqualTo(3);
        for (int i = 0; i < 10; i++) {
            part.enter(job(Status.QUEUED, Priority.HIGH, TURN), false, TURN, undo);
        }
        assertThat(part.position(Priority.NORMAL, 3 * TURN)).isGreaterThan(6);
        assertThat(root.position(Priority.NORMAL, 3 * TURN)).isEqualTo(3);
    }

    @Test
    void creditsAreKeptOfEachClass() {
        root.served(13, List.of(1, 0, 3), undo);
        assertThat(root.beat()).isEqualTo(13);
        assertThat(root.rank(Priority.HIGH).credit()).isEqualTo(1);
        assertThat(root.rank(Priority.NORMAL)).as("nothing is in it").isSameAs(Rank.NONE);
        assertThat(root.rank(Priority.LOW).credit()).isEqualTo(3);
    }

    @Test
    void aPartitionIsReadAsItWasKept() {
        Queue kept = Queue.of(3, root, new Partition("b", 5, 6L, null, true, 4), 2, 9 * TURN);
        assertThat(kept.ledger()).isEqualTo(7);
        assertThat(kept.beat()).isEqualTo(2);
        assertThat(kept.root()).isSameAs(root);
        assertThat(root.root()).isSameAs(root);
        assertThat(kept.rank(Priority.NORMAL).first().serving()).isEqualTo(9 * TURN);
        assertThat(kept.rank(Priority.HIGH)).isSameAs(Rank.NONE);
        assertThat(Objects.requireNonNull(kept.partition()).turn()).isEqualTo(5);
        assertThat(Objects.requireNonNull(kept.partition()).busy()).isEqualTo(4);
        assertThat(Queue.of(4, root, Partition.fresh("c"), 0, 0).ranks())
                .allMatch(rank -> rank == Rank.NONE);
        kept.load(Priority.LOW, true, 1, 3 * TURN, 2, 1);
        kept.load(Priority.LOW, false, 2, 4 * TURN, 1, 1);
        assertThat(counts(kept)).isEqualTo("0/0/1 0/0/2 0 0 3");
        assertThat(kept.ownChanged()).isFalse();
    }

    @Test
    void whatIsAddedToCountsThatOthersAddToIsToldApart() {
        Inner inner = new Inner(4, 2, 3);
        inner.load(Priority.HIGH, true, 5);
        inner.mark();
        inner.busy(1, undo);
        inner.run(-2, undo);
        inner.partitions(3, undo);
        inner.wait(Priority.LOW, false, 6, undo);
        inner.wait(Priority.LOW, true, 2, undo);
        long[] added = inner.added();
        assertThat(added).containsExactly(3, 1, -2, 0, 0, 0, 0, 6, 2);
        Inner other = new Inner(4, 2, 3);
        other.add(added);
        assertThat(List.of(other.partitions(), other.busy(), other.running()))
                .containsExactly(7, 3, 1);
        assertThat(other.waiting(Priority.LOW, false)).isEqualTo(6);
        assertThat(other.waiting(Priority.LOW, true)).isEqualTo(2);
        assertThat(inner.waiting(Priority.HIGH, true)).isEqualTo(5);
        assertThat(other.changed()).isFalse();
        undo.run();
        assertThat(inner.added()).containsOnly(0);
    }

    @Test
    void howMuchWaitsInAPartitionIsListedWithinAnEighth() {
        for (long jobs : new long[] {0, 1, 15, 16, 17, 31, 33, 100, 1_000, 123_456}) {
            place.forgetMoves();
            long before = place.busy();
            place.waits(jobs, undo);
            assertThat(place.busy()).isBetween(jobs - jobs / 8, jobs);
            assertThat(Long.bitCount(place.busy())).isLessThanOrEqualTo(4);
            assertThat(place.moved()).isEqualTo(place.busy() != before);
        }
    }

    @Test
    void aPlaceThatChangesIsWritten() {
        place.lineUp(4, undo);
        assertThat(place.moved()).isTrue();
        place.forgetMoves();
        place.fifo(false, undo);
        assertThat(place.moved()).isFalse();
        place.fifo(true, undo);
        assertThat(place.moved()).isTrue();
        place.served(4, 5, undo);
        assertThat(place.turn()).isEqualTo(4);
        assertThat(place.line()).isEqualTo(5);
        place.sleep(7L, undo);
        assertThat(place.turn()).isEqualTo(4);
        assertThat(place.line()).isNull();
        assertThat(place.wake()).isEqualTo(7);
    }

    @Test
    void ofThoseWhoWantAJobTheHighestClassCounts() {
        assertThat(Wishes.of(Priority.HIGH, true)).isEqualTo(new Wishes(1, 1, 0, 1));
        assertThat(Wishes.of(Priority.LOW, false)).isEqualTo(new Wishes(1, 0, 1, 0));
        assertThat(new Wishes(3, 1, 2, 3).highest()).isEqualTo(Priority.HIGH);
        assertThat(new Wishes(3, 0, 2, 3).highest()).isEqualTo(Priority.NORMAL);
        assertThat(new Wishes(3, 0, 3, 3).highest()).isEqualTo(Priority.LOW);
        assertThat(new Wishes(3, 0, 3, 3).atOnce()).isFalse();
        assertThat(new Wishes(3, 0, 3, 2).atOnce()).isTrue();
    }

    private Queue.Turn join(Job job, int client, Priority priority) {
        boolean retry = job.status() == Status.RETRYING;
        if (job.status() == Status.RUNNING || job.status() == Status.SCHEDULED) {
            return root.join(job, client, 1, priority, undo);
        }
        Undo one = new Undo();
        root.enter(job, retry, job.turn(), one);
        Queue.Turn turn = root.join(job, client, 1, priority, one);
        assertThat(root.waiting()).isEqualTo(1);
        assertThat(root.rank(turn.priority()).lanes(retry).jobs(turn.client())).isEqualTo(1);
        one.run();
        return turn;
    }

    private static Queue.Turn turn(int client, Priority priority, long turn) {
        return new Queue.Turn(client, 1, priority, turn);
    }

    /** Those that wait for their first call and for another, run, are scheduled; and all. */
    private static String counts(Queue queue) {
        return text(queue.queued())
                + " "
                + text(queue.retrying())
                + " "
                + queue.running()
                + " "
                + queue.scheduled()
                + " "
                + queue.unfinished();
    }

    private static String text(ByPriority jobs) {
        return jobs.high() + "/" + jobs.normal() + "/" + jobs.low();
    }

    private String all() {
        List<Object> all = new ArrayList<>();
        for (Queue each : List.of(root, part)) {
            all.add(counts(each));
            all.add(each.paused());
            all.add(each.closedUntil());
            all.add(each.unauthorizedSince());
            all.add(each.unauthorizedUntil());
            all.add(each.absentSince());
            all.add(each.absentUntil());
            all.add(each.beat());
            all.add(each.ledger());
            all.add(each.ranks().stream().map(Rank::credit).toList());
            all.add(each.inner().partitions());
            all.add(each.inner().busy());
            for (Priority priority : Priority.ALL) {
                for (boolean retry : new boolean[] {false, true}) {
                    all.add(each.rank(priority).lanes(retry).serving());
                    for (int client = 0; client <= 5; client++) {
                        all.add(each.next(priority, retry, client, 1));
                    }
                }
            }
        }
        all.add(List.of(place.turn(), place.fifo(), place.busy()));
        all.add(place.line() + " " + place.wake());
        return all.toString();
    }

    private static Job job(Status status, Priority priority, long turn) {
        return job(status, priority, turn, 0);
    }

    private static Job job(Status status, Priority priority, long turn, int client) {
        @Nullable Long starts = status == Status.SCHEDULED ? 5L : null;
        return new Job(
                1,
                1,
                "route",
                client,
                new UUID(1, 1),
                1,
                2,
                null,
                null,
                "{}",
                Body.none(),
                status,
                turn,
                null,
                0,
                0,
                true,
                0,
                0,
                Wishes.of(priority, false),
                null,
                priority,
                1,
                starts);
    }
}
