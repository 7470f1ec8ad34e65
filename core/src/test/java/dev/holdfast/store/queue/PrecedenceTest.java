package dev.holdfast.store.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Priority;
import dev.holdfast.store.queue.FairTurns.Candidate;
import dev.holdfast.store.queue.FairTurns.Fit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class PrecedenceTest {
    private static final int MANY = 1_000;

    /** What of a slot's job is left of its class; retries follow after half of the numbers. */
    private static final long CLASS = 1_000_000;

    private final Random random = new Random(5);
    private final int[] credits = new int[Priority.ALL.size()];
    private int beat;

    @Test
    void ofAnyTwentySlotsSixAreOfTheMiddleClassAndTwoOfTheLowestWhileAllWait() {
        List<Long> jobs = new ArrayList<>();
        while (jobs.size() < 2_000) {
            int slots = 1 + random.nextInt(7);
            jobs.addAll(give(slots, waiting(MANY, MANY), waiting(MANY, MANY), waiting(MANY, MANY)));
        }
        for (int from = 0; from + 20 <= jobs.size(); from++) {
            List<Priority> twenty = classes(jobs.subList(from, from + 20));
            assertThat(Collections.frequency(twenty, Priority.NORMAL)).isGreaterThanOrEqualTo(6);
            assertThat(Collections.frequency(twenty, Priority.LOW)).isGreaterThanOrEqualTo(2);
            assertThat(Collections.frequency(twenty, Priority.HIGH)).isGreaterThanOrEqualTo(12);
        }
        for (Priority each : Priority.ALL) {
            long retries =
                    jobs.stream()
                            .filter(job -> of(job) == each && job % CLASS >= CLASS / 2)
                            .count();
            long all = jobs.stream().filter(job -> of(job) == each).count();
            assertThat(retries).as("a fifth of %s", each).isBetween(all / 5 - 60, all / 5 + 1);
        }
    }

    @Test
    void dueRetriesAloneKeepTheirClassesFloor() {
        List<Long> jobs = give(20, waiting(MANY, 0), waiting(0, MANY), waiting(0, MANY));
        List<Priority> twenty = classes(jobs);
        assertThat(Collections.frequency(twenty, Priority.NORMAL)).isEqualTo(6);
        assertThat(Collections.frequency(twenty, Priority.LOW)).isEqualTo(2);
    }

    @Test
    void thePlaceOfAClassThatDoesNotWaitIsTheHighestOnes() {
        assertThat(classes(give(20, waiting(MANY, 0), waiting(0, 0), waiting(MANY, 0))))
                .filteredOn(each -> each == Priority.HIGH)
                .hasSize(18);
        assertThat(classes(give(20, waiting(0, 0), waiting(MANY, 0), waiting(MANY, 0))))
                .filteredOn(each -> each == Priority.NORMAL)
                .hasSize(18);
    }

    @Test
    void whoComesWhileOneOfALowerClassWaitsGoesNext() {
        for (int alone = 0; alone < 12; alone++) {
            give(alone, waiting(0, 0), waiting(MANY, 0), waiting(0, 0));
            assertThat(classes(give(1, waiting(1, 0), waiting(MANY, 0), waiting(0, 0))))
                    .containsExactly(Priority.HIGH);
        }
    }

    @Test
    void aSlotForWhichNobodyWaitsIsNotGivenAway() {
        assertThat(give(5, waiting(1, 0), waiting(0, 1), waiting(0, 0))).hasSize(2);
        assertThat(give(5, waiting(0, 0), waiting(0, 0), waiting(0, 0))).isEmpty();
    }

    @Test
    void aClassWhoseJobFoundNoRoomAtItsPlaceIsAskedBeforeAllOthersUntilItFits() {
        int round = 10;
        Precedence.Choice choice = choose(1, 2, Fit.FITS, Fit.BLOCKED, Fit.FITS);
        assertThat(classes(choice.jobs())).containsExactly(Priority.HIGH);
        assertThat(choice.beat()).isEqualTo(3 + 2 * round);
        choice = choose(1, choice.beat(), Fit.FITS, Fit.BLOCKED, Fit.FITS);
        assertThat(classes(choice.jobs())).containsExactly(Priority.HIGH);
        assertThat(choice.beat()).as("it still has none").isEqualTo(4 + 2 * round);
        choice = choose(1, choice.beat(), Fit.FITS, Fit.FITS, Fit.FITS);
        assertThat(classes(choice.jobs())).containsExactly(Priority.NORMAL);
        assertThat(choice.beat()).isEqualTo(4);
    }

    @Test
    void ofTwoClassesThatFoundNoRoomOneIsAskedPerSlot() {
        int both = 3 + 6 * 10;
        Precedence.Choice choice = choose(1, both, Fit.FITS, Fit.FITS, Fit.FITS);
        assertThat(classes(choice.jobs())).containsExactly(Priority.NORMAL);
        choice = choose(1, choice.beat(), Fit.FITS, Fit.FITS, Fit.FITS);
        assertThat(classes(choice.jobs())).containsExactly(Priority.LOW);
        choice = choose(1, choice.beat(), Fit.FITS, Fit.FITS, Fit.FITS);
        assertThat(classes(choice.jobs())).containsExactly(Priority.HIGH);
        assertThat(choice.beat()).isEqualTo(4);
    }

    @Test
    void aClassThatFoundNoRoomAndDoesNotWaitAnyMoreIsForgotten() {
        beat = 3 + 2 * 10;
        assertThat(classes(give(1, waiting(MANY, 0), waiting(0, 0), waiting(MANY, 0))))
                .containsExactly(Priority.HIGH);
        assertThat(beat).isEqualTo(4);
    }

    @Test
    void onlyAtItsOwnPlaceAClassIsBlocked() {
        assertThat(classes(choose(1, 0, Fit.BLOCKED, Fit.FITS, Fit.FITS).jobs()))
                .containsExactly(Priority.NORMAL);
        List<FairTurns> classes =
                List.of(
                        turns(Priority.HIGH, null),
                        turns(Priority.NORMAL, Fit.BLOCKED),
                        turns(Priority.LOW, Fit.FITS));
        Precedence.Choice choice = Precedence.choose(1, 0, classes);
        assertThat(classes(choice.jobs())).containsExactly(Priority.LOW);
        assertThat(choice.beat()).as("a place of the class that does not wait").isEqualTo(0);
    }

    /** Where one of each class waits, and so fits. */
    private static Precedence.Choice choose(int slots, int beat, Fit... fits) {
        return Precedence.choose(
                slots,
                beat,
                Priority.ALL.stream().map(each -> turns(each, fits[each.number()])).toList());
    }

    private static FairTurns turns(Priority of, @Nullable Fit fit) {
        return new FairTurns(
                0,
                candidates(of.number() * CLASS, fit == null ? 0 : 1),
                List.of(),
                _ -> fit == null ? Fit.FITS : fit);
    }

    private record Waiting(int first, int retries) {}

    private static Waiting waiting(int first, int retries) {
        return new Waiting(first, retries);
    }

    private List<Long> give(int slots, Waiting... waiting) {
        List<FairTurns> classes = new ArrayList<>();
        for (int i = 0; i < waiting.length; i++) {
            long from = i * CLASS;
            classes.add(
                    new FairTurns(
                            credits[i],
                            candidates(from, waiting[i].first()),
                            candidates(from + CLASS / 2, waiting[i].retries())));
        }
        Precedence.Choice choice = Precedence.choose(slots, beat, classes);
        beat = choice.beat();
        for (int i = 0; i < waiting.length; i++) {
            credits[i] = classes.get(i).credit();
        }
        return choice.jobs();
    }

    private static List<Candidate> candidates(long from, int count) {
        return LongStream.range(from, from + count).mapToObj(i -> new Candidate(i, 0)).toList();
    }

    private static List<Priority> classes(List<Long> jobs) {
        return jobs.stream().map(PrecedenceTest::of).toList();
    }

    private static Priority of(long job) {
        return Priority.ALL.get((int) (job / CLASS));
    }
}
