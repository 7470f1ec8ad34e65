package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.quota.PartitionRules;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Store} does where a partition, or its whole upstream, asks to be left alone,
 * refuses who calls, or is not there.
 */
abstract class StorePartitionClosingsContract extends StorePartitionContract {
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
}
