package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Costs;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Result;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Store} does where an upstream's calls leave with one of several credentials: a
 * call takes room in the upstream's ledgers and in its credential's (P1), and what is out or left
 * alone holds up nobody.
 */
abstract class StoreCredentialsContract extends StoreUnitsContract {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final String TOKENS = "tokens";
    private static final Decision DONE = new Decision.Succeed(new Result(200, "signature"));
    private static final Decision OVER =
            new Decision.Fail(new Failure(Failure.Reason.MAX_ATTEMPTS, null, null));
    private static final Decision REFUSED =
            new Decision.Retry(Duration.ZERO, false, new Decision.Closing.Unauthorized());

    @Test
    void callsLeaveAsFarAsTheUpstreamAndItsCredentialsAllow() {
        queued(9);
        assertThat(byName(takes(7, credential("a", 3), credential("b", 2))))
                .isEqualTo(Map.of("a", 3L, "b", 2L));
        Claim none = takes(7, credential("a", 3), credential("b", 2));
        assertThat(none.jobs()).isEmpty();
        assertThat(none.nextAt()).as("only a call's end can tell").isNull();
        assertThat(takes(7, credential("a", 30), credential("b", 30)).jobs()).hasSize(2);
    }

    @Test
    void theOneWithTheMostFreeSlotsIsUsed() {
        queued(4);
        assertThat(byName(takes(9, credential("a", 2), credential("b", 5))))
                .isEqualTo(Map.of("a", 1L, "b", 3L));
    }

    @Test
    void aSlotOfEachFreesAWindowAfterItsOwnCallSettled() {
        queued(3);
        List<ClaimedJob> calls = takes(9, credential("a", 1), credential("b", 1)).jobs();
        settles(with("a", calls), DONE, 200);
        time.pass(Duration.ofSeconds(20));
        settles(with("b", calls), DONE, 200);
        Instant next = takes(9, credential("a", 1), credential("b", 1)).nextAt();
        assertThat(Duration.between(store.clock().instant(), next))
                .isEqualTo(new Window(1, MINUTE).held().minusSeconds(20));
        time.pass(Duration.between(store.clock().instant(), next));
        assertThat(byName(takes(9, credential("a", 1), credential("b", 1))))
                .isEqualTo(Map.of("a", 1L));
    }

    @Test
    void aCredentialsCallsCountWhateverItAndTheUpstreamAreCalled() {
        identified(API, credential("a", 2));
        queued(5);
        settles(takes(9, credential("a", 2)).jobs().getFirst(), DONE, 200);
        reopen();
        ClaimAsk.Credential renamed = named("other", credential("a", 2));
        identified(API, renamed);
        assertThat(takes(9, renamed).jobs()).isEmpty();
        assertThat(takes(9, credential("new", 2)).jobs()).hasSize(2);
    }

    @Test
    void theUpstreamGoesOnCountingWhileOneOfItsCredentialsIsKnown() {
        identified(API, credential("a", 9), credential("b", 9));
        queued(9);
        assertThat(takes(3, credential("a", 9)).jobs()).hasSize(3);
        identified(MOVED, "renamed", credential("b", 9), credential("c", 9));
        held(asking(MOVED, "m"));
        ClaimAsk moved = ask(MOVED, 3, credential("b", 9), credential("c", 9));
        assertThat(await(store.claim(moved)).jobs()).isEmpty();
        identified(API, credential("c", 9));
        assertThat(takes(3, credential("c", 9)).jobs()).isEmpty();
    }

    @Test
    void anUpstreamGoesOnCountingWhereItDidWhoeverElseHasOneOfItsNewKeys() {
        identified(API, "one pool", credential("a", 9), credential("b", 9));
        identified(MOVED, "another", credential("c", 9));
        queued(9);
        assertThat(takes(3, credential("a", 9)).jobs()).hasSize(3);
        identified(API, "one pool with another key", credential("c", 9), credential("b", 9));
        assertThat(takes(3, credential("c", 9), credential("b", 9)).jobs()).isEmpty();
    }

    @Test
    void oneThatIsRefusedIsOutAndItsJobGoesOnWithAnotherUncharged() {
        queued(1);
        ClaimedJob first = takes(9, credential("a", 9), credential("b", 5)).jobs().getFirst();
        assertThat(first.credential()).isEqualTo("a");
        settles(first, REFUSED, 401);
        Claim second = takes(9, credential("a", 9), credential("b", 5));
        assertThat(second.jobs()).singleElement().matches(job -> "b".equals(job.credential()));
        assertThat(second.jobs().getFirst().charged()).isZero();
        assertThat(second.state().unauthorizedSince()).as("the upstream is not").isNull();
        assertThat(out(second)).containsExactly("a");
        reopen();
        queued(3);
        assertThat(byName(takes(9, credential("a", 9), credential("b", 5))))
                .isEqualTo(Map.of("b", 3L));
    }

    @Test
    void oneThatIsOutIsTriedBySingleCallsAtGrowingDistances() {
        queued(1);
        settles(takes(9, credential("a", 99)).jobs().getFirst(), REFUSED, 401);
        queued(9);
        List<Duration> apart = new ArrayList<>();
        Instant last = store.clock().instant();
        for (int i = 0; i < 4; i++) {
            Instant next = takes(99, credential("a", 99)).nextAt();
            time.pass(Duration.between(store.clock().instant(), next));
            Claim probe = takes(99, credential("a", 99));
            assertThat(probe.jobs()).hasSize(1);
            assertThat(probe.state().unauthorizedSince()).as("it is the only one").isNotNull();
            apart.add(Duration.between(last, store.clock().instant()));
            last = store.clock().instant();
            settles(probe.jobs().getFirst(), REFUSED, 401);
        }
        assertThat(apart).extracting(Duration::toSeconds).containsExactly(10L, 10L, 20L, 40L);
        time.pass(Duration.ofSeconds(80));
        settles(takes(99, credential("a", 99)).jobs().getFirst(), DONE, 200);
        Claim open = takes(99, credential("a", 99));
        assertThat(open.jobs()).hasSizeGreaterThan(5);
        assertThat(out(open)).isEmpty();
    }

    @Test
    void oneThatIsTakenAgainIsLeftAloneForAsLongAsAnotherAnswerAskedFor() {
        queued(4);
        List<ClaimedJob> calls = takes(2, credential("a", 9)).jobs();
        settles(calls.get(0), REFUSED, 401);
        time.pass(Duration.ofSeconds(10));
        ClaimedJob probe = takes(9, credential("a", 9)).jobs().getFirst();
        Duration minute = Duration.ofMinutes(1);
        settles(
                calls.get(1),
                new Decision.Retry(Duration.ZERO, false, new Decision.Closing.For(minute)),
                429);
        settles(probe, DONE, 200);
        Claim left = takes(9, credential("a", 9));
        assertThat(left.jobs()).isEmpty();
        assertThat(out(left)).isEmpty();
        assertThat(left.nextAt()).isEqualTo(store.clock().instant().plus(minute));
        time.pass(minute);
        assertThat(takes(9, credential("a", 9)).jobs()).hasSize(3);
    }

    @Test
    void oneThatIsOutIsTriedBesideOthersToo() {
        queued(1);
        settles(takes(9, credential("a", 9), credential("b", 5)).jobs().getFirst(), REFUSED, 401);
        time.pass(Duration.ofSeconds(11));
        queued(9);
        Claim both = takes(99, credential("a", 9), credential("b", 5));
        assertThat(byName(both)).isEqualTo(Map.of("a", 1L, "b", 5L));
        settles(with("a", both.jobs()), DONE, 200);
        assertThat(byName(takes(99, credential("a", 9), credential("b", 5)))).containsKey("a");
    }

    @Test
    void allOutIsTheUpstreamsOwnAndAResumeOpensAll() {
        queued(2);
        for (ClaimedJob call : takes(9, credential("a", 1), credential("b", 1)).jobs()) {
            settles(call, REFUSED, 401);
        }
        ClaimAsk.Credential drained = draining(credential("c", 9));
        Claim closed = takes(9, credential("a", 1), credential("b", 1), drained);
        assertThat(closed.jobs()).isEmpty();
        assertThat(closed.state().unauthorizedSince()).isNotNull();
        assertThat(Duration.between(store.clock().instant(), closed.state().closedUntil()))
                .isEqualTo(UpstreamState.FIRST_PROBE);
        assertThat(looked(credential("a", 1), credential("b", 1)).unauthorizedSince()).isNotNull();
        await(store.pause(API, false));
        assertThat(looked(credential("a", 1), credential("b", 1)).unauthorizedSince()).isNull();
        assertThat(takes(9, credential("a", 5), credential("b", 5)).jobs()).hasSize(2);
    }

    @Test
    void aProbeOfWhateverIsOutLeavesAtOnceWhereItIsAskedFor() {
        queued(1);
        settles(takes(9, credential("a", 9)).jobs().getFirst(), REFUSED, 401);
        assertThat(takes(9, credential("a", 9)).jobs()).isEmpty();
        await(store.probe(API));
        assertThat(takes(9, credential("a", 9)).jobs()).hasSize(1);
    }

    @Test
    void aResumeOpensOneThatIsOutAndIsToBeTriedAtOnce() {
        queued(3);
        settles(takes(1, credential("a", 9)).jobs().getFirst(), REFUSED, 401);
        await(store.probe(API));
        await(store.pause(API, false));
        Claim open = takes(9, credential("a", 9));
        assertThat(open.jobs()).hasSize(3);
        assertThat(out(open)).isEmpty();
    }

    @Test
    void aClaimBetweenTwoProbesPutsNoneOff() {
        queued(1);
        settles(takes(9, credential("a", 9)).jobs().getFirst(), REFUSED, 401);
        time.pass(Duration.ofSeconds(4));
        assertThat(takes(9, credential("a", 9)).jobs()).isEmpty();
        time.pass(UpstreamState.FIRST_PROBE.minusSeconds(4));
        assertThat(takes(9, credential("a", 9)).jobs()).hasSize(1);
    }

    @Test
    void theOneThatMissesCallsForLongestIsProbedFirst() {
        queued(3);
        ClaimAsk.Credential[] both = {credential("a", 1), credential("b", 1)};
        List<ClaimedJob> calls = takes(9, both).jobs();
        settles(with("a", calls), OVER, null, Settlement.Arrival.OPEN, Map.of());
        time.pass(Duration.ofSeconds(30));
        settles(with("b", calls), OVER, null, Settlement.Arrival.OPEN, Map.of());
        time.pass(Duration.between(store.clock().instant(), takes(9, both).nextAt()));
        assertThat(byName(takes(9, both))).isEqualTo(Map.of("a", 1L));
    }

    @Test
    void aProbeThatWasNotMadeIsMadeAnew() {
        queued(1);
        settles(takes(9, credential("a", 9)).jobs().getFirst(), REFUSED, 401);
        time.pass(Duration.ofSeconds(11));
        Claim unmade = takes(9, credential("a", 9));
        assertThat(unmade.jobs()).hasSize(1);
        await(store.giveBack(unmade.jobs()));
        assertThat(takes(9, credential("a", 9)).jobs()).hasSize(1);
    }

    @Test
    void tooManyRequestsClosesTheOneAndUnavailableTheWhole() {
        queued(6);
        List<ClaimedJob> calls = takes(2, credential("a", 9), credential("b", 9)).jobs();
        Decision closing =
                new Decision.Retry(
                        Duration.ZERO, false, new Decision.Closing.For(Duration.ofSeconds(30)));
        settles(with("a", calls), closing, 429);
        Claim others = takes(9, credential("a", 9), credential("b", 9));
        assertThat(byName(others).keySet()).containsExactly("b");
        assertThat(others.state().closedUntil()).isNull();
        settles(with("b", calls), closing, 503);
        queued(9);
        Claim none = takes(99, credential("a", 9), credential("b", 9));
        assertThat(none.jobs()).isEmpty();
        assertThat(none.state().closedUntil()).isNotNull();
    }

    @Test
    void aCallThatWasNotMadeLeavesTheProbesOfOthersAsTheyWere() {
        queued(3);
        settles(takes(1, credential("a", 9)).jobs().getFirst(), REFUSED, 401);
        time.pass(UpstreamState.FIRST_PROBE.plusSeconds(1));
        List<ClaimedJob> probe = takes(9, credential("a", 9)).jobs();
        List<ClaimedJob> other = takes(9, credential("b", 1)).jobs();
        assertThat(probe).hasSize(1);
        assertThat(other).hasSize(1);
        await(store.giveBack(other));
        assertThat(takes(9, credential("a", 9)).jobs()).as("a probe is under way").isEmpty();
        await(store.giveBack(probe));
        assertThat(takes(9, credential("a", 9)).jobs()).hasSize(1);
    }

    @Test
    void aCallThatWasClaimedBeforeTheRefusalIsNoProbe() {
        queued(2);
        List<ClaimedJob> calls = takes(2, credential("a", 9)).jobs();
        time.pass(Duration.ofSeconds(1));
        settles(calls.get(0), REFUSED, 401);
        await(store.giveBack(List.of(calls.get(1))));
        assertThat(takes(9, credential("a", 9)).jobs()).isEmpty();
        time.pass(UpstreamState.FIRST_PROBE);
        assertThat(takes(9, credential("a", 9)).jobs()).hasSize(1);
    }

    /** Calls under way together are answered in any way, one after the other. */
    @Test
    void oneThatAskedToBeLeftAloneIsSoWhenItIsRefusedToo() {
        queued(2);
        List<ClaimedJob> calls = takes(2, credential("a", 9)).jobs();
        Duration minute = Duration.ofMinutes(1);
        Decision closing = new Decision.Retry(minute, false, new Decision.Closing.For(minute));
        settles(calls.get(0), closing, 429);
        settles(calls.get(1), REFUSED, 401);
        queued(1);
        time.pass(UpstreamState.FIRST_PROBE.plusSeconds(1));
        assertThat(takes(9, credential("a", 9)).jobs()).as("not even by a probe").isEmpty();
        time.pass(minute);
        assertThat(takes(9, credential("a", 9)).jobs()).as("a probe").hasSize(1);
    }

    @Test
    void oneThatDrainsTakesNothingNewAndItsCallsCountUntilTheyEnd() {
        queued(1);
        ClaimedJob call = takes(9, credential("a", 9)).jobs().getFirst();
        queued(9);
        assertThat(byName(takes(9, draining(credential("a", 9)), credential("b", 3))))
                .isEqualTo(Map.of("b", 3L));
        settles(call, DONE, 200);
        ClaimAsk.Credential back = credential("a", 1);
        assertThat(takes(9, back).jobs()).as("its slot was taken").isEmpty();
    }

    @Test
    void aCallStaysChargedToItsCredentialOverACrash() {
        queued(3);
        takes(1, credential("a", 1));
        reopen();
        assertThat(takes(9, credential("a", 1)).jobs()).isEmpty();
        ClaimedJob orphan = await(store.orphans()).getFirst();
        settles(orphan, OVER, null, Settlement.Arrival.OPEN, Map.of());
        assertThat(takes(9, credential("a", 1)).jobs()).as("it may still arrive").isEmpty();
        assertThat(takes(9, credential("a", 1), credential("b", 1)).jobs())
                .singleElement()
                .matches(job -> "b".equals(job.credential()));
    }

    @Test
    void anAnswerWithOneFindsWhatIsMissingOfTheOthers() {
        queued(3);
        settles(
                takes(9, credential("a", 1)).jobs().getFirst(),
                OVER,
                null,
                Settlement.Arrival.OPEN,
                Map.of());
        time.pass(Duration.ofSeconds(1));
        settles(takes(9, credential("b", 1)).jobs().getFirst(), DONE, 200);
        queued(3);
        assertThat(takes(9, credential("a", 1)).jobs()).as("it may have arrived now").isEmpty();
        time.pass(MINUTE.plusSeconds(1));
        assertThat(takes(9, credential("a", 1)).jobs()).hasSize(1);
    }

    @Test
    void aProbeFindsOutWhereMissingCallsHoldAllOfACredential() {
        queued(2);
        settles(
                takes(9, credential("a", 1)).jobs().getFirst(),
                OVER,
                null,
                Settlement.Arrival.OPEN,
                Map.of());
        Claim blocked = takes(9, credential("a", 1));
        assertThat(blocked.jobs()).isEmpty();
        time.pass(Duration.between(store.clock().instant(), blocked.nextAt()));
        Claim probing = takes(9, credential("a", 1));
        assertThat(probing.jobs()).singleElement().matches(ClaimedJob::probe);
        assertThat(probing.jobs().getFirst().credential()).isEqualTo("a");
    }

    @Test
    void whileOneHasAFreeSlotNoneIsProbed() {
        queued(3);
        settles(
                takes(9, credential("a", 1)).jobs().getFirst(),
                OVER,
                null,
                Settlement.Arrival.OPEN,
                Map.of());
        Claim blocked = takes(9, credential("a", 1));
        time.pass(Duration.between(store.clock().instant(), blocked.nextAt()));
        Claim claim = takes(9, credential("a", 1), credential("b", 1));
        assertThat(claim.jobs()).singleElement().matches(job -> !job.probe());
        assertThat(claim.jobs().getFirst().credential()).isEqualTo("b");
    }

    @Test
    void aDearJobLeavesWithTheCredentialThatHasRoomForIt() {
        costing("dear", 80);
        costing("second", 80);
        costing("third", 30);
        costing("free", 0);
        ClaimAsk.Credential a = counting(credential("a", 9), 100);
        ClaimAsk.Credential b = counting(credential("b", 9), 90);
        Claim claim = takes(99, a, b);
        assertThat(messages(claim)).containsExactlyInAnyOrder("dear", "second", "free");
        assertThat(byName(claim).keySet()).containsExactlyInAnyOrder("a", "b");
        Claim blocked = takes(99, a, b);
        assertThat(blocked.jobs()).isEmpty();
        assertThat(blocked.nextAt()).as("only a call's end can tell").isNull();
        ClaimedJob dear = claim.jobs().getFirst();
        settles(dear, DONE, 200, Settlement.Arrival.ANSWERED, Map.of(TOKENS, 10L));
        assertThat(takes(99, a, b).jobs())
                .singleElement()
                .matches(job -> job.credential().equals(dear.credential()));
    }

    @Test
    void whatItsCredentialHasTooLittleOfWaitsThoughNothingIsUnderWay() {
        ClaimAsk.Credential a = counting(credential("a", 9), 100);
        costing("first", 80);
        ClaimedJob first = takes(9, a).jobs().getFirst();
        settles(first, DONE, 200, Settlement.Arrival.ANSWERED, Map.of(TOKENS, 80L));
        costing("second", 80);
        assertThat(takes(9, a).jobs()).isEmpty();
        time.pass(MINUTE.plusSeconds(1));
        assertThat(byName(takes(9, a))).isEqualTo(Map.of("a", 1L));
    }

    @Test
    void whatOnePartitionTookOfACredentialIsTakenForAllAfterIt() {
        PartitionRules many = rules(9, 9, false);
        asks("p", "a", Map.of(TOKENS, 60L));
        asks("q", "b", Map.of(TOKENS, 60L));
        asks("r", "c", Map.of(TOKENS, 40L));
        ClaimAsk.Credential a = counting(credential("a", 3), 100);
        Claim claim = sharing(many, a);
        assertThat(messages(claim)).containsExactly("a");
        await(store.giveBack(claim.jobs()));
        assertThat(sharing(many, credential("b", 1)).jobs()).hasSize(1);
        assertThat(sharing(many, credential("b", 2)).jobs()).hasSize(1);
    }

    private Claim sharing(PartitionRules each, ClaimAsk.Credential credential) {
        Quota quota = new Quota(List.of(new Window(9, MINUTE)));
        return await(
                store.claim(
                        new ClaimAsk(
                                API,
                                quota,
                                Collections.emptySortedMap(),
                                List.of(credential),
                                BreakerPolicy.DEFAULT,
                                9,
                                MINUTE,
                                each)));
    }

    /** Who goes is chosen anew once those are looked at that go past the dear one. */
    @Test
    void whatIsChosenTwiceTakesItsCredentialsSlotOnce() {
        ClaimAsk.Credential a = counting(credential("a", 3), 100);
        costing("first", 50);
        assertThat(takes(9, a).jobs()).hasSize(1);
        costing("dear", 90);
        costing("free", 0);
        costing("small", 1);
        costing("free too", 0);
        assertThat(messages(takes(9, a))).containsExactly("free", "free too");
    }

    @Test
    void anAnswerToACallThatLeftBeforeTheRefusalTakesNothingBack() {
        queued(2);
        List<ClaimedJob> calls = takes(2, credential("a", 9)).jobs();
        settles(calls.getFirst(), REFUSED, 401);
        time.pass(Duration.ofSeconds(1));
        Duration latency = Duration.ofSeconds(2);
        await(store.settle(new Settlement(calls.getLast(), "done", 200, latency, DONE)));
        assertThat(out(takes(9, credential("a", 9)))).containsExactly("a");
    }

    /** Against a list of all calls: no window of any ledger is ever over, and who can goes. */
    @Test
    void noWindowOfAnyCredentialIsEverOver() {
        Random random = new Random(11);
        List<ClaimedJob> inFlight = new ArrayList<>();
        List<Used> used = new ArrayList<>();
        ClaimAsk.Credential a = counting(credential("a", 4), 100);
        ClaimAsk.Credential b = counting(credential("b", 6), 60);
        for (int step = 0; step < 500; step++) {
            switch (random.nextInt(6)) {
                case 0 -> time.pass(Duration.ofMillis(random.nextInt(9_000)));
                case 1, 2 -> costing("m" + step, random.nextInt(3) * random.nextLong(40));
                case 3 -> {
                    if (!inFlight.isEmpty()) {
                        ClaimedJob call = inFlight.remove(random.nextInt(inFlight.size()));
                        long tokens = random.nextLong(call.costs().of(TOKENS) + 1);
                        Map<String, Long> actual = Map.of(TOKENS, tokens);
                        settles(call, DONE, 200, Settlement.Arrival.ANSWERED, actual);
                        used.add(new Used(store.clock().instant(), call.credential(), tokens));
                    }
                }
                case 4 -> reopenNowAndThen();
                default -> {
                    Claim claim = takes(8, a, b);
                    inFlight.addAll(claim.jobs());
                    assertThat(claim.jobs()).allMatch(job -> job.credential() != null);
                    assertThat(calls(inFlight, used, "a")).isLessThanOrEqualTo(4);
                    assertThat(calls(inFlight, used, "b")).isLessThanOrEqualTo(6);
                    assertThat(calls(inFlight, used, "a") + calls(inFlight, used, "b"))
                            .isLessThanOrEqualTo(8);
                    assertThat(tokens(inFlight, used, "a")).isLessThanOrEqualTo(100);
                    assertThat(tokens(inFlight, used, "b")).isLessThanOrEqualTo(60);
                }
            }
        }
        assertThat(used).hasSizeGreaterThan(30);
    }

    private record Used(Instant at, String credential, long tokens) {}

    private long calls(List<ClaimedJob> inFlight, List<Used> used, String name) {
        return inFlight.stream().filter(job -> name.equals(job.credential())).count()
                + used.stream().filter(call -> counts(call, name)).count();
    }

    private long tokens(List<ClaimedJob> inFlight, List<Used> used, String name) {
        return inFlight.stream()
                        .filter(job -> name.equals(job.credential()))
                        .mapToLong(job -> job.costs().of(TOKENS))
                        .sum()
                + used.stream().filter(call -> counts(call, name)).mapToLong(Used::tokens).sum();
    }

    private boolean counts(Used call, String name) {
        return name.equals(call.credential())
                && call.at().isAfter(store.clock().instant().minus(MINUTE));
    }

    private static final String MOVED = "moved";
    private int asked;

    private void queued(int jobs) {
        for (int i = 0; i < jobs; i++) {
            held(asking(API, "m" + asked++));
        }
    }

    private NewRequest asking(String upstream, String message) {
        return of(upstream, message, null);
    }

    private void costing(String message, long tokens) {
        held(of(API, message, tokens == 0 ? Costs.NONE : Costs.of(Map.of(TOKENS, tokens))));
    }

    private NewRequest of(String upstream, String message, Costs costs) {
        NewRequest ask = ask(SHOP, message);
        return new NewRequest(
                ask.id(),
                ask.client(),
                ask.maxPending(),
                upstream,
                ask.maxQueue(),
                ask.route(),
                ask.key(),
                ask.params(),
                ask.repeatable(),
                Duration.ZERO,
                null,
                null,
                null,
                null,
                ask.body(),
                ask.place(),
                null,
                costs);
    }

    private static ClaimAsk.Credential credential(String name, int calls) {
        return new ClaimAsk.Credential(
                name,
                "key " + name,
                new Quota(List.of(new Window(calls, MINUTE))),
                Collections.emptySortedMap(),
                false);
    }

    private static ClaimAsk.Credential named(String name, ClaimAsk.Credential of) {
        return new ClaimAsk.Credential(name, of.identity(), of.quota(), of.units(), of.draining());
    }

    private static ClaimAsk.Credential draining(ClaimAsk.Credential of) {
        return new ClaimAsk.Credential(of.name(), of.identity(), of.quota(), of.units(), true);
    }

    private static ClaimAsk.Credential counting(ClaimAsk.Credential of, int tokens) {
        SortedMap<String, Quota> units = new TreeMap<>();
        units.put(TOKENS, new Quota(List.of(new Window(tokens, MINUTE))));
        return new ClaimAsk.Credential(of.name(), of.identity(), of.quota(), units, false);
    }

    private static ClaimAsk ask(String upstream, int calls, ClaimAsk.Credential... credentials) {
        return new ClaimAsk(
                upstream,
                new Quota(List.of(new Window(calls, MINUTE))),
                Collections.emptySortedMap(),
                List.of(credentials),
                BreakerPolicy.DEFAULT,
                50,
                MINUTE);
    }

    private Claim takes(int calls, ClaimAsk.Credential... credentials) {
        return await(store.claim(ask(API, calls, credentials)));
    }

    private void identified(String upstream, ClaimAsk.Credential... credentials) {
        identified(upstream, "pool of " + upstream, credentials);
    }

    private void identified(String upstream, String identity, ClaimAsk.Credential... credentials) {
        await(store.identify(Map.of(upstream, identity), Map.of(upstream, List.of(credentials))));
    }

    private UpstreamState looked(ClaimAsk.Credential... credentials) {
        return store.upstream(API, TEN_A_MINUTE, Map.of(), List.of(credentials));
    }

    private static ClaimedJob with(String name, List<ClaimedJob> calls) {
        return calls.stream()
                .filter(job -> name.equals(job.credential()))
                .findFirst()
                .orElseThrow();
    }

    private static Map<String, Long> byName(Claim claim) {
        return claim.jobs().stream()
                .collect(
                        Collectors.groupingBy(
                                ClaimedJob::credential, HashMap::new, Collectors.counting()));
    }

    private static List<String> out(Claim claim) {
        return claim.state().credentials().stream()
                .filter(each -> each.unauthorizedSince() != null)
                .map(UpstreamState.Credential::name)
                .toList();
    }

    private void settles(ClaimedJob job, Decision decision, Integer status) {
        settles(
                job,
                decision,
                status,
                status == null ? Settlement.Arrival.OVER : Settlement.Arrival.ANSWERED,
                Map.of());
    }

    private void settles(
            ClaimedJob job,
            Decision decision,
            Integer status,
            Settlement.Arrival arrival,
            Map<String, Long> used) {
        Settlement settlement =
                new Settlement(
                        job, "word", status, arrival, Duration.ZERO, Duration.ZERO, decision, used);
        assertThat(await(store.settle(settlement)).applied()).isTrue();
    }
}
