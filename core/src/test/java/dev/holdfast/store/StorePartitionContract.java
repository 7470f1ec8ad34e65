package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Costs;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Status;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Store} does where an upstream has partitions: each has its own ledgers (P1) and
 * turns among the others (P6), and what keeps one from its turn keeps no other.
 */
abstract class StorePartitionContract extends StoreLedgerContract {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final PartitionRules TWO_A_MINUTE = rules(2, 10, false);
    private static final PartitionRules TEN_AT_ONCE = rules(100, 10, false);
    private static final Quota PLENTY = new Quota(List.of(new Window(1_000, MINUTE)));

    private static PartitionRules rules(int limit, int concurrency, boolean fifo) {
        return new PartitionRules(
                new Quota(List.of(new Window(limit, MINUTE))), new TreeMap<>(), concurrency, fifo);
    }

    private Accepted.Held asks(String partition, String message) {
        return held(ask(SHOP, message).at(NewRequest.Place.USUAL.in(partition, false)));
    }

    private void asks(String partition, String message, Map<String, Long> costs) {
        held(costing(message, costs).at(NewRequest.Place.USUAL.in(partition, false)));
    }

    private NewRequest costing(String message, Map<String, Long> costs) {
        NewRequest ask = ask(SHOP, message);
        return new NewRequest(
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
                ask.place(),
                null,
                Costs.of(costs));
    }

    private Claim claims(int max, PartitionRules rules) {
        return claims(max, PLENTY, new TreeMap<>(), rules);
    }

    private Claim claims(
            int max, Quota quota, SortedMap<String, Quota> units, PartitionRules rules) {
        return await(
                store.claim(
                        new ClaimAsk(
                                API,
                                quota,
                                units,
                                List.of(),
                                BreakerPolicy.DEFAULT,
                                max,
                                MINUTE,
                                rules)));
    }

    private void passUntil(@Nullable Instant at) {
        assertThat(at).isNotNull();
        time.pass(Duration.between(store.clock().instant(), at));
    }

    @Test
    void partitionsHaveTheirTurnsHoweverMuchOneAsks() {
        for (int i = 0; i < 5; i++) {
            asks("a", "a" + i);
        }
        asks("b", "b0");
        asks("b", "b1");
        asks("c", "c0");
        List<String> order = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            order.addAll(messages(claims(1, PartitionRules.NONE)));
        }
        assertThat(order).containsExactly("a0", "b0", "c0", "a1", "b1", "a2", "a3", "a4");
    }

    @Test
    void aClaimSharesItsSlotsAmongPartitions() {
        for (int i = 0; i < 9; i++) {
            asks("a", "a" + i);
        }
        for (int i = 0; i < 3; i++) {
            asks("b", "b" + i);
        }
        asks("c", "c0");
        assertThat(messages(claims(7, PartitionRules.NONE)))
                .containsExactlyInAnyOrder("a0", "a1", "a2", "b0", "b1", "b2", "c0");
        assertThat(messages(claims(9, PartitionRules.NONE))).hasSize(6);
    }

    @Test
    void aPartitionThatComesLaterOwesNothingAndIsOwedNothing() {
        for (int i = 0; i < 20; i++) {
            asks("a", "a" + i);
        }
        claims(10, PartitionRules.NONE);
        for (int i = 0; i < 5; i++) {
            asks("b", "b" + i);
        }
        List<String> order = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            order.addAll(messages(claims(1, PartitionRules.NONE)));
        }
        assertThat(order.stream().filter(each -> each.startsWith("b"))).hasSize(3);
    }

    @Test
    void eachPartitionHasItsOwnQuotaAndNoneTakesAnothers() {
        for (int i = 0; i < 4; i++) {
            asks("a", "a" + i);
        }
        asks("b", "b0");
        Claim first = claims(10, TWO_A_MINUTE);
        assertThat(messages(first)).containsExactlyInAnyOrder("a0", "a1", "b0");
        assertThat(claims(10, TWO_A_MINUTE).jobs()).isEmpty();
        first.jobs().forEach(this::succeed);
        asks("b", "b1");
        Claim second = claims(10, TWO_A_MINUTE);
        assertThat(messages(second)).containsExactly("b1");
        Claim none = claims(10, TWO_A_MINUTE);
        assertThat(none.jobs()).isEmpty();
        passUntil(none.nextAt());
        assertThat(messages(claims(10, TWO_A_MINUTE))).containsExactlyInAnyOrder("a2", "a3");
    }

    @Test
    void theQuotaOfAllHoldsToo() {
        for (int i = 0; i < 20; i++) {
            asks("p" + i, "m" + i);
        }
        Claim first = claims(20, TEN_A_MINUTE, new TreeMap<>(), TWO_A_MINUTE);
        assertThat(first.jobs()).hasSize(10);
        first.jobs().forEach(this::succeed);
        Claim none = claims(20, TEN_A_MINUTE, new TreeMap<>(), TWO_A_MINUTE);
        assertThat(none.jobs()).isEmpty();
        passUntil(none.nextAt());
        assertThat(claims(20, TEN_A_MINUTE, new TreeMap<>(), TWO_A_MINUTE).jobs()).hasSize(10);
    }

    @Test
    void aPartitionsQuotaOutlivesTheProcessAndItsQueue() {
        asks("a", "a0");
        asks("a", "a1");
        claims(10, TWO_A_MINUTE).jobs().forEach(this::succeed);
        time.pass(Duration.ofSeconds(5));
        reopen();
        asks("a", "a2");
        assertThat(claims(10, TWO_A_MINUTE).jobs()).isEmpty();
        time.pass(Duration.ofSeconds(50));
        assertThat(claims(10, TWO_A_MINUTE).jobs()).isEmpty();
        passUntil(claims(10, TWO_A_MINUTE).nextAt());
        assertThat(messages(claims(10, TWO_A_MINUTE))).containsExactly("a2");
    }

    @Test
    void aPartitionMakesNoMoreCallsAtOnceThanItMay() {
        PartitionRules one = rules(100, 1, false);
        asks("a", "a0");
        asks("a", "a1");
        asks("b", "b0");
        Claim first = claims(10, one);
        assertThat(messages(first)).containsExactlyInAnyOrder("a0", "b0");
        Claim none = claims(10, one);
        assertThat(none.jobs()).isEmpty();
        first.jobs().forEach(this::succeed);
        assertThat(messages(claims(10, one))).containsExactly("a1");
    }

    @Test
    void anAnswerThatClosesAPartitionClosesNoOther() {
        asks("a", "a0");
        asks("a", "a1");
        ClaimedJob hot = claims(1, TWO_A_MINUTE).jobs().getFirst();
        settles(
                hot,
                429,
                Settlement.Arrival.ANSWERED,
                new Decision.Retry(
                        Duration.ofSeconds(40),
                        false,
                        new Decision.Closing.For(Duration.ofSeconds(40))));
        asks("b", "b0");
        assertThat(messages(claims(10, TWO_A_MINUTE))).containsExactly("b0");
        Claim none = claims(10, TWO_A_MINUTE);
        assertThat(none.jobs()).isEmpty();
        assertThat(none.state().closedUntil()).isNull();
        passUntil(none.nextAt());
        assertThat(messages(claims(10, TWO_A_MINUTE))).contains("a1");
    }

    @Test
    void whatAnUpstreamSaysOfItselfClosesAllItsPartitions() {
        asks("a", "a0");
        asks("b", "b0");
        ClaimedJob busy = claims(1, TWO_A_MINUTE).jobs().getFirst();
        closes(busy, 503, new Decision.Closing.For(Duration.ofSeconds(40)));
        Claim none = claims(10, TWO_A_MINUTE);
        assertThat(none.jobs()).isEmpty();
        assertThat(none.state().closedUntil()).isNotNull();
        passUntil(none.nextAt());
        assertThat(messages(claims(10, TWO_A_MINUTE))).containsExactlyInAnyOrder("a0", "b0");
    }

    @Test
    void aTokenThatCannotBeHadIsMissingToAllPartitions() {
        asks("a", "a0");
        asks("b", "b0");
        settles(
                claims(1, TWO_A_MINUTE).jobs().getFirst(),
                null,
                Settlement.Arrival.OVER,
                new Decision.Retry(
                        Duration.ZERO, false, new Decision.Closing.For(Duration.ofSeconds(40))));
        assertThat(claims(10, TWO_A_MINUTE).jobs()).isEmpty();
        time.pass(Duration.ofSeconds(41));
        assertThat(claims(10, TWO_A_MINUTE).jobs()).hasSize(2);
    }

    @Test
    void aRefusedCredentialTakesOnlyItsPartitionOutAndIsProbed() {
        asks("a", "a0");
        asks("a", "a1");
        ClaimedJob refused = claims(1, PartitionRules.NONE).jobs().getFirst();
        closes(refused, 401, new Decision.Closing.Unauthorized());
        for (int i = 0; i < 3; i++) {
            asks("b", "b" + i);
        }
        Claim others = claims(10, PartitionRules.NONE);
        assertThat(messages(others)).containsExactlyInAnyOrder("b0", "b1", "b2");
        assertThat(others.state().unauthorizedSince()).isNull();
        passUntil(claims(10, PartitionRules.NONE).nextAt());
        Claim probe = claims(10, PartitionRules.NONE);
        assertThat(probe.jobs()).as("one finds out").hasSize(1);
        assertThat(claims(10, PartitionRules.NONE).jobs()).isEmpty();
        succeed(probe.jobs().getFirst());
        assertThat(claims(10, PartitionRules.NONE).jobs()).hasSize(1);
    }

    @Test
    void aResumeOpensWhateverPartitionIsLeftAlone() {
        for (int i = 0; i < MANY; i++) {
            asks("p" + i, "m" + i);
        }
        List<ClaimedJob> calls = claimsAll();
        assertThat(calls).hasSize(MANY);
        for (ClaimedJob call : calls) {
            boolean hot = call.job() % 2 == 0;
            closes(
                    call,
                    hot ? 429 : 401,
                    hot
                            ? new Decision.Closing.For(Duration.ofHours(1))
                            : new Decision.Closing.Unauthorized());
        }
        assertThat(claimsAll()).isEmpty();
        assertThat(store.upstream(API, PLENTY).partlyRefused()).isTrue();
        await(store.pause(API, false));
        assertThat(store.upstream(API, PLENTY).partlyRefused()).isFalse();
        reopen();
        assertThat(claimsAll()).hasSize(MANY);
    }

    @Test
    void whateverPartitionIsRefusedIsTriedAtOnceWhereThatIsAskedFor() {
        for (int i = 0; i < MANY; i++) {
            asks("p" + i, "m" + i);
            asks("p" + i, "n" + i);
        }
        asks("hot", "hot");
        for (ClaimedJob call : claimsAll()) {
            closes(
                    call,
                    401,
                    "hot".equals(call.partition())
                            ? new Decision.Closing.For(Duration.ofHours(1))
                            : new Decision.Closing.Unauthorized());
        }
        assertThat(claimsAll()).isEmpty();
        await(store.probe(API));
        List<ClaimedJob> probes = claimsAll();
        assertThat(probes).as("one of each").hasSize(MANY);
        assertThat(probes).noneMatch(job -> "hot".equals(job.partition()));
        assertThat(claims(1, PartitionRules.NONE).state().partlyRefused()).isTrue();
    }

    @Test
    void whatAnOperatorPausedIsNotTheOldestThatCouldGo() {
        Instant asked = store.clock().instant();
        asks("a", "first");
        asks("a", "second");
        time.pass(Duration.ofSeconds(10));
        asks("b", "third");
        assertThat(store.reads().waitingSince(ROUTE)).contains(asked);

        sets("a", PAUSED);
        assertThat(store.reads().waitingSince(ROUTE)).contains(asked.plusSeconds(10));
        sets("b", PAUSED);
        assertThat(store.reads().waitingSince(ROUTE)).as("nothing is to flow").isEmpty();
        sets("a", own(null, 1));
        assertThat(store.reads().waitingSince(ROUTE)).contains(asked);
    }

    private static OwnRules own(@Nullable Integer limit, @Nullable Integer concurrency) {
        return new OwnRules(
                limit == null ? null : new Quota(List.of(new Window(limit, MINUTE))),
                new TreeMap<>(),
                concurrency,
                false);
    }

    private static final OwnRules PAUSED = new OwnRules(null, new TreeMap<>(), null, true);

    private void sets(String partition, OwnRules own) {
        assertThat(await(store.partitions().set(API, partition, own))).isPresent();
    }

    @Test
    void whatOnePartitionIsAllowedHoldsInsteadOfWhatEachIsAlsoAfterARestart() {
        for (int i = 0; i < 6; i++) {
            asks("a", "a" + i);
            asks("b", "b" + i);
        }
        sets("a", own(4, null));
        sets("b", own(null, 1));
        reopen();
        assertThat(messages(claims(20, TWO_A_MINUTE)))
                .containsExactlyInAnyOrder("a0", "a1", "a2", "a3", "b0");
        assertThat(claims(20, TWO_A_MINUTE).jobs()).isEmpty();
        sets("a", own(5, null));
        sets("b", OwnRules.NONE);
        assertThat(messages(claims(20, TWO_A_MINUTE))).containsExactlyInAnyOrder("a4", "b1");
    }

    @Test
    void whatAllHaveOfTheirOwnIsReadAtOnceAndOnlyWhereItChanged() {
        assertThat(store.partitions().own(API, -1)).contains(new Partitions.Own(0, Map.of()));
        sets("a", own(4, 2));
        sets("b", PAUSED);
        sets("a", OwnRules.NONE);
        sets("\u00fc", own(1, null));
        reopen();
        Partitions.Own all = store.partitions().own(API, 0).orElseThrow();
        assertThat(all.all()).isEqualTo(Map.of("b", PAUSED, "\u00fc", own(1, null)));
        assertThat(store.partitions().own(API, all.version())).isEmpty();
        assertThat(await(store.partitions().set(API, "b", OwnRules.NONE)))
                .contains(new Partitions.Given(all.version() + 1, OwnRules.NONE));
        assertThat(store.partitions().own(API, all.version()))
                .contains(new Partitions.Own(all.version() + 1, Map.of("\u00fc", own(1, null))));
        assertThat(store.partitions().own("another", -1)).contains(new Partitions.Own(0, Map.of()));
    }

    @Test
    void whoWaitsByWhatEachWasAllowedGoesAtOnceByWhatEachIsNow() {
        PartitionRules one = rules(1, 1, false);
        PartitionRules three = rules(3, 1, false);
        for (int i = 0; i < MANY; i++) {
            asks("p" + i, "m" + i);
            asks("p" + i, "n" + i);
            asks("p" + i, "o" + i);
        }
        allows(one);
        List<ClaimedJob> first = claimsAll(one);
        assertThat(first).hasSize(MANY);
        reopen();
        allows(rules(1, 2, false));
        assertThat(claimsAll(rules(1, 2, false))).as("no more slots").isEmpty();
        first.forEach(this::succeed);
        assertThat(claimsAll(one)).as("all wait for a slot").isEmpty();
        allows(three);
        assertThat(claimsAll(three)).hasSize(MANY);
        assertThat(claimsAll(three)).as("all wait for their call").isEmpty();
        allows(rules(3, 2, false));
        assertThat(claimsAll(rules(3, 2, false))).hasSize(MANY);
    }

    @Test
    void whoWasMadeToWaitByAProcessWithOtherRulesGoesWhenTheseAreSaidAgain() {
        PartitionRules three = rules(3, 5, false);
        allows(three);
        asks("a", "a0");
        asks("a", "a1");
        asks("a", "a2");
        PartitionRules one = rules(1, 5, false);
        assertThat(claims(10, one).jobs()).hasSize(1);
        assertThat(claims(10, three).jobs()).as("it waits by the other's").isEmpty();
        allows(three);
        assertThat(messages(claims(10, three))).containsExactly("a1", "a2");
    }

    private void allows(PartitionRules each) {
        await(store.partitions().allow(API, each));
    }

    @Test
    void someAreReadAtOnceAsTheyStand() {
        assertThat(store.partitions().some(API, TWO_A_MINUTE, List.of("a")).getFirst().queued())
                .isZero();
        for (int i = 0; i < 3; i++) {
            asks("a", "a" + i);
        }
        asks("b", "b0");
        sets("idle", PAUSED);
        claims(1, TWO_A_MINUTE);
        closes(claims(1, TWO_A_MINUTE).jobs().getFirst(), 401, new Decision.Closing.Unauthorized());
        List<Partitions.Seen> some =
                store.partitions().some(API, TWO_A_MINUTE, List.of("idle", "b", "a", "none"));
        assertThat(some.stream().map(Partitions.Seen::key))
                .containsExactly("idle", "b", "a", "none");
        assertThat(some.getFirst().own()).isEqualTo(PAUSED);
        assertThat(some.get(1).unauthorizedSince()).isNotNull();
        Partitions.Seen a = some.get(2);
        assertThat(a.firstTries().of(Priority.NORMAL)).isEqualTo(2);
        assertThat(a.running()).isEqualTo(1);
        assertThat(a.slots().inFlight()).isEqualTo(1);
        assertThat(a.among()).isEqualTo(2);
        assertThat(some.get(3).slots().inFlight()).isZero();
    }

    private static OwnRules calledAs(String secret) {
        return new OwnRules(null, new TreeMap<>(), null, false, caller(secret));
    }

    private static OwnHeaders caller(String secret) {
        return new OwnHeaders(new TreeMap<>(Map.of("authorization", secret, "x-team", "one two")));
    }

    @Test
    void whatSaysWhoCallsGoesWithEachCallOfItsPartitionAlsoAfterARestart() {
        sets("a", calledAs("Bearer 1"));
        asks("a", "a0");
        asks("a", "a1");
        asks("b", "b0");
        reopen();
        for (ClaimedJob job : claims(2, TWO_A_MINUTE).jobs()) {
            assertThat(job.headers())
                    .isEqualTo("a".equals(job.partition()) ? caller("Bearer 1") : OwnHeaders.NONE);
            assertThat(job.toString()).doesNotContain("Bearer 1");
        }
        assertThat(page("", 9).getFirst().own()).isEqualTo(calledAs("Bearer 1"));
        sets("a", calledAs("Bearer 2"));
        assertThat(store.partitions().own(API, -1).orElseThrow().all())
                .as("no secret is kept in memory")
                .isEqualTo(Map.of("a", OwnRules.NONE));
        assertThat(claims(9, TWO_A_MINUTE).jobs())
                .singleElement()
                .satisfies(job -> assertThat(job.headers()).isEqualTo(caller("Bearer 2")));
        sets("a", OwnRules.NONE);
        assertThat(page("", 9).getFirst().own()).isEqualTo(OwnRules.NONE);
    }

    @Test
    void whoWasRefusedIsTriedAtOnceWhenSomethingElseSaysWhoCalls() {
        sets("a", calledAs("old"));
        asks("a", "a0");
        asks("a", "a1");
        closes(claims(1, TEN_AT_ONCE).jobs().getFirst(), 401, new Decision.Closing.Unauthorized());
        sets("a", new OwnRules(null, new TreeMap<>(), 5, false, caller("old")));
        assertThat(claims(9, TEN_AT_ONCE).jobs()).as("nobody else calls").isEmpty();
        sets("a", calledAs("new"));
        time.pass(Duration.ofSeconds(1));
        ClaimedJob probe = claims(9, TEN_AT_ONCE).jobs().getFirst();
        assertThat(probe.headers()).isEqualTo(caller("new"));
        assertThat(claims(9, TEN_AT_ONCE).jobs()).as("one finds out").isEmpty();
        succeed(probe);
        assertThat(claims(9, TEN_AT_ONCE).jobs()).hasSize(1);
    }

    @Test
    void aRefusalOfWhoCalledBeforeKeepsNobodyFromCallingAsSomebodyElse() {
        sets("a", calledAs("old"));
        asks("a", "a0");
        ClaimedJob under = claims(1, TEN_AT_ONCE).jobs().getFirst();
        sets("a", calledAs("new"));
        closes(under, 401, new Decision.Closing.Unauthorized());
        assertThat(claims(9, TEN_AT_ONCE).jobs())
                .singleElement()
                .satisfies(job -> assertThat(job.headers()).isEqualTo(caller("new")));
    }

    @Test
    void whatIsSaidOfAPartitionsOwnHeadersIsSaidOfNoneOfSeveralCredentials() {
        var one = new ClaimAsk.Credential("one", "identity of one", PLENTY, new TreeMap<>(), false);
        await(store.identify(Map.of(API, "pool"), Map.of(API, List.of(one))));
        ClaimAsk ask =
                new ClaimAsk(
                        API,
                        PLENTY,
                        new TreeMap<>(),
                        List.of(one),
                        BreakerPolicy.DEFAULT,
                        1,
                        MINUTE,
                        TEN_AT_ONCE);
        sets("a", calledAs("own"));
        asks("a", "a0");
        ClaimedJob call = await(store.claim(ask)).jobs().getFirst();
        assertThat(call.spokenOf()).isNull();
        asks("b", "b0");
        closes(call, 401, new Decision.Closing.Unauthorized());
        Claim next = await(store.claim(ask));
        assertThat(messages(next)).containsExactly("b0");
        assertThat(next.jobs().getFirst().spokenOf()).isEqualTo("one");
        assertThat(next.state().credentials().getFirst().unauthorizedSince()).isNull();
        assertThat(next.state().partlyRefused()).isTrue();
    }

    /** With one credential of two calls a minute, in partitions that have each this. */
    private ClaimAsk pooled(PartitionRules each) {
        Quota two = new Quota(List.of(new Window(2, MINUTE)));
        var one = new ClaimAsk.Credential("one", "identity of one", two, new TreeMap<>(), false);
        await(store.identify(Map.of(API, "pool"), Map.of(API, List.of(one))));
        return new ClaimAsk(
                API,
                PLENTY,
                new TreeMap<>(),
                List.of(one),
                BreakerPolicy.DEFAULT,
                20,
                MINUTE,
                each);
    }

    @Test
    void whatLeavesWithItsPartitionsOwnCredentialTakesNoRoomOfTheOthersAndWaitsForNone() {
        ClaimAsk ask = pooled(TEN_AT_ONCE);
        sets("own", calledAs("own"));
        sets("team", new OwnRules(null, new TreeMap<>(), null, false, team()));
        for (int i = 0; i < 3; i++) {
            asks("own", "own" + i);
            asks("b", "b" + i);
        }
        List<ClaimedJob> first = new ArrayList<>();
        Claim full = claimsUntilNone(ask, first);
        assertThat(messages(first)).containsExactlyInAnyOrder("own0", "own1", "own2", "b0", "b1");
        first.forEach(
                job ->
                        assertThat(job.credential())
                                .isEqualTo("own".equals(job.partition()) ? null : "one"));
        assertThat(full.state().credentials().getFirst().slots().inFlight()).isEqualTo(2);
        assertThat(full.state().slots().inFlight()).as("all count together").isEqualTo(5);
        asks("own", "own3");
        asks("team", "team0");
        var _ = claimsUntilNone(ask, first);
        assertThat(messages(first)).as("the other one has no room").hasSize(6).contains("own3");
        first.forEach(this::succeed);
        reopen();
        List<ClaimedJob> later = new ArrayList<>();
        Claim none = claimsUntilNone(ask, later);
        assertThat(later).isEmpty();
        assertThat(none.state().credentials().getFirst().slots().inFlight()).isZero();
        while (later.isEmpty()) {
            passUntil(none.nextAt());
            none = claimsUntilNone(ask, later);
        }
        assertThat(messages(later))
                .as("headers that say not who calls are sent beside what does")
                .containsExactlyInAnyOrder("b2", "team0");
        later.forEach(job -> assertThat(job.credential()).isEqualTo("one"));
    }

    /** Adds all that may leave now; answers what says that there is no more. */
    private Claim claimsUntilNone(ClaimAsk ask, List<ClaimedJob> all) {
        Claim claim = await(store.claim(ask));
        while (!claim.jobs().isEmpty()) {
            all.addAll(claim.jobs());
            claim = await(store.claim(ask));
        }
        return claim;
    }

    private static OwnHeaders team() {
        return new OwnHeaders(new TreeMap<>(Map.of("x-team", "7")));
    }

    @Test
    void whoLeavesWithItsOwnCredentialIsWokenByItsOwnTimeWhileTheOthersHaveNoRoom() {
        ClaimAsk ask = pooled(TEN_AT_ONCE);
        Quota often = new Quota(List.of(new Window(1, Duration.ofSeconds(1))));
        sets("own", new OwnRules(often, new TreeMap<>(), null, false, caller("own")));
        for (int i = 0; i < 3; i++) {
            asks("own", "own" + i);
            asks("b", "b" + i);
        }
        for (int i = 0; i < 3; i++) {
            List<ClaimedJob> left = new ArrayList<>();
            Claim none = claimsUntilNone(ask, left);
            left.forEach(this::succeed);
            assertThat(left.stream().filter(job -> "own".equals(job.partition()))).hasSize(1);
            none = claimsUntilNone(ask, left);
            if (i < 2) {
                assertThat(Duration.between(store.clock().instant(), none.nextAt()))
                        .as("not a minute, for the others")
                        .isLessThan(Duration.ofSeconds(10));
            }
            passUntil(none.nextAt());
        }
        assertThat(messages(await(store.claim(ask)))).containsExactly("b2");
    }

    @Test
    void anAnswerToWhoLeftWithItsOwnCredentialFindsWhatIsMissingOfTheOthers() {
        ClaimAsk ask = pooled(TEN_AT_ONCE);
        sets("own", calledAs("own"));
        for (int i = 0; i < 4; i++) {
            asks("b", "b" + i);
        }
        for (ClaimedJob lost : await(store.claim(ask)).jobs()) {
            settles(
                    lost,
                    null,
                    Settlement.Arrival.OPEN,
                    new Decision.Retry(Duration.ofHours(5), false, null));
        }
        time.pass(MINUTE.multipliedBy(3));
        asks("own", "own0");
        ClaimedJob alive =
                await(store.claim(ask)).jobs().stream()
                        .filter(job -> "own".equals(job.partition()))
                        .findFirst()
                        .orElseThrow();
        time.pass(Duration.ofSeconds(1));
        succeed(alive);
        time.pass(MINUTE.multipliedBy(2));
        assertThat(
                        await(store.claim(ask))
                                .state()
                                .credentials()
                                .getFirst()
                                .slots()
                                .missing()
                                .calls())
                .as("nothing of it can arrive any more")
                .isZero();
    }

    @Test
    void whatWasCalledBeforeAPartitionHadAQuotaCounts() {
        for (int i = 0; i < 4; i++) {
            asks("a", "a" + i);
        }
        claims(2, PartitionRules.NONE).jobs().forEach(this::succeed);
        sets("a", own(3, null));
        assertThat(messages(claims(10, PartitionRules.NONE))).containsExactly("a2");
        assertThat(claims(10, PartitionRules.NONE).jobs()).isEmpty();
        sets("a", new OwnRules(Quota.NONE, new TreeMap<>(), null, false));
        assertThat(messages(claims(10, TWO_A_MINUTE))).containsExactly("a3");
    }

    @Test
    void aPausedPartitionKeepsItsJobsAndHoldsUpNobody() {
        sets("a", PAUSED);
        asks("a", "a0");
        asks("b", "b0");
        assertThat(messages(claims(10, PartitionRules.NONE))).containsExactly("b0");
        reopen();
        asks("a", "a1");
        Claim none = claims(10, PartitionRules.NONE);
        assertThat(none.jobs()).isEmpty();
        assertThat(none.nextAt()).isNull();
        sets("a", OwnRules.NONE);
        assertThat(messages(claims(10, PartitionRules.NONE))).containsExactly("a0", "a1");
    }

    @Test
    void aPauseTakesNothingAwayOfWhatAPartitionHasOfItsOwn() {
        OwnRules its = new OwnRules(PLENTY, new TreeMap<>(), 1, false, caller("own"));
        sets("a", its);
        asks("a", "a0");
        asks("a", "a1");
        asks("b", "b0");
        Partitions.Given given = await(store.partitions().pause(API, "a", true)).orElseThrow();
        assertThat(given.own())
                .as("no secret is kept in memory")
                .isEqualTo(its.paused(true).withoutHeaders());
        assertThat(store.partitions().own(API, given.version())).isEmpty();
        assertThat(messages(claims(10, TEN_AT_ONCE))).containsExactly("b0");
        reopen();
        assertThat(claims(10, TEN_AT_ONCE).jobs()).isEmpty();
        assertThat(page("", 9).getFirst().own()).isEqualTo(its.paused(true));
        await(store.partitions().pause(API, "a", false));
        assertThat(page("", 9).getFirst().own()).isEqualTo(its);
        assertThat(claims(10, TEN_AT_ONCE).jobs())
                .as("one at a time, as itself")
                .singleElement()
                .satisfies(job -> assertThat(job.headers()).isEqualTo(caller("own")));
        await(store.partitions().pause(API, "idle", true));
        await(store.partitions().pause(API, "idle", false));
        assertThat(store.partitions().own(API, -1).orElseThrow().all()).containsOnlyKeys("a");
    }

    @Test
    void aResumeOfAPartitionThatIsNotPausedEndsItsWaitAndNoOthers() {
        asks("a", "a0");
        asks("b", "b0");
        asks("c", "c0");
        for (ClaimedJob job : claims(3, PartitionRules.NONE).jobs()) {
            boolean hot = !"c".equals(job.partition());
            closes(
                    job,
                    hot ? 429 : 401,
                    hot
                            ? new Decision.Closing.For(Duration.ofHours(1))
                            : new Decision.Closing.Unauthorized());
        }
        await(store.partitions().pause(API, "a", true));
        await(store.partitions().pause(API, "a", false));
        assertThat(claims(9, PartitionRules.NONE).jobs()).as("it was paused").isEmpty();
        await(store.partitions().pause(API, "a", false));
        await(store.partitions().pause(API, "c", false));
        assertThat(messages(claims(9, PartitionRules.NONE))).containsExactlyInAnyOrder("a0", "c0");
        assertThat(store.upstream(API, PLENTY).partlyRefused()).isFalse();
    }

    @Test
    void partitionsAreListedByTheirKeysAPageAfterTheOther() {
        for (String key : List.of("b", "ü", "a b", "B", "c/d")) {
            asks(key, "of " + key);
        }
        asks("b", "more");
        sets("idle", own(7, 3));
        List<Partitions.Seen> first = page("", 4);
        assertThat(first.stream().map(Partitions.Seen::key))
                .containsExactly("B", "a b", "b", "c/d");
        assertThat(first.get(2).queued()).isEqualTo(2);
        List<Partitions.Seen> rest = page("c/d", 4);
        assertThat(rest.stream().map(Partitions.Seen::key)).containsExactly("idle", "ü");
        assertThat(rest.getFirst().own()).isEqualTo(own(7, 3));
        assertThat(rest.getFirst().rules().concurrency()).isEqualTo(3);
        assertThat(page("ü", 4)).isEmpty();
    }

    @Test
    void howManyPartitionsThereAreOfEachKindIsKnownWithoutLookingAtEach() {
        for (String key : List.of("a", "b", "c", "d", "e")) {
            asks(key, "first of " + key);
        }
        for (ClaimedJob job : claims(5, PartitionRules.NONE).jobs()) {
            switch (String.valueOf(job.partition())) {
                case "a" -> closes(job, 429, new Decision.Closing.For(Duration.ofSeconds(40)));
                case "b" -> closes(job, 401, new Decision.Closing.Unauthorized());
                case "c" -> succeed(job);
                default -> {} // goes on
            }
        }
        asks("d", "second of d");
        asks("d", "third of d");
        sets("d", PAUSED);
        sets("idle", PAUSED);
        Partitions.Counts counts = new Partitions.Counts(5, 3, 2, 1, 1);
        assertThat(store.partitions().counts(API)).isEqualTo(counts);
        reopen();
        assertThat(store.partitions().counts(API)).isEqualTo(counts);
        time.pass(Duration.ofSeconds(41));
        assertThat(store.partitions().counts(API)).isEqualTo(new Partitions.Counts(5, 3, 2, 0, 1));
        sets("d", OwnRules.NONE);
        assertThat(claims(10, PartitionRules.NONE).jobs()).hasSize(4);
        assertThat(store.partitions().counts(API).waiting()).isZero();
        assertThat(store.partitions().counts("another")).isEqualTo(Partitions.Counts.NONE);
    }

    @Test
    void aFilterChoosesThoseOfOnePartition() {
        UUID one = asks("a", "a0").request().id();
        asks("b", "b0");
        Operations.Filter ofA =
                new Operations.Filter(
                        null, null, null, null, API, "a", null, null, null, null, null);
        time.pass(Duration.ofMillis(1));
        Operations.OperationRecord begun =
                await(
                                store.operations()
                                        .begin(
                                                new Operations.NewOperation(
                                                        ADMIN,
                                                        Operations.Act.CANCEL,
                                                        ofA,
                                                        false,
                                                        0)))
                        .orElseThrow();
        assertThat(begun.filter()).isEqualTo(ofA);
        assertThat(store.operations().choose(begun).ids()).containsExactly(one);
    }

    private List<Partitions.Seen> page(String after, int limit) {
        return store.partitions().page(API, TWO_A_MINUTE, after, limit);
    }

    @Test
    void aPartitionTellsWhatIsTakenAndWhyItWaits() {
        for (int i = 0; i < 4; i++) {
            asks("a", "a" + i);
        }
        Claim both = claims(10, TWO_A_MINUTE);
        succeed(both.jobs().getFirst());
        Partitions.Seen hot = seen("a");
        assertThat(hot.queued()).isEqualTo(2);
        assertThat(hot.running()).isEqualTo(1);
        assertThat(hot.slots().inFlight()).isEqualTo(1);
        assertThat(
                        Quota.taken(
                                TWO_A_MINUTE.quota().windows().getFirst(),
                                hot.slots(),
                                store.clock().instant()))
                .isEqualTo(2);
        closes(both.jobs().get(1), 401, new Decision.Closing.Unauthorized());
        assertThat(seen("a").unauthorizedSince()).isNotNull();
        assertThat(seen("a").closedUntil()).isNotNull();
        assertThat(seen("a").retrying()).isEqualTo(1);
        Partitions.Seen unheard = seen("nobody");
        assertThat(unheard.queued() + unheard.running()).isZero();
        assertThat(unheard.slots().inFlight()).isZero();
        assertThat(store.partitions().partition("none", "a", TWO_A_MINUTE).queued()).isZero();
    }

    private Partitions.Seen seen(String key) {
        return store.partitions().partition(API, key, TWO_A_MINUTE);
    }

    @Test
    void anUpstreamThatWasRefusedBeforeItHadPartitionsIsTakenBackByAnyOfThem() {
        held(SHOP, "before");
        ClaimedJob before = claims(1, PartitionRules.NONE).jobs().getFirst();
        closes(before, 401, new Decision.Closing.Unauthorized());
        await(store.cancel(ADMIN, before.request()));
        for (int i = 0; i < 3; i++) {
            asks("p" + i, "m" + i);
        }
        passUntil(claims(10, PartitionRules.NONE).nextAt());
        Claim probe = claims(10, PartitionRules.NONE);
        assertThat(probe.jobs()).hasSize(1);
        succeed(probe.jobs().getFirst());
        Claim open = claims(10, PartitionRules.NONE);
        assertThat(open.jobs()).hasSize(2);
        assertThat(open.state().unauthorizedSince()).isNull();
    }

    /** More partitions than are changed by one transaction. */
    private static final int MANY = 110;

    private List<ClaimedJob> claimsAll() {
        return claimsAll(rules(1_000, 1, false));
    }

    private List<ClaimedJob> claimsAll(PartitionRules rules) {
        List<ClaimedJob> calls = new ArrayList<>();
        Claim claim = claims(256, rules);
        while (!claim.jobs().isEmpty() || isDue(claim)) {
            calls.addAll(claim.jobs());
            claim = claims(256, rules);
        }
        return calls;
    }

    /** Whether it looked at as many as it does at once, and more are in line. */
    private boolean isDue(Claim claim) {
        return claim.nextAt() != null && !claim.nextAt().isAfter(store.clock().instant());
    }

    private void closes(ClaimedJob job, int status, Decision.Closing closing) {
        settles(
                job,
                status,
                Settlement.Arrival.ANSWERED,
                new Decision.Retry(Duration.ZERO, false, closing));
    }

    @Test
    void nobodyAtHomeIsSaidOfTheWholeUpstream() {
        asks("a", "a0");
        asks("b", "b0");
        ClaimedJob first = claims(1, PartitionRules.NONE).jobs().getFirst();
        settle(
                first,
                new Decision.Retry(
                        Duration.ZERO, false, new Decision.Closing.Absent(Duration.ofSeconds(5))));
        Claim none = claims(10, PartitionRules.NONE);
        assertThat(none.jobs()).isEmpty();
        assertThat(none.state().absence()).isNotNull();
        passUntil(none.nextAt());
        assertThat(claims(10, PartitionRules.NONE).jobs()).hasSize(1);
    }

    @Test
    void retriesAreMadeWhenTheyAreDueAndHoldUpNobody() {
        asks("a", "a0");
        retryAfter(claims(1, PartitionRules.NONE).jobs().getFirst(), Duration.ofSeconds(30));
        asks("b", "b0");
        Claim other = claims(10, PartitionRules.NONE);
        assertThat(messages(other)).containsExactly("b0");
        succeed(other.jobs().getFirst());
        Claim none = claims(10, PartitionRules.NONE);
        assertThat(none.jobs()).isEmpty();
        passUntil(none.nextAt());
        Claim again = claims(10, PartitionRules.NONE);
        assertThat(messages(again)).containsExactly("a0");
        assertThat(again.jobs().getFirst().number()).isEqualTo(2);
    }

    @Test
    void oneAfterTheOtherIsInTheOrderOfTheAsksAndARetryHoldsItsSuccessors() {
        PartitionRules fifo = rules(100, 10, true);
        for (int i = 0; i < 3; i++) {
            held(ask(i == 1 ? OTHER : SHOP, "m" + i).at(NewRequest.Place.USUAL.in("a", true)));
        }
        Claim first = claims(10, fifo);
        assertThat(messages(first)).containsExactly("m0");
        assertThat(claims(10, fifo).jobs()).isEmpty();
        retryAfter(first.jobs().getFirst(), Duration.ofSeconds(10));
        Claim held = claims(10, fifo);
        assertThat(held.jobs()).isEmpty();
        passUntil(held.nextAt());
        Claim again = claims(10, fifo);
        assertThat(messages(again)).containsExactly("m0");
        succeed(again.jobs().getFirst());
        Claim second = claims(10, fifo);
        assertThat(messages(second)).containsExactly("m1");
        succeed(second.jobs().getFirst());
        assertThat(messages(claims(10, fifo))).containsExactly("m2");
    }

    @Test
    void aPartitionsUnitsAreItsOwn() {
        SortedMap<String, Quota> own = new TreeMap<>();
        own.put("tokens", new Quota(List.of(new Window(100, MINUTE))));
        PartitionRules rules = new PartitionRules(Quota.NONE, own, 10, false);
        asks("a", "a0", Map.of("tokens", 60L));
        asks("a", "a1", Map.of("tokens", 60L));
        asks("a", "free", Map.of());
        asks("b", "b0", Map.of("tokens", 90L));
        assertThat(messages(claims(10, rules))).containsExactlyInAnyOrder("a0", "free", "b0");
        assertThat(claims(10, rules).jobs()).isEmpty();
    }

    @Test
    void whatATimeoutTookOfAPartitionsUnitsAloneIsFoundByItsNextAnswer() {
        PartitionRules rules = tokens(100);
        asks("a", "lost", Map.of("tokens", 60L));
        timesOut(claims(10, rules).jobs().getFirst());
        asks("a", "answered", Map.of("tokens", 30L));
        time.pass(Duration.ofSeconds(1));
        succeed(claims(10, rules).jobs().getFirst());
        asks("a", "a0", Map.of("tokens", 60L));
        asks("a", "a1", Map.of("tokens", 40L));
        Claim full = claims(10, rules);
        assertThat(full.jobs()).as("it may have arrived with that answer").isEmpty();
        passUntil(full.nextAt());
        Claim both = claims(10, rules);
        assertThat(messages(both)).containsExactlyInAnyOrder("a0", "a1");
        assertThat(both.jobs()).noneMatch(ClaimedJob::probe);
    }

    private static PartitionRules tokens(int limit) {
        SortedMap<String, Quota> own = new TreeMap<>();
        own.put("tokens", new Quota(List.of(new Window(limit, MINUTE))));
        return new PartitionRules(Quota.NONE, own, 10, false);
    }

    private void timesOut(ClaimedJob job) {
        Failure failure = new Failure(Failure.Reason.MAX_ATTEMPTS, null, null);
        settles(job, null, Settlement.Arrival.OPEN, new Decision.Fail(failure));
    }

    private void settles(
            ClaimedJob job,
            @Nullable Integer status,
            Settlement.Arrival arrival,
            Decision decision) {
        Settlement settlement =
                new Settlement(
                        job, "word", status, arrival, Duration.ZERO, Duration.ZERO, decision);
        assertThat(await(store.settle(settlement)).applied()).isTrue();
    }

    @Test
    void aDearJobOfOnePartitionKeepsItsPlaceInWhatAllShare() {
        SortedMap<String, Quota> all = new TreeMap<>();
        all.put("tokens", new Quota(List.of(new Window(100, MINUTE))));
        asks("a", "a0", Map.of("tokens", 50L));
        Claim first = claims(1, PLENTY, all, PartitionRules.NONE);
        asks("a", "dear", Map.of("tokens", 90L));
        asks("b", "small", Map.of("tokens", 1L));
        asks("c", "free", Map.of());
        time.pass(Duration.ofSeconds(1));
        List<String> order = new ArrayList<>();
        order.addAll(messages(claims(1, PLENTY, all, PartitionRules.NONE)));
        order.addAll(messages(claims(10, PLENTY, all, PartitionRules.NONE)));
        assertThat(order).doesNotContain("dear").contains("free");
        asks("b", "small too", Map.of("tokens", 1L));
        assertThat(claims(10, PLENTY, all, PartitionRules.NONE).jobs())
                .as("what frees is kept for the dear one")
                .isEmpty();
        succeed(first.jobs().getFirst());
        Claim none = claims(10, PLENTY, all, PartitionRules.NONE);
        passUntil(none.nextAt());
        assertThat(messages(claims(10, PLENTY, all, PartitionRules.NONE))).contains("dear");
    }

    @Test
    void whoTakesNothingOfWhatIsKeptForAnotherPartitionGoesPastItsOwnThatDo() {
        SortedMap<String, Quota> all = new TreeMap<>();
        all.put("tokens", new Quota(List.of(new Window(100, MINUTE))));
        asks("a", "a0", Map.of("tokens", 50L));
        assertThat(claims(1, PLENTY, all, PartitionRules.NONE).jobs()).hasSize(1);
        asks("a", "dear", Map.of("tokens", 90L));
        asks("b", "small", Map.of("tokens", 1L));
        asks("b", "small too", Map.of("tokens", 1L));
        asks("b", "free", Map.of());
        assertThat(messages(claims(1, PLENTY, all, PartitionRules.NONE))).containsExactly("free");
    }

    @Test
    void whereOneGoesAfterTheOtherWhatFindsNoRoomHoldsItsSuccessors() {
        SortedMap<String, Quota> own = new TreeMap<>();
        own.put("tokens", new Quota(List.of(new Window(100, MINUTE))));
        PartitionRules fifo = new PartitionRules(Quota.NONE, own, 10, true);
        List<String> messages = List.of("first", "dear", "free");
        for (String message : messages) {
            Map<String, Long> costs = message.equals("free") ? Map.of() : Map.of("tokens", 60L);
            held(costing(message, costs).at(NewRequest.Place.USUAL.in("a", true)));
        }
        succeed(claims(10, fifo).jobs().getFirst());
        Claim none = claims(10, fifo);
        assertThat(none.jobs()).as("they go in the order of the asks").isEmpty();
        passUntil(none.nextAt());
        Claim dear = claims(10, fifo);
        assertThat(messages(dear)).containsExactly("dear");
        succeed(dear.jobs().getFirst());
        assertThat(messages(claims(10, fifo))).containsExactly("free");
    }

    @Test
    void whoWaitsForItsOwnUnitsDoesNotWaitForAnothersCallToEnd() {
        SortedMap<String, Quota> ofTheKey = new TreeMap<>();
        ofTheKey.put("tokens", new Quota(List.of(new Window(210, MINUTE))));
        ClaimAsk ask =
                new ClaimAsk(
                        API,
                        PLENTY,
                        new TreeMap<>(),
                        List.of(
                                new ClaimAsk.Credential(
                                        "key", "hash", Quota.NONE, ofTheKey, false)),
                        BreakerPolicy.DEFAULT,
                        10,
                        MINUTE,
                        tokens(150));
        asks("a", "a0", Map.of("tokens", 60L));
        succeed(await(store.claim(ask)).jobs().getFirst());
        asks("b", "b0", Map.of("tokens", 150L));
        ClaimedJob others = await(store.claim(ask)).jobs().getFirst();
        asks("a", "a1", Map.of("tokens", 100L));
        assertThat(await(store.claim(ask)).jobs()).as("neither has room").isEmpty();
        succeed(others);
        time.pass(MINUTE.multipliedBy(2));
        assertThat(messages(await(store.claim(ask)))).containsExactly("a1");
    }

    @Test
    void howeverManyWaitForWhatAllShareWhoeverNeedsNoneOfItGoes() {
        SortedMap<String, Quota> all = new TreeMap<>();
        all.put("tokens", new Quota(List.of(new Window(100, MINUTE))));
        asks("first", "all there is", Map.of("tokens", 100L));
        assertThat(claims(1, PLENTY, all, PartitionRules.NONE).jobs()).hasSize(1);
        for (int i = 0; i < 40; i++) {
            asks("waits " + i, "m" + i, Map.of("tokens", 50L));
        }
        asks("last", "free", Map.of());
        assertThat(messages(claims(10, PLENTY, all, PartitionRules.NONE))).containsExactly("free");
        Claim none = claims(10, PLENTY, all, PartitionRules.NONE);
        assertThat(none.jobs()).isEmpty();
        if (none.nextAt() != null) {
            assertThat(none.nextAt()).as("nothing has changed").isAfter(store.clock().instant());
        }
    }

    @Test
    void aRetryFallsDueBehindAJobThatWaitsForWhatAllShare() {
        SortedMap<String, Quota> all = tokens(100).units();
        asks("a", "cheap", Map.of());
        retryAfter(
                claims(1, PLENTY, all, PartitionRules.NONE).jobs().getFirst(),
                Duration.ofSeconds(30));
        asks("b", "all there is", Map.of("tokens", 100L));
        assertThat(claims(1, PLENTY, all, PartitionRules.NONE).jobs()).hasSize(1);
        asks("a", "dear", Map.of("tokens", 100L));
        Claim none = claims(10, PLENTY, all, PartitionRules.NONE);
        assertThat(none.jobs()).isEmpty();
        passUntil(none.nextAt());
        assertThat(messages(claims(10, PLENTY, all, PartitionRules.NONE))).containsExactly("cheap");
    }

    @Test
    void whatIsGivenBackHoldsNothingOfAPartition() {
        PartitionRules one = rules(1, 10, false);
        asks("a", "a0");
        await(store.giveBack(claims(10, one).jobs()));
        assertThat(messages(claims(10, one))).containsExactly("a0");
    }

    @Test
    void aJobOfAPartitionWaitsForItsTimeAndIsThenInItsPlace() {
        Instant later = time.wall().plusSeconds(30);
        Accepted.Held held =
                held(
                        ask(SHOP, "later")
                                .at(
                                        new NewRequest.Place(Priority.NORMAL, 1, later)
                                                .in("a", false)));
        assertThat(held.request().status()).isEqualTo(Status.SCHEDULED);
        assertThat(held.request().partition()).isEqualTo("a");
        Claim none = claims(10, TWO_A_MINUTE);
        assertThat(none.jobs()).isEmpty();
        passUntil(none.nextAt());
        Claim claim = claims(10, TWO_A_MINUTE);
        assertThat(messages(claim)).containsExactly("later");
        assertThat(claim.jobs().getFirst().partition()).isEqualTo("a");
        assertThat(claim.jobs().getFirst().upstream()).isEqualTo(API);
    }

    @Test
    void whatWaitsInPartitionsIsTheUpstreamsToo() {
        asks("a", "a0");
        Accepted.Held second = asks("a", "a1");
        asks("b", "b0");
        assertThat(second.position()).isEqualTo(2);
        assertThat(store.upstream(API, PLENTY).queued()).isEqualTo(3);
        Claim claim = claims(1, PartitionRules.NONE);
        assertThat(claim.state().queued()).isEqualTo(2);
        reopen();
        assertThat(store.upstream(API, PLENTY).queued()).isEqualTo(2);
        assertThat(store.unfinished(10)).containsExactly(new Store.Unfinished(API, ROUTE, 3));
    }

    @Test
    void aCancelledJobLeavesItsPartitionAndAFailedOneIsRetriedInIt() {
        Accepted.Held first = asks("a", "a0");
        Accepted.Held second = asks("a", "a1");
        await(store.cancel(ADMIN, first.request().id()));
        Claim claim = claims(10, TWO_A_MINUTE);
        assertThat(messages(claim)).containsExactly("a1");
        fail(claim.jobs().getFirst());
        assertThat(read(second).upstream()).isEqualTo(API);
        await(store.retry(ADMIN, second.request().id()));
        Claim again = claims(10, TWO_A_MINUTE);
        assertThat(messages(again)).containsExactly("a1");
        assertThat(again.jobs().getFirst().partition()).isEqualTo("a");
        asks("a", "a2");
        assertThat(claims(10, TWO_A_MINUTE).jobs()).as("all three count").isEmpty();
    }

    @Test
    void aListIsOfOnePartitionWhateverBecameOfItsRequests() {
        UUID ended = asks("a", "a0").request().id();
        claims(10, TWO_A_MINUTE).jobs().forEach(this::succeed);
        UUID waits = asks("a", "a1").request().id();
        asks("A", "a2");
        asks("b", "b0");
        held(SHOP, "of none");
        held(ask(OTHER, "another's").at(NewRequest.Place.USUAL.in("a", false)));

        assertThat(listed(SHOP_VIEW, null, "a")).containsExactlyInAnyOrder(waits, ended);
        assertThat(listed(SHOP_VIEW, Status.QUEUED, "a")).containsExactly(waits);
        assertThat(listed(ADMIN, null, "a")).hasSize(3);
        assertThat(listed(ADMIN, null, "")).isEmpty();
    }

    private List<UUID> listed(Viewer viewer, @Nullable Status status, String partition) {
        var query = new Reads.Query(status, null, null, partition, null, null, null, null, 9, null);
        return store.reads().list(viewer, query).stream().map(RequestRecord::id).toList();
    }

    @Test
    void anIdlePartitionHasNoRow() throws SQLException {
        asks("a", "a0");
        claims(10, TWO_A_MINUTE).jobs().forEach(this::succeed);
        Claim idle = claims(10, TWO_A_MINUTE);
        assertThat(rows("upstream")).isEqualTo(2);
        passUntil(idle.nextAt());
        assertThat(claims(10, TWO_A_MINUTE).nextAt()).isNull();
        assertThat(rows("upstream")).as("the upstream's own").isEqualTo(1);
        reopen();
        asks("a", "a1");
        assertThat(messages(claims(10, TWO_A_MINUTE))).containsExactly("a1");
    }

    @Test
    void theLedgerOfAnIdlePartitionGoesWhenNoWindowReachesItAnyMore() throws SQLException {
        PartitionRules tokens = tokens(100);
        PartitionRules both = new PartitionRules(TWO_A_MINUTE.quota(), tokens.units(), 10, false);
        Duration longest = options.ledger();
        for (int i = 0; i < 12; i++) {
            asks("p" + i, "m" + i, Map.of("tokens", 10L));
        }
        asks("own", "own", Map.of("tokens", 10L));
        asks("lost", "lost", Map.of("tokens", 10L));
        sets("own", own(5, null));
        long before = ledgers();
        for (Claim each = claims(256, both); !each.jobs().isEmpty(); each = claims(256, both)) {
            for (ClaimedJob job : each.jobs()) {
                if ("lost".equals(job.partition())) {
                    timesOut(job);
                } else {
                    succeed(job);
                }
            }
        }
        time.pass(longest.minus(MINUTE));
        asks("p7", "late", Map.of("tokens", 10L));
        Claim late = claims(1, both);
        assertThat(messages(late)).containsExactly("late");
        prune();
        assertThat(ledgers()).as("two each").isGreaterThanOrEqualTo(before + 2 * 14 - 1);
        time.pass(MINUTE.multipliedBy(2));
        prunesUntil(before + 5);
        assertThat(ledgers()).as("of what may count, or has its own").isEqualTo(before + 5);
        succeed(late.jobs().getFirst());
        asks("p7", "next", Map.of("tokens", 10L));
        asks("p7", "over", Map.of("tokens", 10L));
        assertThat(messages(claims(10, both))).as("late is counted").containsExactly("next");
    }

    /** A step looks at some of them. */
    private void prunesUntil(long most) throws SQLException {
        for (int i = 0; i < 20 && ledgers() > most; i++) {
            prune();
        }
    }

    private long ledgers() throws SQLException {
        return rows("ledger");
    }

    @Test
    void aPartitionsProbeTakesItsUnitsOfWhatAllShare() {
        SortedMap<String, Quota> all = tokens(100).units();
        asks("a", "lost", Map.of("tokens", 50L));
        timesOut(claims(10, PLENTY, all, tokens(50)).jobs().getFirst());
        time.pass(Duration.ofSeconds(1));
        asks("b", "finds what is missing of all", Map.of("tokens", 1L));
        succeed(claims(10, PLENTY, all, tokens(50)).jobs().getFirst());
        time.pass(MINUTE.multipliedBy(2));
        asks("a", "probe", Map.of("tokens", 50L));
        asks("b", "dear", Map.of("tokens", 90L));
        Claim claim = claims(10, PLENTY, all, tokens(50));
        assertThat(messages(claim)).containsExactly("probe");
        assertThat(claim.jobs()).allMatch(ClaimedJob::probe);
    }

    @Test
    void nothingLeavesAsAProbeBesideAnotherPartitionsCallThatWillTell() {
        SortedMap<String, Quota> all = tokens(100).units();
        asks("a", "lost", Map.of("tokens", 100L));
        timesOut(claims(10, PLENTY, all, PartitionRules.NONE).jobs().getFirst());
        time.pass(MINUTE.multipliedBy(2));
        asks("a", "free", Map.of());
        asks("b", "dear", Map.of("tokens", 100L));
        Claim claim = claims(10, PLENTY, all, PartitionRules.NONE);
        assertThat(messages(claim)).containsExactly("free");
        await(store.cancel(ADMIN, claim.jobs().getFirst().request()));
        await(store.giveBack(claim.jobs()));
        Claim alone = claims(10, PLENTY, all, PartitionRules.NONE);
        assertThat(messages(alone)).containsExactly("dear");
        assertThat(alone.jobs()).allMatch(ClaimedJob::probe);
    }

    @Test
    void aClosedPartitionWithNothingInItGoesWhenItsTimeIsOver() throws SQLException {
        Duration closed = Duration.ofMinutes(5);
        ends("a", 429, new Decision.Closing.For(closed));
        Instant over = store.clock().instant().plus(closed);
        Instant next = claims(10, TWO_A_MINUTE).nextAt();
        while (next != null) {
            passUntil(next);
            next = claims(10, TWO_A_MINUTE).nextAt();
            assertThat(rows("upstream")).isEqualTo(store.clock().instant().isBefore(over) ? 2 : 1);
        }
        assertThat(store.clock().instant()).isAfterOrEqualTo(over);
        assertThat(rows("upstream")).as("the upstream's own").isEqualTo(1);
    }

    @Test
    void aRefusedPartitionWithNothingInItGoes() throws SQLException {
        ends("a", 401, new Decision.Closing.Unauthorized());
        Instant next = claims(10, TWO_A_MINUTE).nextAt();
        for (int i = 0; next != null && i < 3; i++) {
            passUntil(next);
            next = claims(10, TWO_A_MINUTE).nextAt();
        }
        assertThat(next).isNull();
        assertThat(rows("upstream")).as("the upstream's own").isEqualTo(1);
    }

    /** A job of a partition comes to its end with an answer that closes it. */
    private void ends(String partition, int status, Decision.Closing closing) {
        asks(partition, "ends " + partition);
        Failure failure = new Failure(Failure.Reason.MAX_ATTEMPTS, status, null);
        settles(
                claims(1, TWO_A_MINUTE).jobs().getFirst(),
                status,
                Settlement.Arrival.ANSWERED,
                new Decision.Fail(failure, closing));
    }

    /** How many there are of a table; of {@code upstream} those of partitions, too. */
    protected abstract long rows(String table) throws SQLException;

    @Test
    void whatWasAskedBeforeThereWerePartitionsIsCalledToo() {
        held(SHOP, "old");
        asks("a", "a0");
        assertThat(messages(claims(10, TWO_A_MINUTE))).containsExactlyInAnyOrder("old", "a0");
    }

    @Test
    void aBlockedPartitionIsNotLookedAtAgainUntilSomethingMayHaveChanged() {
        for (int i = 0; i < 40; i++) {
            asks("p" + i, "m" + i);
            asks("p" + i, "n" + i);
        }
        PartitionRules one = rules(1, 1, false);
        List<String> called = new ArrayList<>();
        for (Claim claim = claims(256, one); !claim.jobs().isEmpty(); claim = claims(256, one)) {
            called.addAll(messages(claim));
        }
        assertThat(called).hasSize(40).allMatch(each -> each.startsWith("m"));
        assertThat(claims(256, one).nextAt()).as("each waits for its call's end").isNull();
        asks("late", "late");
        assertThat(messages(claims(1, one))).containsExactly("late");
    }

    /** Plays by chance what a plain list of calls says, over restarts. */
    @Test
    void noPartitionIsEverOverAndWhatIsFreeIsUsed() {
        Random chance = new Random(7);
        PartitionRules three = rules(3, 2, false);
        Map<String, List<Instant>> settled = new HashMap<>();
        List<ClaimedJob> inFlight = new ArrayList<>();
        int asked = 0;
        for (int step = 0; step < 150; step++) {
            for (int i = chance.nextInt(3); i > 0; i--) {
                asks("p" + chance.nextInt(3), "m" + asked++);
            }
            if (!inFlight.isEmpty() && chance.nextBoolean()) {
                ClaimedJob job = inFlight.remove(chance.nextInt(inFlight.size()));
                succeed(job);
                settled.computeIfAbsent(job.partition(), _ -> new ArrayList<>())
                        .add(store.clock().instant());
            }
            if (step == 80) {
                reopen();
            }
            time.pass(Duration.ofSeconds(chance.nextInt(12)));
            Instant horizon = store.clock().instant().minus(MINUTE).minusMillis(100);
            inFlight.addAll(claims(10, three).jobs());
            for (String each : List.of("p0", "p1", "p2")) {
                long flying = inFlight.stream().filter(job -> each.equals(job.partition())).count();
                long counting =
                        settled.getOrDefault(each, List.of()).stream()
                                .filter(at -> at.isAfter(horizon.plusMillis(200)))
                                .count();
                assertThat(flying).isLessThanOrEqualTo(2);
                assertThat(flying + counting).isLessThanOrEqualTo(3);
            }
        }
        assertThat(asked).isGreaterThan(100);
    }
}
