package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What every {@link Store} does with slots: who holds one, for how long, and who is next. */
abstract class StoreSlotsContract extends StoreRetentionContract {
    private static final String MOVED = "another api";
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Quota TWO_A_MINUTE = new Quota(List.of(new Window(2, MINUTE)));

    /** For how long a call that settled holds its slot. */
    public static final Duration HELD = TEN_A_MINUTE.memory();

    @Test
    void aCallThatTimedOutHoldsItsSlotUntilTheWindowAfterTheNextSignOfLife() {
        held(SHOP, "lost");
        held(SHOP, "next");
        ClaimedJob lost = claim(1, TWO_A_MINUTE).jobs().getFirst();
        time.pass(Duration.ofSeconds(30));
        timeOut(lost);
        assertThat(missing()).isOne();
        time.pass(HELD.multipliedBy(3));
        reopen();
        // The other slot is free: no probe is needed to find out.
        Claim next = claim(2, TWO_A_MINUTE);
        assertThat(next.jobs()).hasSize(1).noneMatch(ClaimedJob::probe);
        time.pass(Duration.ofSeconds(1));
        Instant alive = store.clock().instant();
        answered(next.jobs().getFirst());
        assertThat(missing()).isZero();
        reopen();
        held(SHOP, "later");
        Claim full = claim(2, TWO_A_MINUTE);
        assertThat(full.jobs()).isEmpty();
        assertThat(full.nextAt()).isEqualTo(alive.plus(HELD));
        time.pass(HELD);
        assertThat(claim(3, TWO_A_MINUTE).jobs()).hasSize(2);
    }

    /**
     * Whoever made it died: it may be on its way until its time limit, whenever that is written.
     */
    @Test
    void aCallOfADeadProcessIsGivenUpAtItsTimeLimitAndNotBefore() {
        Duration limit = Duration.ofSeconds(30);
        held(SHOP, "lost");
        held(SHOP, "next");
        Instant taken = store.clock().instant();
        ClaimedJob lost = claim(1, TWO_A_MINUTE).jobs().getFirst();
        time.pass(Duration.ofSeconds(5));
        settle(lost, "crash", Settlement.Arrival.OPEN, limit);
        assertThat(store.upstream(API, TWO_A_MINUTE).slots().missing().last())
                .isEqualTo(taken.plus(limit));
        time.pass(Duration.ofSeconds(5));
        answered(claim(1, TWO_A_MINUTE).jobs().getFirst());
        assertThat(missing()).as("an answer to a call that left within the limit").isOne();
    }

    @Test
    void anAnswerToACallThatLeftBeforeTheTimeoutIsNoSignOfLife() {
        held(SHOP, "slow");
        held(SHOP, "lost");
        List<ClaimedJob> both = claim(2, TWO_A_MINUTE).jobs();
        time.pass(Duration.ofSeconds(30));
        timeOut(both.getFirst());
        time.pass(Duration.ofSeconds(1));
        answered(both.getLast());
        assertThat(missing()).isOne();
    }

    @Test
    void whereNothingElseCanTellSingleProbesLeaveAtGrowingDistances() {
        for (int i = 0; i < 9; i++) {
            held(SHOP, "m" + i);
        }
        Instant start = store.clock().instant();
        claim(9, TWO_A_MINUTE).jobs().forEach(this::timeOut);
        List<Duration> left = new ArrayList<>();
        for (int probe = 0; probe < 6; probe++) {
            Claim none = claim(9, TWO_A_MINUTE);
            assertThat(none.jobs()).isEmpty();
            Instant at = Objects.requireNonNull(none.nextAt());
            time.pass(Duration.between(store.clock().instant(), at));
            if (probe == 2) {
                reopen();
            }
            Claim claim = claim(9, TWO_A_MINUTE);
            assertThat(claim.jobs()).hasSize(1).allMatch(ClaimedJob::probe);
            assertThat(claim.state().slots().missing().probes()).isEqualTo(probe);
            assertThat(claim(9, TWO_A_MINUTE).nextAt()).as("only the probe's end").isNull();
            left.add(Duration.between(start, at));
            start = at;
            timeOut(claim.jobs().getFirst());
        }
        assertThat(left)
                .containsExactly(
                        HELD,
                        MINUTE.multipliedBy(2),
                        MINUTE.multipliedBy(4),
                        MINUTE.multipliedBy(8),
                        MINUTE.multipliedBy(10),
                        MINUTE.multipliedBy(10));
        time.pass(MINUTE.multipliedBy(10));
        answered(claim(1, TWO_A_MINUTE).jobs().getFirst());
        assertThat(missing()).isZero();
        time.pass(HELD);
        assertThat(claim(9, TWO_A_MINUTE).jobs()).hasSize(2).noneMatch(ClaimedJob::probe);
    }

    @Test
    void aCallThatIsGivenBackWasNeverMade() {
        Accepted.Held first = held(SHOP, "first");
        held(OTHER, "again");
        List<ClaimedJob> both = claim(2, TWO_A_MINUTE).jobs();
        retryAfter(both.getLast(), Duration.ZERO);
        time.pass(HELD);
        ClaimedJob again = claim(1, TWO_A_MINUTE).jobs().getFirst();
        assertThat(again.number()).isEqualTo(2);
        await(store.giveBack(List.of(both.getFirst(), again)));
        reopen();
        List<ClaimedJob> after = claim(9, TWO_A_MINUTE).jobs();
        assertThat(after).extracting(ClaimedJob::number).containsExactlyInAnyOrder(1, 2);
        after.forEach(this::succeed);
        await(store.giveBack(after));
        assertThat(claim(9, TWO_A_MINUTE).jobs()).isEmpty();
        assertThat(counting(store.upstream(API, TWO_A_MINUTE).slots(), TWO_A_MINUTE))
                .as("too late: they were made")
                .isEqualTo(2);
        assertThat(store.reads().attempts(read(first), 10)).as("and are told of").hasSize(1);
    }

    @Test
    void aJobWhoseRouteWasMovedFollowsItAndWhoAsksTheSameJoinsIt() {
        Accepted.Held before = held(cachedFor(ask(SHOP, "m"), DAY));
        Accepted.Held after = held(moved(cachedFor(ask(OTHER, "m"), DAY)));
        assertThat(after.how()).isEqualTo(Accepted.How.COLLAPSED);
        assertThat(after.request().upstream()).isEqualTo(API);
        ClaimedJob unmade = claim(9, TWO_A_MINUTE).jobs().getFirst();
        await(store.handOver(unmade, MOVED, Duration.ZERO));
        assertThat(claim(9, TWO_A_MINUTE).jobs()).isEmpty();
        assertThat(store.upstream(API, TWO_A_MINUTE).slots()).isEqualTo(Occupancy.EMPTY);
        ClaimedJob job = claimMoved().getFirst();
        assertThat(job.job()).isEqualTo(unmade.job());
        assertThat(job.number()).isEqualTo(1);
        await(store.handOver(unmade, API, Duration.ZERO)); // too late: it was made elsewhere
        succeed(job);
        assertThat(status(before)).isEqualTo(Status.SUCCEEDED);
        assertThat(status(after)).isEqualTo(Status.SUCCEEDED);
        reopen();
        assertThat(held(moved(ask(SHOP, "m"))).how()).isEqualTo(Accepted.How.CACHED);
        assertThat(held(ask(SHOP, "m")).how()).isEqualTo(Accepted.How.CACHED);
    }

    @Test
    void aJobThatNobodyHereCanCallWaits() {
        held(SHOP, "m");
        held(SHOP, "n");
        await(store.handOver(claimOne(), API, MINUTE));
        ClaimedJob other = claimOne();
        retryAfter(other, Duration.ZERO);
        ClaimedJob again = claimOne();
        assertThat(again.job()).isEqualTo(other.job());
        await(store.handOver(again, API, MINUTE));
        assertThat(claim(9).jobs()).isEmpty();
        time.pass(MINUTE);
        assertThat(claim(9).jobs()).extracting(ClaimedJob::number).containsExactly(1, 2);
    }

    private List<ClaimedJob> claimMoved() {
        return await(store.claim(new ClaimAsk(MOVED, TEN_A_MINUTE, 9, MINUTE))).jobs();
    }

    private static NewRequest moved(NewRequest ask) {
        return new NewRequest(
                ask.id(),
                ask.client(),
                ask.maxPending(),
                MOVED,
                ask.maxQueue(),
                ask.route(),
                ask.key(),
                ask.params(),
                ask.repeatable(),
                ask.cacheTtl(),
                ask.webhook(),
                ask.clientRequestId(),
                ask.expiresIn(),
                ask.idempotency());
    }

    @Test
    void whatNobodyWantsAnyMoreEndsWhenItIsGivenBack() {
        Accepted.Held held = held(SHOP, "m");
        ClaimedJob job = claimOne();
        await(store.cancel(SHOP_VIEW, held.request().id()));
        await(store.giveBack(List.of(job)));
        assertThat(status(held)).isEqualTo(Status.CANCELLED);
        assertThat(claim(9).jobs()).isEmpty();
        assertThat(await(store.claim(new ClaimAsk(API, TEN_A_MINUTE, 1, MINUTE))).state().queued())
                .isZero();
    }

    @Test
    void aClientWithThousandsOfDueRetriesHoldsUpNobodyElse() {
        int many = 1_000;
        int few = 100;
        Quota none = Quota.NONE;
        List<CompletionStage<Accepted>> asked = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            asked.add(store.accept(bounded(ask(SHOP, "s" + i), many, many + few)));
        }
        for (int i = 0; i < few; i++) {
            asked.add(store.accept(bounded(ask(OTHER, "o" + i), many, many + few)));
        }
        asked.forEach(stage -> assertThat(await(stage)).isInstanceOf(Accepted.Held.class));
        Map<Long, Integer> clients = new HashMap<>();
        List<ClaimedJob> all = new ArrayList<>();
        while (all.size() < many + few) {
            all.addAll(claim(256, none).jobs());
        }
        // All of the one's are due before any of the other's.
        List<CompletionStage<Settled>> settled = new ArrayList<>();
        for (ClaimedJob job : all) {
            boolean shop = job.params().contains(":\"s");
            clients.put(job.job(), shop ? SHOP : OTHER);
            Duration wait = Duration.ofSeconds(shop ? 1 : 2);
            Decision again = new Decision.Retry(wait, true, null);
            settled.add(store.settle(new Settlement(job, "status", 502, Duration.ZERO, again)));
        }
        settled.forEach(this::await);
        time.pass(MINUTE);
        reopen();
        int others = 0;
        for (int i = 0; i < 2; i++) {
            for (ClaimedJob job : claim(few, none).jobs()) {
                others += Objects.equals(clients.get(job.job()), OTHER) ? 1 : 0;
            }
        }
        assertThat(others).as("of 200 calls, in turn").isEqualTo(few);
    }

    /** More than are looked at in one transaction. */
    @Test
    void manyClientsAreServedInTurnWhetherTheirLanesAreKnownOrNot() {
        int clients = 700;
        List<CompletionStage<Accepted>> asked = new ArrayList<>();
        for (int client = 1; client <= clients; client++) {
            for (String message : List.of("first", "second", "third")) {
                NewRequest ask = ask(client, client + " " + message);
                asked.add(store.accept(bounded(ask, 9, 3 * clients)));
            }
            if (client % 100 == 0) {
                asked.forEach(stage -> assertThat(await(stage)).isInstanceOf(Accepted.Held.class));
                asked.clear();
            }
        }
        reopen();
        for (int round = 1; round <= 3; round++) {
            List<ClaimedJob> jobs = new ArrayList<>();
            while (jobs.size() < clients) {
                jobs.addAll(claim(Math.min(256, clients - jobs.size()), Quota.NONE).jobs());
            }
            assertThat(jobs.stream().map(job -> job.params().replaceAll("[^0-9]", "")).distinct())
                    .as("one of each in round %d", round)
                    .hasSize(clients);
            List<CompletionStage<Settled>> settled = new ArrayList<>();
            for (ClaimedJob job : jobs) {
                Decision again = new Decision.Retry(MINUTE.multipliedBy(9), true, null);
                Decision done = new Decision.Succeed(new Result(200, "signature"));
                settled.add(
                        store.settle(
                                new Settlement(
                                        job,
                                        "done",
                                        200,
                                        Duration.ZERO,
                                        round == 1 ? again : done)));
            }
            settled.forEach(this::await);
        }
        assertThat(store.upstream(API, Quota.NONE).queued()).isZero();
        assertThat(store.upstream(API, Quota.NONE).retrying()).isEqualTo(clients);
        Accepted.Held last = held(3, "one more");
        assertThat(last.position()).isOne();
    }

    @Test
    void twoNamesForOneUpstreamShareItsSlots() {
        await(store.identify(Map.of(API, "one", "by another name", "one", "another", "two")));
        held(SHOP, "m");
        succeed(claim(1, TWO_A_MINUTE).jobs().getFirst());
        reopen();
        await(store.identify(Map.of("renamed", "one")));
        for (String name : List.of("by another name", "renamed")) {
            assertThat(counting(store.upstream(name, TWO_A_MINUTE).slots(), TWO_A_MINUTE))
                    .as(name)
                    .isOne();
        }
        assertThat(store.upstream("another", TWO_A_MINUTE).slots().settled().total()).isZero();
    }

    private long missing() {
        return store.upstream(API, TWO_A_MINUTE).slots().missing().calls();
    }

    private void timeOut(ClaimedJob job) {
        settle(job, "timeout", Settlement.Arrival.OPEN, Duration.ZERO);
    }

    private void answered(ClaimedJob job) {
        settle(job, "status", Settlement.Arrival.ANSWERED, Duration.ZERO);
    }

    private void settle(
            ClaimedJob job, String outcome, Settlement.Arrival arrival, Duration onItsWay) {
        Decision again = new Decision.Retry(Duration.ZERO, true, null);
        Settled settled =
                await(
                        store.settle(
                                new Settlement(
                                        job,
                                        outcome,
                                        null,
                                        arrival,
                                        onItsWay,
                                        Duration.ZERO,
                                        again)));
        assertThat(settled.applied()).isTrue();
    }
}
