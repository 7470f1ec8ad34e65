package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.request.Decision;
import dev.holdfast.store.UpstreamState.Absence;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What every {@link Store} does with an upstream at which nobody is at home. */
abstract class StoreAbsenceContract extends StoreLearnedContract {
    private static final Duration PAUSE = BreakerPolicy.DEFAULT.pause();

    @Test
    void anAbsentUpstreamIsTriedByOneCallAtATimeAndNoneIsCharged() {
        held(SHOP, "m");
        held(SHOP, "n");
        Instant since = store.clock().instant();
        nobody(claimOne());
        assertThat(absence()).isEqualTo(new Absence(since, since.plus(PAUSE)));
        reopen();
        assertThat(absence()).isEqualTo(new Absence(since, since.plus(PAUSE)));
        Claim tooSoon = claim(5);
        assertThat(tooSoon.jobs()).isEmpty();
        assertThat(tooSoon.nextAt()).isEqualTo(since.plus(PAUSE));
        time.pass(PAUSE);

        Claim look = claim(5);

        assertThat(look.jobs()).hasSize(1).allMatch(job -> job.charged() == 0);
        assertThat(look.state().absence()).isNotNull();
        time.pass(Duration.ofMinutes(10));
        Claim beside = claim(5);
        assertThat(beside.jobs()).as("one at a time").isEmpty();
        assertThat(beside.nextAt()).isNull();
        nobody(look.jobs().getFirst());
        assertThat(claim(5).jobs()).hasSize(1);
    }

    @Test
    void eachCallInVainMakesTheNextOneWaitLonger() {
        held(SHOP, "m");
        nobody(claimOne());
        time.pass(PAUSE);
        Instant looked = store.clock().instant();
        nobody(claimOne());
        Claim next = claim(1);
        assertThat(next.jobs()).isEmpty();
        assertThat(next.nextAt()).isEqualTo(looked.plus(PAUSE.multipliedBy(3)));
    }

    @Test
    void anyAnswerShowsThatSomebodyIsAtHome() {
        held(SHOP, "m");
        held(SHOP, "n");
        held(SHOP, "o");
        nobody(claimOne());
        time.pass(PAUSE);
        retryAfter(claimOne(), Duration.ZERO);
        assertThat(absence()).isNull();
        assertThat(claim(5).jobs()).hasSize(3);
    }

    @Test
    void aCallFromBeforeThatFoundNobodyChangesNothing() {
        held(SHOP, "m");
        held(SHOP, "n");
        ClaimedJob late = claim(2).jobs().getLast();
        held(SHOP, "o");
        nobody(claimOne());
        Absence before = absence();
        time.pass(Duration.ofSeconds(1));
        nobody(late);
        assertThat(absence()).isEqualTo(before);
    }

    @Test
    void aResumeLooksAtOnceAndSoDoesAProbe() {
        held(SHOP, "m");
        nobody(claimOne());
        await(store.probe(API));
        assertThat(absence()).isNotNull();
        nobody(claimOne());
        assertThat(claim(5).jobs()).isEmpty();
        await(store.pause(API, false));
        assertThat(absence()).isNull();
        assertThat(claim(5).jobs()).hasSize(1);
    }

    @Test
    void aCallThatWasNotMadeLeavesTheLookToTheNext() {
        held(SHOP, "m");
        held(SHOP, "n");
        nobody(claimOne());
        time.pass(PAUSE);
        await(store.giveBack(List.of(claimOne())));
        ClaimedJob moved = claimOne();
        await(store.handOver(moved, "elsewhere", Duration.ZERO));
        assertThat(claim(5).jobs()).hasSize(1);
    }

    @Test
    void whoWasClaimedBeforeAndWasNotMadeIsNoLook() {
        held(SHOP, "m");
        held(SHOP, "n");
        List<ClaimedJob> calls = claim(5).jobs();
        time.pass(Duration.ofSeconds(1));
        nobody(calls.get(0));
        await(store.giveBack(List.of(calls.get(1))));
        assertThat(claim(5).jobs()).isEmpty();
        time.pass(PAUSE);
        assertThat(claim(5).jobs()).hasSize(1);
    }

    private void nobody(ClaimedJob job) {
        await(
                store.settle(
                        new Settlement(
                                job,
                                "refused",
                                null,
                                Duration.ZERO,
                                new Decision.Retry(
                                        Duration.ZERO,
                                        false,
                                        new Decision.Closing.Absent(PAUSE)))));
    }

    private Absence absence() {
        return store.upstream(API, TEN_A_MINUTE).absence();
    }
}
