package dev.holdfast.store.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.queue.FairTurns.Candidate;
import dev.holdfast.store.queue.FairTurns.Fit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class FairTurnsTest {
    private static final long RETRY = 1_000;

    @Test
    void withoutFirstTriesEverySlotGoesToRetries() {
        Choice choice = choose(3, 2, List.of(), retries(5, 0));
        assertThat(choice.jobs()).containsExactly(RETRY, RETRY + 1, RETRY + 2);
        assertThat(choice.credit()).isZero();
    }

    @Test
    void withoutDueRetriesNoCreditGrows() {
        Choice choice = choose(3, 5, firstTries(5, 0), List.of());
        assertThat(choice.jobs()).containsExactly(1L, 2L, 3L);
        assertThat(choice.credit()).isEqualTo(5);
    }

    @Test
    void aBurstThatWasThereBeforeGoesOutWhole() {
        Choice choice = choose(61, 0, firstTries(100, 10), retries(10, 20));
        assertThat(choice.jobs().subList(0, FairTurns.BURST))
                .allSatisfy(job -> assertThat(job).isLessThan(RETRY));
        assertThat(choice.jobs().get(FairTurns.BURST)).isEqualTo(RETRY);
    }

    @Test
    void aRetryThatWasDueBeforeGoesAsSoonAsItsCreditAllows() {
        Choice choice = choose(5, 0, firstTries(100, 20), retries(10, 10));
        assertThat(choice.jobs()).containsExactly(1L, 2L, 3L, 4L, RETRY);
        assertThat(choice.credit()).isZero();
    }

    @Test
    void inTheLongRunRetriesGetAFifth() {
        int credit = 0;
        int given = 0;
        List<Long> jobs = new ArrayList<>();
        while (jobs.size() < 10_000) {
            Choice choice = choose(7, credit, firstTries(100, 10), retries(100, 20));
            credit = choice.credit();
            jobs.addAll(choice.jobs());
        }
        for (long job : jobs) {
            given += job >= RETRY ? 1 : 0;
        }
        assertThat(given).isBetween(jobs.size() / 5 - FairTurns.BURST, jobs.size() / 5 + 1);
    }

    @Test
    void aRetryThatFellDueWhenAFirstTryWasAcceptedGoesAfterIt() {
        Choice choice = choose(5, 0, firstTries(100, 20), retries(10, 20));
        assertThat(choice.jobs()).containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void whoDoesNotFitIsPassedOverAndOnlyWhoseTurnItWasIsBlocked() {
        List<Fit> fits = new ArrayList<>(List.of(Fit.BLOCKED, Fit.KEPT, Fit.FITS));
        FairTurns turns = new FairTurns(0, firstTries(3, 0), List.of(), _ -> fits.removeFirst());
        assertThat(turns.next()).isEmpty();
        assertThat(turns.isBlocked()).isTrue();
        assertThat(turns.next()).isEmpty();
        assertThat(turns.isBlocked()).isFalse();
        assertThat(turns.next()).hasValue(3);
        assertThat(turns.isBlocked()).isFalse();
    }

    private record Choice(List<Long> jobs, int credit) {}

    private static Choice choose(
            int slots, int credit, List<Candidate> firstTries, List<Candidate> dueRetries) {
        FairTurns turns = new FairTurns(credit, firstTries, dueRetries);
        List<Long> jobs = new ArrayList<>();
        while (jobs.size() < slots && turns.isWaiting()) {
            jobs.add(turns.next().orElseThrow());
        }
        return new Choice(jobs, turns.credit());
    }

    private static List<Candidate> firstTries(int count, long since) {
        return LongStream.rangeClosed(1, count).mapToObj(i -> new Candidate(i, since)).toList();
    }

    private static List<Candidate> retries(int count, long since) {
        return LongStream.range(0, count).mapToObj(i -> new Candidate(RETRY + i, since)).toList();
    }
}
