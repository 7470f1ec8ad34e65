package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.quota.Quota;
import dev.holdfast.request.ByPriority;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted.How;
import dev.holdfast.store.Store.Wish;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What every {@link Store} does with requests that are not to be called before a time. */
abstract class StoreScheduleContract extends StoreTextsContract {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Wish NOW = new Wish(null, true, null);

    @Test
    void aRequestWaitsForItsTimeAndHoldsNeitherASlotNorAPlace() {
        Accepted.Held later = held(at(HOUR, ask(SHOP, "later")));
        assertThat(later.request().status()).isEqualTo(Status.SCHEDULED);
        assertThat(later.position()).isZero();
        Accepted.Held now = held(SHOP, "now");
        assertThat(now.position()).isOne();
        assertThat(messages(claim(9))).containsExactly("now");
        Claim none = claim(9);
        assertThat(none.state().scheduled()).isOne();
        assertThat(none.state().queued()).isZero();
        reopen();
        assertThat(status(later)).isEqualTo(Status.SCHEDULED);
        assertThat(read(later).startsAt()).isEqualTo(read(later).notBefore());
        time.pass(HOUR.minusMillis(1));
        Claim early = claim(9);
        assertThat(early.jobs()).isEmpty();
        assertThat(early.nextAt()).isEqualTo(store.clock().instant().plusMillis(1));
        time.pass(Duration.ofMillis(1));
        Claim due = claim(9);
        assertThat(messages(due)).containsExactly("later");
        assertThat(due.jobs().getFirst().age()).as("waiting is no age").isZero();
        assertThat(due.started()).containsExactly(due.jobs().getFirst().job());
        succeed(due.jobs().getFirst());
        assertThat(status(later)).isEqualTo(Status.SUCCEEDED);
        assertThat(read(later).startsAt()).isNull();
    }

    @Test
    void aRetriedRequestIsWantedAtOnceWhateverTimeItGaveBefore() {
        Accepted.Held later = held(at(HOUR, ask(SHOP, "m")));
        time.pass(HOUR);
        fail(claimOne());
        await(store.retry(SHOP_VIEW, later.request().id()));
        assertThat(read(later).notBefore()).isNull();
        Accepted.Held other = held(OTHER, "m");
        await(store.cancel(ADMIN, other.request().id()));
        assertThat(status(later)).isEqualTo(Status.QUEUED);
        assertThat(messages(claim(9))).containsExactly("m");
    }

    @Test
    void whoseTimeCameWaitsForItsTurnInItsClass() {
        for (int i = 0; i < 3; i++) {
            held(at(HOUR, ask(SHOP, "low" + i), Priority.LOW));
            held(at(HOUR, ask(SHOP, "high" + i), Priority.HIGH));
        }
        time.pass(HOUR);
        reopen();
        assertThat(messages(claim(2, Quota.NONE))).containsExactly("high0", "high1");
        assertThat(store.upstream(API, Quota.NONE).firstTries()).isEqualTo(new ByPriority(1, 0, 3));
        assertThat(store.upstream(API, Quota.NONE).scheduled()).isZero();
    }

    @Test
    void itIsKnownWhenTheNextOnesTimeComes() {
        assertThat(store.reads().nextStart(API)).isEmpty();
        held(at(HOUR.multipliedBy(2), ask(SHOP, "second")));
        Accepted.Held first = held(at(HOUR, ask(SHOP, "first")));
        assertThat(store.reads().nextStart(API)).contains(read(first).notBefore());
        await(store.cancel(ADMIN, first.request().id()));
        assertThat(store.reads().nextStart(API))
                .contains(store.wall().instant().plus(HOUR.multipliedBy(2)));
        time.pass(HOUR.multipliedBy(2));
        assertThat(claim(9).jobs()).hasSize(1);
        assertThat(store.reads().nextStart(API)).isEmpty();
    }

    @Test
    void aTimeThatHasPassedIsNone() {
        assertThat(held(at(HOUR.negated(), ask(SHOP, "m"))).request().status())
                .isEqualTo(Status.QUEUED);
        assertThat(claim(1).jobs()).hasSize(1);
    }

    @Test
    void asManyAsFallDueAtOnceAllGo() {
        List<Accepted.Held> all = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            all.add(held(at(HOUR, ask(SHOP, "m" + i))));
        }
        time.pass(HOUR);
        int called = 0;
        for (Claim claim = claim(50, Quota.NONE);
                !claim.jobs().isEmpty();
                claim = claim(50, Quota.NONE)) {
            called += claim.jobs().size();
        }
        assertThat(called).isEqualTo(all.size());
    }

    @Test
    void whoAsksTheSameSoonerBringsItForward() {
        Accepted.Held first = held(at(HOUR.multipliedBy(3), ask(SHOP, "m")));
        Accepted.Held second = held(at(HOUR, ask(OTHER, "m")));
        assertThat(second.how()).isEqualTo(How.COLLAPSED);
        assertThat(read(first).startsAt()).isEqualTo(read(second).notBefore());
        assertThat(held(at(HOUR.multipliedBy(2), ask(SHOP, "m"))).request().startsAt())
                .isEqualTo(read(second).notBefore());
        await(store.cancel(ADMIN, second.request().id()));
        assertThat(read(first).startsAt())
                .as("the earliest of those that wait")
                .isEqualTo(store.wall().instant().plus(HOUR.multipliedBy(2)));
        Accepted.Held now = held(OTHER, "m");
        assertThat(now.how()).isEqualTo(How.COLLAPSED);
        assertThat(now.request().status()).isEqualTo(Status.QUEUED);
        assertThat(now.position()).isOne();
        assertThat(status(first)).isEqualTo(Status.QUEUED);
        await(store.cancel(ADMIN, now.request().id()));
        assertThat(status(first)).isEqualTo(Status.SCHEDULED);
        assertThat(claim(9).jobs()).isEmpty();
        time.pass(HOUR.multipliedBy(2));
        reopen();
        succeed(claimOne());
        assertThat(status(first)).isEqualTo(Status.SUCCEEDED);
    }

    @Test
    void aResultAtHandIsGivenAtOnce() {
        held(SHOP, "m");
        succeed(claimOne());
        Accepted.Held later = held(at(HOUR, ask(OTHER, "m")));
        assertThat(later.how()).isEqualTo(How.CACHED);
        assertThat(later.request().status()).isEqualTo(Status.SUCCEEDED);
    }

    @Test
    void aScheduledRequestCanBeCancelledAndCanExpire() {
        Accepted.Held cancelled = held(at(HOUR, ask(SHOP, "a")));
        Accepted.Held expired =
                held(at(HOUR, with(ask(SHOP, "b"), null, Duration.ofMinutes(1), null)));
        await(store.cancel(SHOP_VIEW, cancelled.request().id()));
        assertThat(status(cancelled)).isEqualTo(Status.CANCELLED);
        time.pass(Duration.ofMinutes(1));
        await(store.expire());
        assertThat(status(expired)).isEqualTo(Status.EXPIRED);
        assertThat(store.upstream(API, TEN_A_MINUTE).scheduled()).isZero();
        time.pass(HOUR);
        reopen();
        assertThat(claim(9).jobs()).isEmpty();
    }

    @Test
    void aScheduledRequestCountsAmongItsClientsPendingAndInTheQueuesBound() {
        held(at(HOUR, bounded(ask(SHOP, "a"), 1, 2)));
        assertThat(await(store.accept(at(HOUR, bounded(ask(SHOP, "b"), 1, 2)))))
                .isEqualTo(new Accepted.Refused(Accepted.Why.TOO_MANY_PENDING));
        held(at(HOUR, bounded(ask(OTHER, "c"), 1, 2)));
        assertThat(await(store.accept(bounded(ask(3, "d"), 1, 2))))
                .isEqualTo(new Accepted.Refused(Accepted.Why.QUEUE_FULL));
        assertThat(store.unfinished(9))
                .singleElement()
                .extracting(Store.Unfinished::jobs)
                .isEqualTo(2L);
    }

    @Test
    void whatWaitsCanBeChanged() {
        Accepted.Held held = held(at(HOUR, ask(SHOP, "m")));
        Instant later = store.wall().instant().plus(HOUR.multipliedBy(2));
        assertThat(change(held, new Wish(Priority.LOW, true, later))).isEqualTo(Ending.What.DONE);
        assertThat(read(held).notBefore()).isEqualTo(later);
        assertThat(read(held).startsAt()).isEqualTo(later);
        assertThat(change(held, NOW)).isEqualTo(Ending.What.DONE);
        assertThat(status(held)).isEqualTo(Status.QUEUED);
        assertThat(store.upstream(API, Quota.NONE).firstTries()).isEqualTo(new ByPriority(0, 0, 1));
        assertThat(change(held, new Wish(Priority.HIGH, false, null))).isEqualTo(Ending.What.DONE);
        assertThat(store.upstream(API, Quota.NONE).firstTries()).isEqualTo(new ByPriority(1, 0, 0));
        assertThat(change(held, new Wish(null, true, later))).isEqualTo(Ending.What.DONE);
        assertThat(status(held)).isEqualTo(Status.SCHEDULED);
        assertThat(store.upstream(API, Quota.NONE).queued()).isZero();
        reopen();
        assertThat(claim(9).jobs()).isEmpty();
        time.pass(HOUR.multipliedBy(2));
        ClaimedJob job = claimOne();
        assertThat(change(held, NOW)).as("a call is under way").isEqualTo(Ending.What.CONFLICT);
        retryAfter(job, HOUR);
        assertThat(change(held, NOW)).as("it was called").isEqualTo(Ending.What.CONFLICT);
        assertThat(change(held, new Wish(Priority.LOW, false, null))).isEqualTo(Ending.What.DONE);
        assertThat(store.upstream(API, Quota.NONE).retries()).isEqualTo(new ByPriority(0, 0, 1));
        assertThat(await(store.change(new Viewer(OTHER, false), held.request().id(), NOW)).what())
                .isEqualTo(Ending.What.UNKNOWN);
    }

    private Ending.What change(Accepted.Held held, Wish wish) {
        return await(store.change(SHOP_VIEW, held.request().id(), wish)).what();
    }

    @Test
    void sinceWhenTheOldestWaitsThatCouldGoIsKnown() {
        assertThat(oldest()).isEmpty();
        held(at(HOUR, ask(SHOP, "has a time")));
        assertThat(oldest()).as("its time has not come").isEmpty();
        Instant asked = store.clock().instant();
        held(SHOP, "first");
        time.pass(Duration.ofSeconds(1));
        Accepted.Held second = held(OTHER, "second");
        time.pass(Duration.ofSeconds(1));
        held(ask(SHOP, "in a partition").at(NewRequest.Place.USUAL.in("a", false)));
        assertThat(oldest()).contains(asked);
        reopen();
        assertThat(oldest()).contains(asked);
        ClaimedJob first = claimOne();
        assertThat(oldest()).as("the first is under way").contains(asked.plusSeconds(1));
        retryAfter(first, Duration.ofMinutes(1));
        await(store.cancel(ADMIN, second.request().id()));
        assertThat(oldest()).contains(asked.plusSeconds(2));
        claimOne();
        assertThat(oldest()).as("a retry that is not due").contains(asked.plusSeconds(62));
        assertThat(store.reads().waitingSince("/another")).isEmpty();
        time.pass(HOUR);
        List<ClaimedJob> rest = claim(9).jobs();
        assertThat(rest).as("the retry, and whose time came").hasSize(2);
        assertThat(oldest()).isEmpty();
    }

    private Optional<Instant> oldest() {
        return store.reads().waitingSince(ROUTE);
    }

    private NewRequest at(Duration after, NewRequest ask) {
        return at(after, ask, Priority.NORMAL);
    }

    private NewRequest at(Duration after, NewRequest ask, Priority priority) {
        Instant time = store.wall().instant().plus(after);
        return ask.at(new NewRequest.Place(priority, 1, time));
    }
}
