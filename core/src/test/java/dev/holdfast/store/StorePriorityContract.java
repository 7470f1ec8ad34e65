package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.quota.Quota;
import dev.holdfast.request.ByPriority;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted.How;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What every {@link Store} does with priorities and with clients' weights (P6). */
abstract class StorePriorityContract extends StoreScheduleContract {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void higherClassesGoFirstAndEachKeepsItsFloorOverRestarts() {
        fill();
        reopen();
        List<String> jobs = new ArrayList<>();
        for (int slots : List.of(3, 7, 1, 9)) {
            jobs.addAll(messages(claim(slots, Quota.NONE)));
            reopen();
        }
        assertThat(jobs.getFirst()).startsWith("high");
        assertThat(jobs).filteredOn(job -> job.startsWith("high")).hasSize(12);
        assertThat(jobs).filteredOn(job -> job.startsWith("normal")).hasSize(6);
        assertThat(jobs).filteredOn(job -> job.startsWith("low")).hasSize(2);
    }

    @Test
    void retriesBelongToTheirClass() {
        fill();
        List<ClaimedJob> all = claim(60, Quota.NONE).jobs();
        assertThat(all).hasSize(60);
        all.forEach(job -> retryAfter(job, MINUTE));
        time.pass(MINUTE);
        reopen();
        List<String> jobs = messages(claim(20, Quota.NONE));
        assertThat(jobs.getFirst()).startsWith("high");
        assertThat(jobs).filteredOn(job -> job.startsWith("normal")).hasSize(6);
        assertThat(jobs).filteredOn(job -> job.startsWith("low")).hasSize(2);
        UpstreamState state = store.upstream(API, Quota.NONE);
        assertThat(state.firstTries()).isEqualTo(ByPriority.NONE);
        assertThat(state.retries()).isEqualTo(new ByPriority(8, 14, 18));
    }

    @Test
    void clientsAreServedInTurnWithinAClass() {
        for (int i = 0; i < 5; i++) {
            held(of(Priority.HIGH, ask(SHOP, "s" + i)));
        }
        held(SHOP, "normal");
        Accepted.Held other = held(of(Priority.HIGH, ask(OTHER, "o0")));
        assertThat(other.position()).isEqualTo(2);
        assertThat(store.position(API, Priority.HIGH, read(other).turn())).isEqualTo(2);
        assertThat(messages(claim(2, Quota.NONE))).containsExactly("s0", "o0");
    }

    @Test
    void aPlaceCountsThoseOfOtherClassesThatGoBefore() {
        fill();
        assertThat(held(of(Priority.HIGH, ask(SHOP, "one more"))).position()).isEqualTo(35);
        assertThat(held(of(Priority.LOW, ask(SHOP, "last"))).position()).isEqualTo(62);
        reopen();
        assertThat(store.upstream(API, Quota.NONE).firstTries())
                .isEqualTo(new ByPriority(21, 20, 21));
    }

    @Test
    void whoJoinsWithAHigherPriorityLiftsTheJobUntilItLeaves() {
        for (int i = 0; i < 3; i++) {
            held(of(Priority.NORMAL, ask(SHOP, "normal" + i)));
        }
        Accepted.Held low = held(of(Priority.LOW, ask(SHOP, "shared")));
        Accepted.Held high = held(of(Priority.HIGH, ask(OTHER, "shared")));
        assertThat(high.how()).isEqualTo(How.COLLAPSED);
        assertThat(high.position()).isOne();
        reopen();
        assertThat(read(low).priority()).isEqualTo(Priority.LOW);
        assertThat(read(low).jobPriority()).isEqualTo(Priority.HIGH);
        held(of(Priority.NORMAL, ask(SHOP, "shared")));
        assertThat(read(low).jobPriority()).isEqualTo(Priority.HIGH);
        await(store.cancel(ADMIN, high.request().id()));
        assertThat(read(low).jobPriority()).isEqualTo(Priority.NORMAL);
        assertThat(store.upstream(API, Quota.NONE).firstTries()).isEqualTo(new ByPriority(0, 4, 0));
        assertThat(messages(claim(4, Quota.NONE))).contains("shared", "normal2");
    }

    @Test
    void whoJoinsARetryLiftsItToo() {
        held(of(Priority.LOW, ask(SHOP, "shared")));
        retryAfter(claimOne(), MINUTE);
        held(of(Priority.HIGH, ask(OTHER, "shared")));
        assertThat(store.upstream(API, Quota.NONE).retries()).isEqualTo(new ByPriority(1, 0, 0));
        for (int i = 0; i < 3; i++) {
            held(SHOP, "normal" + i);
        }
        time.pass(MINUTE);
        reopen();
        assertThat(messages(claim(1, Quota.NONE))).containsExactly("shared");
    }

    @Test
    void whoJoinsACallUnderWayLiftsItsRetries() {
        held(of(Priority.LOW, ask(SHOP, "shared")));
        ClaimedJob job = claimOne();
        held(of(Priority.HIGH, ask(OTHER, "shared")));
        retryAfter(job, MINUTE);
        assertThat(store.upstream(API, Quota.NONE).retries()).isEqualTo(new ByPriority(1, 0, 0));
        reopen();
        time.pass(MINUTE);
        succeed(claimOne());
        assertThat(store.upstream(API, Quota.NONE).retries()).isEqualTo(ByPriority.NONE);
    }

    @Test
    void aFailedRequestIsQueuedAnewInItsClass() {
        Accepted.Held held = held(of(Priority.LOW, ask(SHOP, "m")));
        fail(claimOne());
        await(store.retry(SHOP_VIEW, held.request().id()));
        assertThat(status(held)).isEqualTo(Status.QUEUED);
        assertThat(store.upstream(API, Quota.NONE).firstTries()).isEqualTo(new ByPriority(0, 0, 1));
    }

    @Test
    void aCallThatIsGivenBackHasItsPlaceInItsClassAgain() {
        held(of(Priority.LOW, ask(SHOP, "m")));
        await(store.giveBack(List.of(claimOne())));
        assertThat(store.upstream(API, Quota.NONE).firstTries()).isEqualTo(new ByPriority(0, 0, 1));
        await(store.handOver(claimOne(), "another api", Duration.ZERO));
        assertThat(store.upstream("another api", Quota.NONE).firstTries())
                .isEqualTo(new ByPriority(0, 0, 1));
    }

    @Test
    void whoWeighsThreeTimesAsMuchHasItsTurnThreeTimesAsOften() {
        for (int i = 0; i < 24; i++) {
            held(ask(SHOP, "s" + i).at(new NewRequest.Place(Priority.NORMAL, 3)));
            held(OTHER, "o" + i);
        }
        reopen();
        Claim first = claim(16, Quota.NONE);
        assertThat(messages(first)).filteredOn(job -> job.startsWith("s")).hasSize(12);
        first.jobs().forEach(job -> retryAfter(job, MINUTE));
        claim(32, Quota.NONE).jobs().forEach(job -> retryAfter(job, MINUTE));
        time.pass(MINUTE);
        reopen();
        Claim again = claim(16, Quota.NONE);
        assertThat(messages(again)).filteredOn(job -> job.startsWith("s")).hasSize(12);
    }

    /** Twenty of each class. */
    private void fill() {
        for (int i = 0; i < 20; i++) {
            for (Priority each : Priority.ALL) {
                held(of(each, ask(SHOP, each.wire() + i)));
            }
        }
    }

    private static NewRequest of(Priority priority, NewRequest ask) {
        return ask.at(new NewRequest.Place(priority, 1));
    }
}
