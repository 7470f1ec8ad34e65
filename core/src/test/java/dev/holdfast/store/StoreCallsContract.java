package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted.How;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What every {@link Store} does with calls: accepting, claiming, settling. */
abstract class StoreCallsContract extends StorePriorityContract {
    private static final Decision REFUSED =
            new Decision.Retry(Duration.ZERO, false, new Decision.Closing.Unauthorized());

    @Test
    void anAcceptedRequestReadsAsItWasAnswered() {
        Accepted.Held held = held(with(ask(SHOP, "m"), HOOK, Duration.ofMinutes(5), null));
        assertThat(held.how()).isEqualTo(How.NEW);
        assertThat(held.position()).isEqualTo(1);
        assertThat(held.request().expiresAt()).isEqualTo(time.wall().plus(Duration.ofMinutes(5)));
        assertThat(read(held)).isEqualTo(held.request());
        reopen();
        assertThat(read(held)).isEqualTo(held.request());
    }

    @Test
    void aClaimBehindAnAskGetsItsCall() {
        ClaimAsk slots = new ClaimAsk(API, TEN_A_MINUTE, 10, Duration.ofMinutes(1));
        Store.Both<Accepted> both = store.acceptAndClaim(ask(SHOP, "m"), () -> true, slots);
        Accepted.Held held = (Accepted.Held) await(both.written());
        assertThat(held.request().status()).isEqualTo(Status.QUEUED);
        assertThat(messages(await(both.claim()))).containsExactly("m");
        assertThat(status(held)).isEqualTo(Status.RUNNING);
        Store.Both<Accepted> neither = store.acceptAndClaim(ask(SHOP, "n"), () -> false, slots);
        assertThat(await(neither.written())).isEqualTo(Accepted.UNWANTED);
        assertThat(await(neither.claim()).jobs()).isEmpty();
    }

    @Test
    void aClaimBehindASettlementSeesWhatItChanged() {
        ClaimAsk slot = new ClaimAsk(API, TEN_A_MINUTE, 1, Duration.ofMinutes(1));
        held(SHOP, "m");
        held(SHOP, "n");
        held(SHOP, "o");
        Store.Both<Settled> both =
                store.settleAndClaim(
                        settlement(claimOne(), new Decision.Succeed(new Result(200, "r"))), slot);
        assertThat(await(both.written()).applied()).isTrue();
        ClaimedJob next = await(both.claim()).jobs().getFirst();
        assertThat(next.params()).contains("n");
        Store.Both<Settled> closed = store.settleAndClaim(settlement(next, REFUSED), slot);
        assertThat(await(closed.written()).applied()).isTrue();
        assertThat(await(closed.claim()).jobs()).isEmpty();
    }

    @Test
    void theSameCallIsMadeOnceForAllWhoAsk() {
        Accepted.Held first = held(SHOP, "m", How.NEW);
        Accepted.Held second = held(OTHER, "m", How.COLLAPSED);
        List<ClaimedJob> jobs = claim(10).jobs();
        assertThat(jobs).hasSize(1);
        held(SHOP, "m", How.COLLAPSED);
        succeed(jobs.getFirst());
        assertThat(status(first)).isEqualTo(Status.SUCCEEDED);
        assertThat(status(second)).isEqualTo(Status.SUCCEEDED);
        assertThat(claim(10).jobs()).isEmpty();
    }

    @Test
    void aResultServesAsCacheUntilItsTimeIsOver() {
        held(SHOP, "m");
        Settled settled = succeed(claimOne());
        Accepted.Held cached = held(OTHER, "m", How.CACHED);
        assertThat(cached.request().status()).isEqualTo(Status.SUCCEEDED);
        assertThat(cached.request().result().body()).isEqualTo("signature");
        assertThat(cached.request().cachedUntil()).isEqualTo(settled.cachedUntil());
        reopen();
        held(OTHER, "m", How.CACHED);
        time.pass(DAY.plusSeconds(1));
        held(OTHER, "m", How.NEW);
    }

    @Test
    void aWebhookOnACachedResultIsDueAtOnce() {
        held(SHOP, "m");
        succeed(claimOne());
        List<String> woken = new ArrayList<>();
        store.deliveries().whenDue(() -> woken.add("due"));
        Accepted.Held held = held(with(ask(OTHER, "m"), HOOK, null, null));
        assertThat(woken).hasSize(1);
        Deliveries.Due due = await(store.deliveries().claim(10, Duration.ofMinutes(1)));
        assertThat(due.deliveries()).hasSize(1);
        assertThat(due.deliveries().getFirst().request().id()).isEqualTo(held.request().id());
    }

    @Test
    void anIdempotencyKeyGivesTheSameRequestForADay() {
        NewRequest.Idempotency key = new NewRequest.Idempotency("k", key("f"));
        Accepted.Held first = held(with(ask(SHOP, "m"), null, null, key));
        Accepted.Held again = held(with(ask(SHOP, "m"), null, null, key));
        assertThat(again.how()).isEqualTo(How.REPEATED);
        assertThat(again.request()).isEqualTo(first.request());
        NewRequest.Idempotency reused = new NewRequest.Idempotency("k", key("g"));
        assertThat(await(store.accept(with(ask(SHOP, "n"), null, null, reused))))
                .isEqualTo(new Accepted.Refused(Accepted.Why.KEY_REUSED));
        assertThat(held(with(ask(OTHER, "n"), null, null, reused)).how()).isEqualTo(How.NEW);
        time.pass(DAY.plusSeconds(1));
        assertThat(held(with(ask(SHOP, "n2"), null, null, reused)).how()).isEqualTo(How.NEW);
    }

    @Test
    void aClientMayNotHaveMorePendingThanItsLimit() {
        held(bounded(ask(SHOP, "a"), 2, 100));
        held(bounded(ask(SHOP, "b"), 2, 100));
        assertThat(await(store.accept(bounded(ask(SHOP, "c"), 2, 100))))
                .isEqualTo(new Accepted.Refused(Accepted.Why.TOO_MANY_PENDING));
        held(bounded(ask(OTHER, "c"), 2, 100));
        reopen();
        assertThat(await(store.accept(bounded(ask(SHOP, "c"), 2, 100))))
                .isEqualTo(new Accepted.Refused(Accepted.Why.TOO_MANY_PENDING));
        succeed(claimOne());
        held(bounded(ask(SHOP, "d"), 2, 100));
    }

    @Test
    void whatWasCancelledOrHasExpiredIsNotPendingAnyMore() {
        NewRequest soon = with(ask(SHOP, "b"), null, Duration.ofMinutes(1), null);
        Accepted.Held cancelled = held(bounded(ask(SHOP, "a"), 2, 100));
        held(bounded(soon, 2, 100));
        await(store.cancel(SHOP_VIEW, cancelled.request().id()));
        held(bounded(ask(SHOP, "c"), 2, 100));
        time.pass(Duration.ofMinutes(1));
        await(store.expire());
        held(bounded(ask(SHOP, "d"), 2, 100));
        assertThat(await(store.accept(bounded(ask(SHOP, "e"), 2, 100))))
                .isEqualTo(new Accepted.Refused(Accepted.Why.TOO_MANY_PENDING));
    }

    @Test
    void aFullQueueTakesNoNewJobButWhatJoinsOne() {
        held(bounded(ask(SHOP, "a"), 100, 2));
        held(bounded(ask(SHOP, "b"), 100, 2));
        assertThat(await(store.accept(bounded(ask(OTHER, "c"), 100, 2))))
                .isEqualTo(new Accepted.Refused(Accepted.Why.QUEUE_FULL));
        assertThat(held(bounded(ask(OTHER, "a"), 100, 2)).how()).isEqualTo(How.COLLAPSED);
        reopen();
        assertThat(await(store.accept(bounded(ask(OTHER, "c"), 100, 2))))
                .isEqualTo(new Accepted.Refused(Accepted.Why.QUEUE_FULL));
    }

    @Test
    void clientsAreServedInRotation() {
        for (int i = 0; i < 5; i++) {
            held(SHOP, "s" + i);
        }
        Accepted.Held other = held(OTHER, "o0");
        held(OTHER, "o1");
        assertThat(other.position()).isEqualTo(2);
        assertThat(store.position(API, Priority.NORMAL, read(other).turn())).isEqualTo(2);
        assertThat(messages(claim(5))).containsExactly("s0", "o0", "s1", "o1", "s2");
        reopen();
        held(OTHER, "o2");
        assertThat(messages(claim(5))).containsExactly("s3", "o2", "s4");
    }

    @Test
    void whoJoinsALaterJobBringsItForward() {
        for (int i = 0; i < 5; i++) {
            held(SHOP, "s" + i);
        }
        Accepted.Held joined = held(OTHER, "s4", How.COLLAPSED);
        assertThat(joined.position()).isEqualTo(2);
        assertThat(messages(claim(3))).containsExactly("s0", "s4", "s1");
    }

    @Test
    void noMoreCallsLeaveThanTheQuotaAllows() {
        for (int i = 0; i < 25; i++) {
            held(SHOP, "m" + i);
        }
        Claim first = claim(100);
        assertThat(first.jobs()).hasSize(10);
        assertThat(first.nextAt()).isNull();
        time.pass(Duration.ofSeconds(5));
        Instant settled = store.clock().instant();
        succeed(first.jobs().getFirst());
        Claim none = claim(100);
        assertThat(none.jobs()).isEmpty();
        assertThat(none.nextAt()).isEqualTo(settled.plus(HELD));
        reopen();
        time.pass(HELD.minusNanos(1_000));
        assertThat(claim(100).jobs()).isEmpty();
        time.pass(Duration.ofNanos(1_000));
        assertThat(claim(100).jobs()).hasSize(1);
    }

    @Test
    void aStaleSettlementWritesNothing() {
        held(SHOP, "m");
        ClaimedJob job = claimOne();
        assertThat(retryAfter(job, Duration.ofSeconds(5)).applied()).isTrue();
        assertThat(succeed(job).applied()).isFalse();
        time.pass(Duration.ofSeconds(6));
        ClaimedJob again = claimOne();
        assertThat(again.number()).isEqualTo(2);
        assertThat(again.charged()).isEqualTo(1);
        assertThat(fail(job).applied()).isFalse();
        assertThat(succeed(again).applied()).isTrue();
        assertThat(fail(again).applied()).isFalse();
    }

    @Test
    void aRetryWaitsForItsTime() {
        Accepted.Held held = held(SHOP, "m");
        retryAfter(claimOne(), Duration.ofSeconds(5));
        Instant due = store.clock().instant().plusSeconds(5);
        assertThat(read(held).dueAt()).isEqualTo(due);
        assertThat(read(held).lastStatus()).isEqualTo(502);
        Claim early = claim(10);
        assertThat(early.jobs()).isEmpty();
        assertThat(early.nextAt()).isEqualTo(due);
        reopen();
        time.pass(Duration.ofSeconds(5));
        assertThat(claimOne().number()).isEqualTo(2);
        List<Reads.AttemptRecord> attempts = store.reads().attempts(read(held), 10);
        assertThat(attempts).hasSize(2);
        assertThat(attempts.get(0).outcome()).isEqualTo("status");
        assertThat(attempts.get(1).waitedFor()).isEqualTo("backoff");
        assertThat(attempts.get(1).waited()).isEqualTo(Duration.ofSeconds(5));
        assertThat(attempts.get(1).outcome()).isEqualTo("running");
    }

    @Test
    void resumingWhatIsNotPausedEndsTheWaitAfterA429() throws Exception {
        held(SHOP, "m");
        Duration closed = Duration.ofDays(20);
        settle(
                claimOne(),
                new Decision.Retry(Duration.ZERO, false, new Decision.Closing.For(closed)));
        await(store.pause(API, true));
        await(store.pause(API, false));
        assertThat(claim(10).jobs()).isEmpty();
        await(store.pause(API, false));
        assertThat(claim(10).jobs()).hasSize(1);
    }

    @Test
    void a429ClosesTheUpstream() {
        held(SHOP, "a");
        held(SHOP, "b");
        Duration closed = Duration.ofSeconds(30);
        settle(claimOne(), new Decision.Retry(closed, false, new Decision.Closing.For(closed)));
        reopen();
        Claim claim = claim(10);
        assertThat(claim.jobs()).isEmpty();
        assertThat(claim.nextAt()).isEqualTo(store.clock().instant().plus(closed));
        assertThat(store.upstream(API, TEN_A_MINUTE).closedUntil()).isEqualTo(claim.nextAt());
        time.pass(closed);
        assertThat(claim(10).jobs()).hasSize(2);
    }

    @Test
    void aRefusedCredentialLeavesSingleProbesAtGrowingDistances() {
        for (int i = 0; i < 4; i++) {
            held(SHOP, "m" + i);
        }
        Instant refused = store.clock().instant();
        settle(claimOne(), REFUSED);
        reopen();
        assertThat(claim(10).jobs()).isEmpty();
        assertThat(store.upstream(API, TEN_A_MINUTE).unauthorizedSince()).isEqualTo(refused);
        for (int seconds : new int[] {10, 20, 40, 80, 160, 320, 640, 1280, 2560, 4360}) {
            Instant at = refused.plusSeconds(seconds);
            assertThat(claim(10).nextAt()).isEqualTo(at);
            time.pass(Duration.between(store.clock().instant(), at));
            Claim probe = claim(10);
            assertThat(probe.jobs()).hasSize(1);
            assertThat(claim(10).jobs()).isEmpty();
            settle(probe.jobs().getFirst(), REFUSED);
            reopen();
        }
    }

    @Test
    void aProbeThatIsTakenOpensTheUpstream() {
        for (Decision decision :
                List.of(
                        new Decision.Succeed(new Result(200, "r")),
                        new Decision.Fail(new Failure(Failure.Reason.REJECTED, 400, "no")))) {
            held(SHOP, "a " + decision);
            held(SHOP, "b " + decision);
            settle(claimOne(), REFUSED);
            time.pass(Duration.ofSeconds(10));
            settle(claim(10).jobs().getFirst(), decision);
            assertThat(store.upstream(API, TEN_A_MINUTE).unauthorizedSince()).isNull();
            assertThat(store.upstream(API, TEN_A_MINUTE).closedUntil()).isNull();
            settle(claimOne(), new Decision.Succeed(new Result(200, "r")));
        }
    }

    @Test
    void aProbeThatIsTakenDoesNotEndWhatAnotherAnswerAskedFor() {
        for (String message : List.of("a", "b", "c")) {
            held(SHOP, message);
        }
        List<ClaimedJob> calls = claim(2).jobs();
        settle(calls.get(0), REFUSED);
        time.pass(Duration.ofSeconds(10));
        ClaimedJob probe = claim(10).jobs().getFirst();
        Duration minute = Duration.ofMinutes(1);
        settle(
                calls.get(1),
                new Decision.Retry(Duration.ZERO, false, new Decision.Closing.For(minute)));
        reopen();
        settle(probe, new Decision.Succeed(new Result(200, "r")));
        UpstreamState state = store.upstream(API, TEN_A_MINUTE);
        assertThat(state.unauthorizedSince()).isNull();
        assertThat(Duration.between(store.clock().instant(), state.closedUntil()))
                .isEqualTo(minute);
        assertThat(claim(10).jobs()).isEmpty();
        time.pass(minute);
        assertThat(claim(10).jobs()).hasSize(2);
    }

    /** Its answer says nothing of the credential: a proxy may have given it. */
    @Test
    void aProbeThatFailsOpensNothing() {
        held(SHOP, "a");
        held(SHOP, "b");
        settle(claimOne(), REFUSED);
        time.pass(Duration.ofSeconds(10));
        settle(claim(10).jobs().getFirst(), new Decision.Retry(Duration.ZERO, true, null));
        assertThat(claim(10).jobs()).isEmpty();
        assertThat(store.upstream(API, TEN_A_MINUTE).unauthorizedSince()).isNotNull();
    }

    @Test
    void anAnswerToACallThatLeftBeforeTheRefusalOpensNothing() {
        held(SHOP, "a");
        held(SHOP, "b");
        List<ClaimedJob> calls = claim(2).jobs();
        settle(calls.getFirst(), REFUSED);
        time.pass(Duration.ofSeconds(1));
        Decision done = new Decision.Succeed(new Result(200, "r"));
        Duration latency = Duration.ofSeconds(2);
        await(store.settle(new Settlement(calls.getLast(), "done", 200, latency, done)));
        assertThat(store.upstream(API, TEN_A_MINUTE).unauthorizedSince()).isNotNull();
    }

    @Test
    void whoWasClaimedBeforeTheRefusalAndWasNotMadeIsNoProbe() {
        held(SHOP, "a");
        held(SHOP, "b");
        List<ClaimedJob> calls = claim(2).jobs();
        time.pass(Duration.ofSeconds(1));
        settle(calls.get(0), REFUSED);
        await(store.giveBack(List.of(calls.get(1))));
        assertThat(claim(10).jobs()).isEmpty();
        time.pass(Duration.ofSeconds(10));
        List<ClaimedJob> probe = claim(10).jobs();
        assertThat(probe).hasSize(1);
        await(store.giveBack(probe));
        assertThat(claim(10).jobs()).as("it has found out nothing").hasSize(1);
    }

    @Test
    void anotherCredentialIsTriedAtOnce() {
        held(SHOP, "a");
        held(SHOP, "b");
        settle(claimOne(), REFUSED);
        reopen();
        await(store.probe(API));
        assertThat(claim(10).jobs()).hasSize(1);
        assertThat(claim(10).jobs()).isEmpty();
    }

    @Test
    void resumingEndsTheWaitForAnotherCredential() {
        held(SHOP, "a");
        held(SHOP, "b");
        settle(claimOne(), REFUSED);
        await(store.pause(API, false));
        assertThat(store.upstream(API, TEN_A_MINUTE).unauthorizedSince()).isNull();
        assertThat(claim(10).jobs()).hasSize(2);
        await(store.probe(API));
    }

    @Test
    void aPausedUpstreamIsNotCalled() {
        held(SHOP, "a");
        await(store.pause(API, true));
        reopen();
        Claim claim = claim(10);
        assertThat(claim.jobs()).isEmpty();
        assertThat(claim.nextAt()).isNull();
        assertThat(claim.state().paused()).isTrue();
        await(store.pause(API, false));
        assertThat(claim(10).jobs()).hasSize(1);
    }

    @Test
    void everyWebhookIsHandedOverWhenTheJobEnds() {
        held(with(ask(SHOP, "m"), HOOK, null, null));
        held(with(ask(OTHER, "m"), HOOK, null, null));
        held(OTHER, "m");
        Settled settled = succeed(claimOne());
        assertThat(settled.deliveries()).hasSize(2);
        assertThat(settled.deliveries())
                .allSatisfy(
                        d -> {
                            assertThat(d.request().status()).isEqualTo(Status.SUCCEEDED);
                            assertThat(d.url()).isEqualTo(HOOK.url());
                            assertThat(d.headers()).isEqualTo(HOOK.headers());
                        });
        assertThat(store.deliveries().pending()).isEqualTo(2);
        CompletionStage<Deliveries.Due> leased =
                store.deliveries().claim(10, Duration.ofMinutes(1));
        assertThat(await(leased).deliveries()).isEmpty();
        time.pass(Duration.ofMinutes(2));
        assertThat(await(store.deliveries().claim(10, Duration.ofMinutes(1))).deliveries())
                .hasSize(2);
    }

    @Test
    void whatADeadProcessLeftInFlightIsAnOrphan() {
        held(SHOP, "a");
        held(SHOP, "b");
        ClaimedJob job = claimOne();
        assertThat(await(store.orphans())).isEmpty();
        reopen();
        List<ClaimedJob> orphans = await(store.orphans());
        assertThat(orphans).hasSize(1);
        assertThat(orphans.getFirst().attempt()).isEqualTo(job.attempt());
        claimOne();
        assertThat(await(store.orphans())).hasSize(1);
        assertThat(retryAfter(orphans.getFirst(), Duration.ZERO).applied()).isTrue();
        assertThat(await(store.orphans())).isEmpty();
    }

    @Test
    void aClientSeesItsOwnRequestsOnly() {
        Accepted.Held mine = held(SHOP, "a");
        Accepted.Held theirs = held(OTHER, "b");
        assertThat(store.reads().request(SHOP_VIEW, mine.request().id())).isPresent();
        assertThat(store.reads().request(SHOP_VIEW, theirs.request().id()))
                .isEqualTo(Optional.empty());
        assertThat(store.reads().list(SHOP_VIEW, new Reads.Query(null, null, null, 10, null)))
                .containsExactly(mine.request());
        assertThat(store.reads().list(ADMIN, new Reads.Query(null, null, null, 10, null)))
                .hasSize(2);
    }
}
