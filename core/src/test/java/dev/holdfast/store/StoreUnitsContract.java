package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Share;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Costs;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Result;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Store} does where an upstream counts other units than calls: each call takes
 * room in all its ledgers or in none (P1), and who does not fit holds up nobody else (P6).
 */
abstract class StoreUnitsContract extends StorePartitionUnitsContract {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final String TOKENS = "tokens";
    private static final String POINTS = "points";
    private static final Decision OVER =
            new Decision.Fail(new Failure(Failure.Reason.MAX_ATTEMPTS, null, null));

    @Test
    void aCallLeavesWhenThereIsRoomForAllItCosts() {
        asks("a", Map.of(TOKENS, 60L));
        asks("b", Map.of(TOKENS, 40L));
        asks("c", Map.of(TOKENS, 1L));
        assertThat(messages(claims(99))).containsExactly("a");
        assertThat(messages(claims(100))).containsExactly("b");
        assertThat(taken(claims(100))).isEqualTo(100);
    }

    @Test
    void whatACallTookTakesThePlaceOfWhatWasReserved() {
        asks("a", Map.of(TOKENS, 90L));
        ClaimedJob call = claims(100).jobs().getFirst();
        asks("b", Map.of(TOKENS, 80L));
        assertThat(claims(100).jobs()).isEmpty();
        settles(call, Map.of(TOKENS, 20L), Settlement.Arrival.ANSWERED);
        Claim next = claims(100);
        assertThat(messages(next)).containsExactly("b");
        assertThat(taken(next)).isEqualTo(100);
    }

    @Test
    void moreThanWasReservedIsChargedToo() {
        asks("a", Map.of(TOKENS, 10L));
        settles(claims(100).jobs().getFirst(), Map.of(TOKENS, 130L), Settlement.Arrival.ANSWERED);
        asks("b", Map.of(TOKENS, 1L));
        Claim none = claims(100);
        assertThat(none.jobs()).isEmpty();
        assertThat(taken(none)).isEqualTo(130);
        assertThat(none.nextAt()).isNotNull();
        time.pass(Duration.between(store.clock().instant(), none.nextAt()));
        assertThat(messages(claims(100))).containsExactly("b");
    }

    @Test
    void whatEachClientUsedOfEachUnitIsKnown() {
        asks("a", Map.of(TOKENS, 10L));
        settles(claims(100).jobs().getFirst(), Map.of(TOKENS, 30L), Settlement.Arrival.ANSWERED);
        asks("b", Map.of(TOKENS, 20L));
        held(ask(OTHER, "takes none"));
        assertThat(claims(100).jobs()).hasSize(2);
        Instant since = store.clock().instant().minusSeconds(1);
        assertThat(store.reads().usage(API, TOKENS, since, 9).clients())
                .as("what it was, or what is reserved")
                .containsExactly(new Reads.Used(SHOP, 50));
        assertThat(store.reads().usage(API, POINTS, since, 9).clients()).isEmpty();
        assertThat(store.reads().usage(API, null, since, 9).clients())
                .containsExactly(new Reads.Used(SHOP, 2), new Reads.Used(OTHER, 1));
    }

    @Test
    void aCallThatWasNeverSentTookNothing() {
        asks("a", Map.of(TOKENS, 100L));
        settles(claims(100).jobs().getFirst(), Map.of(TOKENS, 0L), Settlement.Arrival.OVER);
        asks("b", Map.of(TOKENS, 100L));
        assertThat(messages(claims(100))).containsExactly("b");
    }

    @Test
    void aDearJobKeepsItsPlaceAndOnlyWhatTakesNothingOfItsUnitsPassesIt() {
        asks("first", Map.of(TOKENS, 50L));
        ClaimedJob first = claims(100).jobs().getFirst();
        asks("dear", Map.of(TOKENS, 90L));
        for (int i = 0; i < 40; i++) {
            asks("small " + i, Map.of(TOKENS, 1L));
        }
        asks("free", Map.of());
        asks("other", Map.of(POINTS, 5L));
        assertThat(messages(claims(100, 3))).containsExactly("free", "other");
        Claim blocked = claims(100);
        assertThat(blocked.jobs()).isEmpty();
        assertThat(blocked.nextAt()).as("only a call's end can tell").isNull();
        settles(first, Map.of(), Settlement.Arrival.ANSWERED);
        Instant next = claims(100).nextAt();
        assertThat(next).isNotNull();
        time.pass(Duration.between(store.clock().instant(), next));
        assertThat(messages(claims(100, 3))).containsExactly("dear", "small 0", "small 1");
    }

    /** Who goes is chosen anew once those are looked at that go past the dear one. */
    @Test
    void whatIsChosenTwiceTakesItsUnitsOnce() {
        asks("first", Map.of(TOKENS, 50L));
        claims(100);
        asks("dear", Map.of(TOKENS, 90L));
        asks("other", Map.of(POINTS, 5L));
        for (int i = 0; i < 9; i++) {
            asks("small " + i, Map.of(TOKENS, 1L));
        }
        asks("free", Map.of());
        assertThat(messages(claims(100, 3))).containsExactly("other", "free");
    }

    @Test
    void whatACallTookIsForgottenWithItsJob() throws SQLException {
        asks("a", Map.of(TOKENS, 10L));
        settles(claims(100).jobs().getFirst(), Map.of(TOKENS, 30L), Settlement.Arrival.ANSWERED);
        assertThat(rows("charge")).isOne();
        time.pass(DAY.multipliedBy(2));
        prune();
        assertThat(rows("job")).isZero();
        assertThat(rows("charge")).isZero();
    }

    /** Jobs that take no tokens go at its class's places meanwhile. */
    @Test
    void aDearJobOfALowClassHasItsTurnAlthoughSmallOnesOfAHighClassNeverEnd() {
        NewRequest.Place low = new NewRequest.Place(Priority.LOW, 1);
        NewRequest.Place high = new NewRequest.Place(Priority.HIGH, 1);
        List<String> called = new ArrayList<>();
        for (int second = 0; second < 240 && !called.contains("dear"); second++) {
            if (second == 60) {
                asks("dear", Map.of(TOKENS, 80L), low);
            }
            asks("small " + second, Map.of(TOKENS, 3L), high);
            asks("free " + second, Map.of(), high);
            Claim claim = claims(100, 2);
            claim.jobs().forEach(job -> settles(job, Map.of(), Settlement.Arrival.ANSWERED));
            called.addAll(messages(claim));
            time.pass(Duration.ofSeconds(1));
        }
        assertThat(called).contains("dear");
    }

    @Test
    void aRetryIsHeldUpAsAFirstTryIs() {
        asks("retry", Map.of(TOKENS, 60L));
        settles(claims(100).jobs().getFirst(), new Decision.Retry(Duration.ZERO, true, null));
        asks("free", Map.of());
        assertThat(messages(claims(100))).containsExactly("free");
        Claim blocked = claims(100);
        time.pass(Duration.between(store.clock().instant(), blocked.nextAt()));
        assertThat(messages(claims(100))).containsExactly("retry");
    }

    @Test
    void whatIsGivenBackHoldsNothing() {
        asks("a", Map.of(TOKENS, 100L));
        Claim claim = claims(100);
        await(store.giveBack(claim.jobs()));
        assertThat(taken(claims(100, 1))).isEqualTo(100);
        assertThat(taken(claims(100))).isEqualTo(100);
    }

    @Test
    void aReserveOutlivesTheProcess() {
        asks("a", Map.of(TOKENS, 70L));
        asks("b", Map.of(TOKENS, 70L));
        claims(100);
        reopen();
        assertThat(claims(100).jobs()).isEmpty();
        ClaimedJob orphan = await(store.orphans()).getFirst();
        assertThat(orphan.costs()).isEqualTo(Costs.of(Map.of(TOKENS, 70L)));
        settles(orphan, Map.of(), Settlement.Arrival.OPEN);
        Claim probe = claims(100);
        assertThat(probe.jobs()).as("missing calls hold what they reserved").isEmpty();
        assertThat(taken(probe)).isEqualTo(70);
    }

    @Test
    void aProbeFindsOutWhereMissingCallsHoldAllOfAUnit() {
        asks("lost", Map.of(TOKENS, 100L));
        settles(claims(100).jobs().getFirst(), Map.of(), Settlement.Arrival.OPEN);
        asks("b", Map.of(TOKENS, 10L));
        asks("c", Map.of(TOKENS, 10L));
        Claim blocked = claims(100);
        assertThat(blocked.jobs()).isEmpty();
        time.pass(Duration.between(store.clock().instant(), blocked.nextAt()));
        Claim probing = claims(100);
        assertThat(probing.jobs()).singleElement().matches(ClaimedJob::probe);
        assertThat(claims(100).jobs()).isEmpty();
        settles(probing.jobs().getFirst(), Map.of(), Settlement.Arrival.ANSWERED);
        assertThat(claims(100).jobs()).as("what was missing may have arrived just now").isEmpty();
        time.pass(MINUTE.plusSeconds(1));
        assertThat(messages(claims(100))).containsExactly("c");
    }

    @Test
    void aSignOfLifeOfACallThatCostsNothingFindsMissingUnitsToo() {
        asks("lost", Map.of(TOKENS, 100L));
        settles(claims(100).jobs().getFirst(), Map.of(), Settlement.Arrival.OPEN);
        asks("free", Map.of());
        time.pass(Duration.ofSeconds(1));
        settles(claims(100).jobs().getFirst(), Map.of(), Settlement.Arrival.ANSWERED);
        asks("b", Map.of(TOKENS, 100L));
        assertThat(claims(100).jobs()).isEmpty();
        time.pass(MINUTE.plusSeconds(1));
        assertThat(messages(claims(100))).containsExactly("b");
    }

    @Test
    void aLimitThatWasMadeSmallerThanAJobLetsItGoAlone() {
        asks("a", Map.of(TOKENS, 80L));
        asks("b", Map.of(TOKENS, 10L));
        Claim claim = claims(50);
        assertThat(messages(claim)).containsExactly("a");
        assertThat(taken(claim, 50)).isEqualTo(50);
    }

    @Test
    void whatOthersLeaveOfAUnitIsAllThatThereIsUntilTheirs() {
        asks("a", Map.of(TOKENS, 20L));
        asks("b", Map.of(TOKENS, 40L));
        asks("c", Map.of(TOKENS, 5L));
        asks("d", Map.of());
        Instant until = store.clock().instant().plusSeconds(20);
        Share share = new Share(windows(90), windows(30), null, until);
        Claim claim = shares(share);
        assertThat(messages(claim)).containsExactly("a", "d");
        assertThat(claim.nextAt()).isEqualTo(until);
        settles(claim.jobs().getFirst(), Map.of(TOKENS, 20L), Settlement.Arrival.ANSWERED);
        time.pass(Duration.ofSeconds(20));
        Claim next = shares(share);
        assertThat(messages(next)).containsExactly("b", "c");
        assertThat(taken(next)).as("not less than they cost").isEqualTo(65);
    }

    @Test
    void whoseTimeComesWhileADearJobWaitsIsCalledAtIts() {
        asks("first", Map.of(TOKENS, 50L));
        ClaimedJob first = claims(100).jobs().getFirst();
        asks("dear", Map.of(TOKENS, 90L));
        Instant time = store.wall().instant().plusSeconds(5);
        asks("later", Map.of(), new NewRequest.Place(Priority.NORMAL, 1, time));
        Claim blocked = claims(100);
        assertThat(blocked.jobs()).isEmpty();
        assertThat(blocked.nextAt()).isEqualTo(store.clock().instant().plusSeconds(5));
        settles(first, Map.of(), Settlement.Arrival.ANSWERED);
        assertThat(claims(100).nextAt()).isEqualTo(blocked.nextAt());
        this.time.pass(Duration.ofSeconds(5));
        assertThat(messages(claims(100))).containsExactly("later");
    }

    @Test
    void anAnswerThatClaimsToHaveTakenMoreThanCanBeCountedIsCountedAsTheMost() {
        long absurd = 999_999_999_999_999_999L;
        for (int i = 0; i < 12; i++) {
            asks("m" + i, Map.of(TOKENS, 1L));
            ClaimedJob call = claims(100).jobs().getFirst();
            settles(call, Map.of(TOKENS, absurd), Settlement.Arrival.ANSWERED);
            time.pass(MINUTE.plusSeconds(1));
        }
        asks("next", Map.of(TOKENS, 100L));
        assertThat(messages(claims(100))).containsExactly("next");
    }

    /** Against a list of all calls: no window is ever over, and who fits goes. */
    @Test
    void noWindowOfAnyUnitIsEverOver() {
        Random random = new Random(7);
        Deque<ClaimedJob> inFlight = new ArrayDeque<>();
        List<Used> used = new ArrayList<>();
        int waited = 0;
        for (int step = 0; step < 600; step++) {
            switch (random.nextInt(6)) {
                case 0 -> time.pass(Duration.ofMillis(random.nextInt(9_000)));
                case 1, 2 -> {
                    long tokens = random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(60);
                    long points = random.nextInt(3);
                    asks("m" + step, Map.of(TOKENS, tokens, POINTS, points));
                }
                case 3 -> {
                    if (!inFlight.isEmpty()) {
                        ClaimedJob call = inFlight.pop();
                        long tokens = random.nextLong(call.costs().of(TOKENS) + 1);
                        settles(call, Map.of(TOKENS, tokens), Settlement.Arrival.ANSWERED);
                        long points = call.costs().of(POINTS);
                        used.add(new Used(store.clock().instant(), tokens, points));
                    }
                }
                case 4 -> reopenNowAndThen();
                default -> {
                    Claim claim = claims(100);
                    claim.jobs().forEach(inFlight::add);
                    waited += claim.jobs().isEmpty() && claim.state().queued() > 0 ? 1 : 0;
                    Instant since = store.clock().instant().minus(MINUTE);
                    long tokens = inFlight.stream().mapToLong(job -> job.costs().of(TOKENS)).sum();
                    long points = inFlight.stream().mapToLong(job -> job.costs().of(POINTS)).sum();
                    for (Used call : used) {
                        tokens += call.at().isAfter(since) ? call.tokens() : 0;
                        points += call.at().isAfter(since) ? call.points() : 0;
                    }
                    assertThat(tokens).isLessThanOrEqualTo(100);
                    assertThat(points).isLessThanOrEqualTo(8);
                    assertThat(taken(claim)).isGreaterThanOrEqualTo(tokens);
                }
            }
        }
        assertThat(waited).as("times that nothing fitted").isGreaterThan(10);
        assertThat(used.size()).isGreaterThan(40);
    }

    private record Used(Instant at, long tokens, long points) {}

    private void asks(String message, Map<String, Long> costs) {
        asks(message, costs, ask(SHOP, message).place());
    }

    private void asks(String message, Map<String, Long> costs, NewRequest.Place place) {
        NewRequest ask = cachedFor(ask(SHOP, message), Duration.ZERO);
        held(
                new NewRequest(
                        ask.id(),
                        ask.client(),
                        ask.maxPending(),
                        ask.upstream(),
                        ask.maxQueue(),
                        ask.route(),
                        ask.key(),
                        ask.params(),
                        ask.repeatable(),
                        ask.cacheTtl(),
                        null,
                        null,
                        null,
                        null,
                        ask.body(),
                        place,
                        null,
                        Costs.of(costs)));
    }

    private Claim claims(int tokens) {
        return claims(tokens, 50);
    }

    private Claim claims(int tokens, int max) {
        SortedMap<String, Quota> units = new TreeMap<>();
        units.put(TOKENS, new Quota(List.of(new Window(tokens, MINUTE))));
        units.put(POINTS, new Quota(List.of(new Window(8, MINUTE))));
        return await(
                store.claim(
                        new ClaimAsk(API, Quota.NONE, units, BreakerPolicy.DEFAULT, max, MINUTE)));
    }

    private Claim shares(Share share) {
        return await(
                store.claim(
                        new ClaimAsk(
                                API,
                                Quota.NONE,
                                new TreeMap<>(Map.of(TOKENS, windows(100))),
                                List.of(),
                                BreakerPolicy.DEFAULT,
                                50,
                                MINUTE,
                                PartitionRules.NONE,
                                new TreeMap<>(Map.of(TOKENS, share)))));
    }

    private static Quota windows(int limit) {
        return new Quota(List.of(new Window(limit, MINUTE)));
    }

    private long taken(Claim claim) {
        return taken(claim, 100);
    }

    private long taken(Claim claim, int tokens) {
        Occupancy slots = claim.state().units().get(TOKENS);
        return Quota.taken(new Window(tokens, MINUTE), slots, store.clock().instant());
    }

    private void settles(ClaimedJob job, Decision decision) {
        settles(job, Map.of(), Settlement.Arrival.ANSWERED, decision);
    }

    private void settles(ClaimedJob job, Map<String, Long> used, Settlement.Arrival arrival) {
        settles(
                job,
                used,
                arrival,
                arrival == Settlement.Arrival.ANSWERED
                        ? new Decision.Succeed(new Result(200, "signature"))
                        : OVER);
    }

    private void settles(
            ClaimedJob job, Map<String, Long> used, Settlement.Arrival arrival, Decision decision) {
        Settlement settlement =
                new Settlement(
                        job, "done", 200, arrival, Duration.ZERO, Duration.ZERO, decision, used);
        assertThat(await(store.settle(settlement)).applied()).isTrue();
    }
}
