package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Store} does where a partition has headers of its own, which may say who calls.
 */
abstract class StorePartitionHeadersContract extends StorePartitionRulesContract {
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
    void aRefusalOfWhoCalledBeforeHasNobodyTriedSooner() {
        sets("a", calledAs("old"));
        asks("a", "a0");
        asks("a", "a1");
        asks("a", "a2");
        ClaimedJob under = claims(1, TEN_AT_ONCE).jobs().getFirst();
        sets("a", calledAs("new"));
        closes(claims(2, TEN_AT_ONCE).jobs().getFirst(), 401, new Decision.Closing.Unauthorized());
        closes(under, 401, new Decision.Closing.Unauthorized());
        assertThat(claims(9, TEN_AT_ONCE).jobs()).isEmpty();
    }

    @Test
    void whatIsSaidOfAPartitionsOwnHeadersIsSaidOfNoneOfSeveralCredentials() {
        refusedAlone(caller("own"));
    }

    /** It may be what was refused: who else calls with that credential goes on. */
    @Test
    void whatIsSaidOfHeadersThatGoWithACredentialIsSaidOfThePartition() {
        refusedAlone(new OwnHeaders(new TreeMap<>(Map.of("x-team", "one two"))));
    }

    private void refusedAlone(OwnHeaders headers) {
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
        sets("a", new OwnRules(null, new TreeMap<>(), null, false, headers));
        asks("a", "a0");
        ClaimedJob call = await(store.claim(ask)).jobs().getFirst();
        assertThat(call.headers()).isEqualTo(headers);
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
        later.addAll(inTime(() -> await(store.claim(ask))).jobs());
        var _ = claimsUntilNone(ask, later);
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
    void whatWasAskedBeforeThereWerePartitionsTakesOfTheirCredentialsToo() {
        ClaimAsk ask = pooled(TEN_AT_ONCE);
        held(SHOP, "old");
        asks("b", "b0");
        asks("b", "b1");
        List<ClaimedJob> all = new ArrayList<>();
        var _ = claimsUntilNone(ask, all);
        assertThat(messages(all)).containsExactly("old", "b0");
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
    void whoLeavesWithItsOwnCredentialWaitsForTheUpstreamsSlotAndNotForTheOthersRoom() {
        ClaimAsk ask = hourly(new Quota(List.of(new Window(2, MINUTE))), new TreeMap<>());
        sets("own", calledAs("own"));
        asks("b", "b0");
        asks("b", "b1");
        for (int i = 0; i < 3; i++) {
            asks("own", "own" + i);
        }
        List<ClaimedJob> first = new ArrayList<>();
        var _ = claimsUntilNone(ask, first);
        assertThat(messages(first)).containsExactlyInAnyOrder("b0", "own0");
        first.forEach(this::succeed);
        passUntil(await(store.claim(ask)).nextAt());
        List<ClaimedJob> second = new ArrayList<>();
        var _ = claimsUntilNone(ask, second);
        assertThat(messages(second)).containsExactly("own1", "own2");
    }

    @Test
    void whoLeavesWithItsOwnCredentialWaitsForTheUpstreamsUnitsAndNotForTheOthersRoom() {
        ClaimAsk ask = hourly(PLENTY, tokens(100).units());
        sets("own", calledAs("own"));
        asks("b", "b0", Map.of("tokens", 0L));
        asks("b", "b1", Map.of("tokens", 0L));
        asks("own", "own0", Map.of("tokens", 100L));
        asks("own", "own1", Map.of("tokens", 100L));
        List<ClaimedJob> first = new ArrayList<>();
        var _ = claimsUntilNone(ask, first);
        assertThat(messages(first)).containsExactlyInAnyOrder("b0", "own0");
        first.forEach(this::succeed);
        Instant settled = store.clock().instant();
        Claim next = inTime(() -> await(store.claim(ask)));
        assertThat(messages(next)).containsExactly("own1");
        assertThat(store.clock().instant()).isBefore(settled.plus(MINUTE).plusSeconds(1));
    }

    @Test
    void whoLeavesWithItsOwnCredentialFindsOutAboutMissingUnitsWhileTheOthersHaveNoRoom() {
        ClaimAsk ask = hourly(PLENTY, tokens(100).units());
        sets("own", calledAs("own"));
        asks("b", "b0", Map.of("tokens", 0L));
        asks("b", "b1", Map.of("tokens", 0L));
        asks("own", "lost", Map.of("tokens", 100L));
        List<ClaimedJob> first = new ArrayList<>();
        var _ = claimsUntilNone(ask, first);
        assertThat(messages(first)).containsExactlyInAnyOrder("b0", "lost");
        for (ClaimedJob job : first) {
            if ("own".equals(job.partition())) {
                timesOut(job);
            } else {
                settles(
                        job,
                        null,
                        Settlement.Arrival.OPEN,
                        new Decision.Retry(Duration.ofHours(5), false, null));
            }
        }
        asks("own", "probe", Map.of("tokens", 100L));
        Instant lost = store.clock().instant();
        Claim next = inTime(() -> await(store.claim(ask)));
        assertThat(messages(next)).containsExactly("probe");
        assertThat(next.jobs()).allMatch(ClaimedJob::probe);
        assertThat(store.clock().instant()).isBefore(lost.plus(Duration.ofMinutes(30)));
    }

    /** With one credential of a call an hour, and this of the upstream. */
    private ClaimAsk hourly(Quota quota, SortedMap<String, Quota> units) {
        Quota hourly = new Quota(List.of(new Window(1, Duration.ofHours(1))));
        var one = new ClaimAsk.Credential("one", "identity of one", hourly, new TreeMap<>(), false);
        await(store.identify(Map.of(API, "pool"), Map.of(API, List.of(one))));
        return new ClaimAsk(
                API, quota, units, List.of(one), BreakerPolicy.DEFAULT, 20, MINUTE, TEN_AT_ONCE);
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
}
