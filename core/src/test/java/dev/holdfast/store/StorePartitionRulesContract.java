package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.Decision;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What every {@link Store} does where one partition is given rules of its own, or paused. */
abstract class StorePartitionRulesContract extends StorePartitionClosingsContract {
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

    @Test
    void whoWasMadeToWaitByAProcessWithOtherRulesGoesAlsoIfNobodyClaimedByTheseSince() {
        PartitionRules three = rules(3, 5, false);
        allows(three);
        asks("a", "a0");
        asks("a", "a1");
        assertThat(claims(10, rules(1, 5, false)).jobs()).hasSize(1);
        allows(three);
        assertThat(messages(claims(10, three))).containsExactly("a1");
    }

    @Test
    void whatOnePartitionIsAllowedOfUnitsHoldsInsteadOfWhatEachIsAlsoAfterARestart() {
        sets("a", new OwnRules(PLENTY, tokens(60).units(), null, false));
        for (int i = 0; i < 3; i++) {
            asks("a", "a" + i, Map.of("tokens", 30L));
            asks("b", "b" + i, Map.of("tokens", 30L));
        }
        reopen();
        assertThat(page("", 9).getFirst().own().units()).isEqualTo(tokens(60).units());
        assertThat(messages(claims(10, tokens(90))))
                .containsExactlyInAnyOrder("a0", "a1", "b0", "b1", "b2");
        assertThat(claims(10, tokens(90)).jobs()).isEmpty();
    }

    private void allows(PartitionRules each) {
        await(store.partitions().allow(API, each));
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
}
