package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
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
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Store} does where an upstream has partitions: each has its own ledgers (P1) and
 * turns among the others (P6), what keeps one from its turn keeps no other, and one that is idle
 * keeps nothing.
 */
abstract class StorePartitionContract extends StorePartitionFixture {
    @Test
    void aPartitionsKeyMayBeAnyText() {
        List<String> keys = List.of("a\u0000b", "a", "\ud83d", "b'\\ \u0000", "\u00e9", "");
        for (String key : keys) {
            asks(key, "first of " + keys.indexOf(key));
            asks(key, "second of " + keys.indexOf(key));
        }
        Claim all = claims(64, rules(1, 10, false));
        assertThat(all.jobs())
                .extracting(ClaimedJob::partition)
                .containsExactlyInAnyOrderElementsOf(keys);
        assertThat(claims(64, rules(1, 10, false)).jobs()).isEmpty();
    }

    @Test
    void ofManyThatExpireTogetherInPartitionsNoneIsCalled() {
        for (int i = 0; i < 300; i++) {
            held(
                    with(ask(SHOP, "late" + i), null, MINUTE, null)
                            .at(NewRequest.Place.USUAL.in("p" + i % 100, false)));
        }
        asks("p99", "last");
        asks("p100", "other");
        time.pass(MINUTE);
        List<String> called = new ArrayList<>();
        for (int i = 0; i < 40 && called.size() < 2; i++) {
            Claim claim = claims(64, TEN_AT_ONCE);
            called.addAll(messages(claim.jobs()));
            passUntil(claim.nextAt());
        }
        assertThat(called).containsExactlyInAnyOrder("last", "other");
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
    void whoHadMoreTurnsInOneClaimHasItsNextThatMuchLater() {
        for (int i = 0; i < 5; i++) {
            asks("a", "a" + i);
            asks("b", "b" + i);
        }
        assertThat(messages(claims(3, PartitionRules.NONE)))
                .containsExactlyInAnyOrder("a0", "b0", "a1");
        List<String> order = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            order.addAll(messages(claims(1, PartitionRules.NONE)));
        }
        assertThat(order).containsExactly("b1", "a2", "b2", "a3");
    }

    @Test
    void turnsGoOnWhereTheClaimBeforeEnded() {
        for (int i = 0; i < 3; i++) {
            asks("a", "a" + i);
            asks("b", "b" + i);
            asks("c", "c" + i);
        }
        assertThat(messages(claims(2, PartitionRules.NONE))).containsExactly("a0", "b0");
        assertThat(messages(claims(2, PartitionRules.NONE))).containsExactly("c0", "a1");
        assertThat(messages(claims(3, PartitionRules.NONE))).containsExactly("b1", "c1", "a2");
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
    void whatWaitsGoesOneAfterTheOtherWhereThatIsAskedForSince() {
        asks("a", "a0");
        asks("a", "a1");
        PartitionRules fifo = rules(100, 10, true);
        Claim first = claims(10, fifo);
        assertThat(messages(first)).containsExactly("a0");
        assertThat(claims(10, fifo).jobs()).isEmpty();
        succeed(first.jobs().getFirst());
        assertThat(messages(claims(10, fifo))).containsExactly("a1");
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
    void whatWasAskedBeforeThereWerePartitionsIsCalledToo() {
        held(SHOP, "old");
        asks("a", "a0");
        assertThat(messages(claims(10, TWO_A_MINUTE))).containsExactlyInAnyOrder("old", "a0");
    }

    @Test
    void whatWasAskedBeforeThereWerePartitionsTakesOfTheQuotaOfAll() {
        held(SHOP, "old0");
        held(SHOP, "old1");
        asks("a", "a0");
        asks("b", "b0");
        Quota three = new Quota(List.of(new Window(3, MINUTE)));
        assertThat(claims(10, three, new TreeMap<>(), TEN_AT_ONCE).jobs()).hasSize(3);
        assertThat(claims(10, three, new TreeMap<>(), TEN_AT_ONCE).jobs()).isEmpty();
    }

    @Test
    void itIsKnownWhenWhatWasAskedBeforeThereWerePartitionsFallsDue() {
        held(SHOP, "old");
        retryAfter(claimOne(), MINUTE);
        Instant due = store.clock().instant().plus(MINUTE);
        asks("p", "under way");
        assertThat(claims(9, TWO_A_MINUTE).jobs()).hasSize(1);
        assertThat(claims(9, TWO_A_MINUTE).nextAt()).isEqualTo(due);
        Instant later = store.wall().instant().plus(MINUTE.multipliedBy(2));
        held(ask(SHOP, "later").at(new NewRequest.Place(Priority.NORMAL, 1, later)));
        assertThat(claims(9, TWO_A_MINUTE).nextAt()).isEqualTo(due);
        time.pass(MINUTE);
        assertThat(messages(claims(9, TWO_A_MINUTE))).containsExactly("old");
        assertThat(claims(9, TWO_A_MINUTE).nextAt()).isEqualTo(due.plus(MINUTE));
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

    @Test
    void aPartitionAllOfWhoseJobsAreCalledIsNotLookedAtAgain() {
        asks("a", "a0");
        Claim all = claims(1, PartitionRules.NONE);
        assertThat(messages(all)).containsExactly("a0");
        assertThat(all.nextAt()).as("its call's end tells").isNull();
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
}
