package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted.How;
import dev.holdfast.store.sql.StoredClients;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Store} does with requests that ended: when it forgets one, and takes one back.
 */
abstract class StoreRetentionContract extends StoreCredentialsContract {
    @Test
    void aHotResultForgetsItsRequestsByTheirOwnTime() {
        Accepted.Held first = held(hot(SHOP));
        succeed(claimOne());
        List<Accepted.Held> old =
                heldTogether(Stream.generate(() -> hot(OTHER)).limit(600).toList());
        time.pass(Duration.ofDays(7).minusMinutes(1));
        assertThat(heldTogether(Stream.generate(() -> hot(SHOP)).limit(300).toList()))
                .extracting(Accepted.Held::how)
                .containsOnly(How.CACHED);
        time.pass(Duration.ofMinutes(1));
        prune();
        assertThat(store.reads().request(ADMIN, first.request().id())).isEmpty();
        old.forEach(
                held -> assertThat(store.reads().request(ADMIN, held.request().id())).isEmpty());
        assertThat(store.reads().list(SHOP_VIEW, new Reads.Query(null, null, null, 500, null)))
                .as("those of the last minute")
                .hasSize(300);
        time.pass(DAY.multipliedBy(8));
        prune();
        assertThat(store.reads().list(ADMIN, new Reads.Query(null, null, null, 500, null)))
                .isEmpty();
    }

    @Test
    void aResultServesAsCacheThoughItsRequestsAreForgotten() {
        Accepted.Held first = held(hot(SHOP));
        succeed(claimOne());
        time.pass(RETENTION.plusMinutes(1));
        prune();
        assertThat(isKept(first)).isFalse();
        assertThat(held(hot(OTHER)).how()).isEqualTo(How.CACHED);
    }

    @Test
    void whatFailedIsKeptAsLongAsItsEndSays() {
        store.close();
        options =
                OPTIONS.keeping(
                        new StoreOptions.Retention(RETENTION, DAY.multipliedBy(3), DAY, RETENTION));
        store = open();
        Accepted.Held succeeded = held(SHOP, "succeeded");
        succeed(claimOne());
        Accepted.Held failed = held(SHOP, "failed");
        fail(claimOne());
        Accepted.Held cancelled = held(SHOP, "cancelled");
        await(store.cancel(SHOP_VIEW, cancelled.request().id()));
        Accepted.Held expired = held(with(ask(SHOP, "expired"), null, Duration.ofSeconds(1), null));
        time.pass(Duration.ofSeconds(1));
        await(store.expire());
        time.pass(RETENTION);
        prune();
        assertThat(isKept(cancelled)).isFalse();
        assertThat(isKept(expired)).isTrue();
        time.pass(DAY);
        prune();
        assertThat(isKept(succeeded)).isFalse();
        assertThat(isKept(expired)).isFalse();
        assertThat(status(failed)).isEqualTo(Status.FAILED);
        await(store.retry(SHOP_VIEW, failed.request().id()));
        fail(claimOne());
        time.pass(DAY.multipliedBy(2));
        prune();
        assertThat(isKept(failed)).isTrue();
        time.pass(DAY);
        prune();
        assertThat(isKept(failed)).isFalse();
    }

    private boolean isKept(Accepted.Held held) {
        return store.reads().request(ADMIN, held.request().id()).isPresent();
    }

    /** The ledger is kept for a day here, requests for half of one. */
    @Test
    void aRequestThatIsForgottenLeavesItsSlotsTaken() {
        Quota twoADay = new Quota(List.of(new Window(2, DAY.minusMinutes(5))));
        Accepted.Held gone = held(cachedFor(ask(SHOP, "m"), Duration.ZERO));
        Accepted.Held lost = held(cachedFor(ask(OTHER, "lost"), Duration.ZERO));
        List<ClaimedJob> both = claim(2, twoADay).jobs();
        fail(both.getFirst());
        await(
                store.settle(
                        new Settlement(
                                both.getLast(),
                                "timeout",
                                null,
                                Settlement.Arrival.OPEN,
                                Duration.ZERO,
                                Duration.ZERO,
                                new Decision.Fail(
                                        new Failure(Failure.Reason.MAX_ATTEMPTS, null, null)))));
        time.pass(RETENTION.plusHours(1));
        prune();
        assertThat(store.reads().request(ADMIN, gone.request().id())).isEmpty();
        assertThat(store.reads().request(ADMIN, lost.request().id())).isEmpty();
        reopen();
        Occupancy slots = store.upstream(API, twoADay).slots();
        assertThat(counting(slots, twoADay)).isOne();
        assertThat(slots.missing().calls()).as("it may still arrive").isOne();
        held(SHOP, "n");
        assertThat(claim(2, twoADay).jobs()).isEmpty();
        time.pass(DAY);
        prune();
        slots = store.upstream(API, twoADay).slots();
        assertThat(counting(slots, twoADay)).isZero();
        assertThat(slots.missing().calls()).isOne();
    }

    @Test
    void theSlotOfARequestThatIsForgottenFreesInItsOwnTime() {
        Duration apart = Duration.ofHours(6);
        Quota twoADay = new Quota(List.of(new Window(2, DAY.minusMinutes(5))));
        for (String message : List.of("first", "second")) {
            held(cachedFor(ask(SHOP, message), Duration.ZERO));
            fail(claim(1, twoADay).jobs().getFirst());
            time.pass(apart);
        }
        time.pass(RETENTION.minus(apart).plusHours(1));
        prune();
        held(SHOP, "n");
        held(SHOP, "o");
        assertThat(claim(2, twoADay).jobs()).as("an hour before").isEmpty();
        time.pass(DAY.minus(RETENTION).minus(apart));
        assertThat(claim(2, twoADay).jobs()).as("of the same day, six hours apart").hasSize(1);
    }

    @Test
    void aWindowThatIsMadeLongerKnowsTheCallsThatWereForgotten() {
        Quota twoADay = new Quota(List.of(new Window(2, DAY.minusMinutes(5))));
        for (String message : List.of("a", "b", "c")) {
            held(cachedFor(ask(SHOP, message), Duration.ZERO));
            fail(claim(1, twoADay).jobs().getFirst());
            time.pass(DAY);
        }
        time.pass(DAY.multipliedBy(2));
        prune();
        assertThat(counting(store.upstream(API, month(5)).slots(), month(5)))
                .as("of three days, with their rows gone")
                .isEqualTo(3);
        reopen();
        held(SHOP, "n");
        assertThat(claim(2, month(3)).jobs()).isEmpty();
        Instant next = claim(2, month(3)).nextAt();
        assertThat(Duration.between(store.clock().instant(), next))
                .as("the first of them counts for a month from when it settled")
                .isBetween(DAY.multipliedBy(25), DAY.multipliedBy(27));
        assertThat(claim(9, month(4)).jobs()).hasSize(1);
        time.pass(DAY.multipliedBy(31));
        assertThat(counting(store.upstream(API, month(5)).slots(), month(5))).isLessThan(3);
    }

    @Test
    void aWindowThatIsMadeLongerWhileTheStoreRunsCountsToTheMinuteFromThenOn() {
        store.bound(DAY.multipliedBy(10), Map.of());
        for (String message : List.of("a", "b")) {
            held(cachedFor(ask(SHOP, message), Duration.ZERO));
            fail(claim(1).jobs().getFirst());
            time.pass(Duration.ofHours(1));
        }
        time.pass(DAY.multipliedBy(2));
        prune();

        Window between = new Window(5, DAY.multipliedBy(2).plusMinutes(90));
        Quota quota = new Quota(List.of(between));
        assertThat(counting(store.upstream(API, quota).slots(), quota))
                .as("the second, and not the first of the same day")
                .isEqualTo(1);
    }

    @Test
    void aRequestThatIsRetriedKeepsItsEarlierAttempts() {
        Accepted.Held held = held(cachedFor(ask(SHOP, "m"), Duration.ZERO));
        UUID id = held.request().id();
        retryAfter(claimOne(), Duration.ZERO);
        fail(claimOne());
        Viewer viewer = new Viewer(SHOP, false);
        time.pass(DAY.multipliedBy(5));
        assertThat(await(store.retry(viewer, id)).what()).isEqualTo(Ending.What.DONE);
        fail(claimOne());
        assertThat(await(store.retry(viewer, id)).what()).isEqualTo(Ending.What.DONE);
        time.pass(DAY.multipliedBy(5));
        prune();
        succeed(claimOne());

        assertThat(store.reads().attempts(read(held), 9))
                .as("though what failed at first is older than the retention")
                .extracting(one -> one.retry() + "." + one.number() + " " + one.outcome())
                .containsExactly("0.1 status", "0.2 status", "1.1 status", "2.1 done");
        assertThat(store.reads().attempts(read(held), 2)).hasSize(2);
        time.pass(DAY.multipliedBy(8));
        prune();
        time.pass(DAY);
        prune();
        assertThat(store.reads().request(viewer, id)).isEmpty();
        assertThat(store.reads().attempts(held.request(), 9)).isEmpty();
    }

    @Test
    void whatOperatorsDidIsRememberedTheLastFirst() {
        Clients clients = store.clients();
        for (String what : List.of("pause", "resume", "retry")) {
            clients.remember(new Clients.NewAct("ops", what, "an 'upstream' \u00fc"));
        }
        reopen();
        List<Clients.Act> acts = store.clients().acts(2, Long.MAX_VALUE);
        assertThat(acts).extracting(one -> one.act().what()).containsExactly("retry", "resume");
        assertThat(acts.getFirst().act().target()).isEqualTo("an 'upstream' \u00fc");
        assertThat(acts.getFirst().at()).isEqualTo(store.wall().instant());
        assertThat(store.clients().acts(9, acts.getLast().number()))
                .extracting(one -> one.act().what())
                .containsExactly("pause");
    }

    @Test
    void asManyActsAreRememberedAsMayBeAndTheOldestAreForgotten() {
        StoredClients clients = (StoredClients) store.clients();
        int inserted =
                clients.write(
                        sql ->
                                sql.update(
                                        """
                                        INSERT INTO act (at_ms, who, what, target)
                                        WITH RECURSIVE n(i) AS
                                            (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                                        SELECT i, 'ops', 'retry', 'a request' FROM n
                                        """,
                                        Clients.MAX_ACTS));
        assertThat(inserted).isEqualTo(Clients.MAX_ACTS);
        clients.remember(new Clients.NewAct("ops", "pause", "api"));
        clients.remember(new Clients.NewAct("ops", "resume", "api"));

        List<Clients.Act> acts = clients.acts(Clients.MAX_ACTS + 9, Long.MAX_VALUE);
        assertThat(acts).hasSize(Clients.MAX_ACTS);
        assertThat(acts.getFirst().act().what()).isEqualTo("resume");
        assertThat(acts.getLast().at()).isEqualTo(Instant.ofEpochMilli(3));
    }

    @Test
    void aListIsNarrowedByTextReasonAndTime() {
        Accepted.Held failed = held(SHOP, "a quoted 100%_!");
        fail(claimOne());
        time.pass(DAY.dividedBy(24));
        held(SHOP, "another 1005x");
        var text = "QUOTED 100%_!";
        assertThat(ids(null, text, null, null)).containsExactly(failed.request().id());
        assertThat(ids(null, "100%_", null, null)).hasSize(1);
        assertThat(ids(null, "100", null, null)).hasSize(2);
        assertThat(ids(Failure.Reason.REJECTED, null, null, null)).hasSize(1);
        assertThat(ids(Failure.Reason.UNCERTAIN, null, null, null)).isEmpty();
        Instant between = store.wall().instant().minusSeconds(60);
        assertThat(ids(null, null, null, between)).containsExactly(failed.request().id());
        assertThat(ids(null, null, between, null)).hasSize(1);
        assertThat(ids(null, null, between, between)).isEmpty();
    }

    @Test
    void aTimeBetweenTwoMillisecondsParts() {
        Instant accepted = held(SHOP, "a").request().createdAt();
        Instant later = accepted.plusNanos(1);
        assertThat(ids(null, null, accepted, null)).hasSize(1);
        assertThat(ids(null, null, null, accepted)).isEmpty();
        assertThat(ids(null, null, later, null)).isEmpty();
        assertThat(ids(null, null, null, later)).hasSize(1);
    }

    @Test
    void aCursorThatNoListGaveGoesBehindNoEnd() {
        Instant accepted = held(SHOP, "a").request().createdAt();
        var last = new UUID(-1, -1);
        var query = new Reads.Query(null, null, null, null, null, null, null, accepted, 9, last);
        assertThat(store.reads().list(SHOP_VIEW, query)).isEmpty();
    }

    private List<UUID> ids(Failure.Reason reason, String text, Instant since, Instant until) {
        var query = new Reads.Query(null, reason, null, null, null, text, since, until, 9, null);
        return store.reads().list(SHOP_VIEW, query).stream().map(RequestRecord::id).toList();
    }

    private static Quota month(int limit) {
        return new Quota(List.of(new Window(limit, DAY.multipliedBy(31))));
    }

    private NewRequest hot(int client) {
        return cachedFor(ask(client, "hot"), Duration.ofDays(30));
    }

    @Test
    void aRetryCountsAmongTheClientsPendingRequests() {
        int client = store.clients().put("shop", "hash", false, 1).id();
        Accepted.Held failed = held(client, "m");
        fail(claimOne());
        held(client, "n");
        Viewer viewer = new Viewer(client, false);
        Ending refused = await(store.retry(viewer, failed.request().id()));
        assertThat(refused.what()).isEqualTo(Ending.What.TOO_MANY_PENDING);
        assertThat(status(failed)).isEqualTo(Status.FAILED);
        succeed(claimOne());
        assertThat(await(store.retry(viewer, failed.request().id())).what())
                .isEqualTo(Ending.What.DONE);
    }
}
