package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Share;
import dev.holdfast.quota.Window;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Store} does where partitions take units: of their own, and of what all share.
 */
abstract class StorePartitionUnitsContract extends StorePartitionLooksContract {
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
    void aClaimGivesWhatAllShareInTheOrderOfTurns() {
        SortedMap<String, Quota> all = new TreeMap<>();
        all.put("tokens", new Quota(List.of(new Window(100, MINUTE))));
        for (int i = 0; i < 4; i++) {
            asks("a", "a" + i, Map.of("tokens", 30L));
        }
        asks("b", "lone", Map.of("tokens", 40L));
        assertThat(messages(claims(10, PLENTY, all, PartitionRules.NONE)))
                .as("the second of a has its turn after the first of b")
                .containsExactly("a0", "lone", "a1");
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
    void behindOneThatWaitsForWhatAllShareAndOneWithoutRoomOfItsOwnTheNextGoes() {
        SortedMap<String, Quota> all = tokens(100).units();
        PartitionRules one = rules(100, 1, false);
        asks("first", "all there is", Map.of("tokens", 100L));
        assertThat(claims(1, PLENTY, all, one).jobs()).hasSize(1);
        asks("busy", "under way", Map.of());
        assertThat(claims(1, PLENTY, all, one).jobs()).hasSize(1);
        asks("last", "done", Map.of());
        succeed(claims(1, PLENTY, all, one).jobs().getFirst());
        asks("dear", "waits for what all share", Map.of("tokens", 50L));
        asks("busy", "waits for its partition", Map.of());
        asks("last", "free", Map.of());
        assertThat(messages(claims(1, PLENTY, all, one))).containsExactly("free");
    }

    @Test
    void whoWaitsForWhatIsMissingOfAllIsTriedWhenAProbeIsDue() {
        triedAsAProbe(tokens(100).units(), PartitionRules.NONE, "b");
    }

    @Test
    void whoWaitsForWhatIsMissingOfItsOwnIsTriedWhenAProbeIsDue() {
        triedAsAProbe(new TreeMap<>(), tokens(100), "a");
    }

    @Test
    void whatIsMissingOfOnesOwnUnitsIsFoundOutBesideAnothersCall() {
        asks("a", "lost", Map.of("tokens", 100L));
        timesOut(claims(10, tokens(100)).jobs().getFirst());
        time.pass(MINUTE.multipliedBy(2));
        asks("b", "under way", Map.of("tokens", 1L));
        assertThat(claims(10, tokens(100)).jobs()).hasSize(1);
        asks("a", "dear", Map.of("tokens", 100L));
        Claim probe = claims(10, tokens(100));
        assertThat(messages(probe)).containsExactly("dear");
        assertThat(probe.jobs()).allMatch(ClaimedJob::probe);
    }

    private void triedAsAProbe(
            SortedMap<String, Quota> all, PartitionRules each, String partition) {
        asks("a", "lost", Map.of("tokens", 100L));
        timesOut(claims(10, PLENTY, all, each).jobs().getFirst());
        asks(partition, "dear", Map.of("tokens", 100L));
        assertThat(claims(10, PLENTY, all, each).jobs()).isEmpty();
        Claim next = inTime(() -> claims(10, PLENTY, all, each));
        assertThat(messages(next)).containsExactly("dear");
        assertThat(next.jobs()).allMatch(ClaimedJob::probe);
    }

    @Test
    void whoseOwnUnitsAreInFlightIsLookedAtWhenTheirCallEnds() {
        asks("a", "a0", Map.of("tokens", 100L));
        ClaimedJob call = claims(10, tokens(100)).jobs().getFirst();
        asks("a", "a1", Map.of("tokens", 100L));
        Claim none = claims(10, tokens(100));
        assertThat(none.jobs()).isEmpty();
        assertThat(none.nextAt()).isNull();
        succeed(call);
        assertThat(claims(10, tokens(100)).jobs()).isEmpty();
        Claim next = inTime(() -> claims(10, tokens(100)));
        assertThat(messages(next)).containsExactly("a1");
    }

    @Test
    void whatOthersLeaveOfAUnitIsAllThatPartitionsHaveTogether() {
        asks("a", "a fits", Map.of("tokens", 20L));
        asks("b", "b waits", Map.of("tokens", 40L));
        asks("c", "c is behind it", Map.of("tokens", 5L));
        asks("d", "d takes none", Map.of());
        Instant until = store.clock().instant().plusSeconds(20);
        Quota most = tokens(90).units().get("tokens");
        Quota left = tokens(30).units().get("tokens");
        SortedMap<String, Share> shares =
                new TreeMap<>(Map.of("tokens", new Share(most, left, null, until)));
        Claim first = claims(10, shares);
        assertThat(messages(first)).containsExactlyInAnyOrder("a fits", "d takes none");
        assertThat(first.nextAt()).isEqualTo(until);
        first.jobs().forEach(this::succeed);
        Claim next = inTime(() -> claims(10, shares));
        assertThat(messages(next)).containsExactly("b waits", "c is behind it");
        assertThat(store.clock().instant()).isEqualTo(until);
    }

    private Claim claims(int max, SortedMap<String, Share> shares) {
        return await(
                store.claim(
                        new ClaimAsk(
                                API,
                                PLENTY,
                                tokens(100).units(),
                                List.of(),
                                BreakerPolicy.DEFAULT,
                                max,
                                MINUTE,
                                TEN_AT_ONCE,
                                shares)));
    }

    @Test
    void aClaimIsDueAgainWhenTheFirstOfAllThatWaitMayGo() {
        SortedMap<String, Quota> all = tokens(100).units();
        asks("a", "all there is", Map.of("tokens", 100L));
        succeed(claims(1, PLENTY, all, PartitionRules.NONE).jobs().getFirst());
        Instant frees = store.clock().instant().plus(MINUTE);
        asks("b", "waits for what all share", Map.of("tokens", 50L));
        asks("c", "waits for its time", Map.of());
        Duration half = Duration.ofSeconds(30);
        Instant due = store.clock().instant().plus(half);
        retryAfter(claims(10, PLENTY, all, PartitionRules.NONE).jobs().getFirst(), half);
        assertThat(claims(10, PLENTY, all, PartitionRules.NONE).nextAt()).isEqualTo(due);
        passUntil(due);
        Claim again = claims(10, PLENTY, all, PartitionRules.NONE);
        assertThat(messages(again)).containsExactly("waits for its time");
        retryAfter(again.jobs().getFirst(), MINUTE);
        Claim next = inTime(() -> claims(10, PLENTY, all, PartitionRules.NONE));
        assertThat(messages(next)).containsExactly("waits for what all share");
        assertThat(store.clock().instant()).isBetween(frees, frees.plusSeconds(1));
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
}
