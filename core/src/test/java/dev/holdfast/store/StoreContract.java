package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted.How;
import dev.holdfast.store.Deliveries.DeliveryTry;
import dev.holdfast.store.Deliveries.State;
import dev.holdfast.store.Store.Unfinished;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every {@link Store} does: ends, webhooks, clients, listings, retention. */
public abstract class StoreContract extends StoreTellingContract {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void aCancelledRequestIsNotCalled() {
        Accepted.Held held = held(with(ask(SHOP, "m"), HOOK, null, null));
        Ending ending = await(store.cancel(SHOP_VIEW, held.request().id()));
        assertThat(ending.what()).isEqualTo(Ending.What.DONE);
        assertThat(ending.request().status()).isEqualTo(Status.CANCELLED);
        assertThat(ending.request().completedAt()).isEqualTo(time.wall());
        assertThat(ending.deliveries()).hasSize(1);
        assertThat(claim(10).jobs()).isEmpty();
        assertThat(await(store.cancel(SHOP_VIEW, held.request().id())).what())
                .isEqualTo(Ending.What.CONFLICT);
        reopen();
        assertThat(status(held)).isEqualTo(Status.CANCELLED);
        held(SHOP, "m", How.NEW);
    }

    @Test
    void whatNobodyWaitsForAnyMoreIsNotWritten() {
        var unwanted = store.accept(with(ask(SHOP, "m"), HOOK, null, null), () -> false);
        var wanted = store.accept(ask(SHOP, "m"));
        assertThat(await(unwanted)).isEqualTo(Accepted.UNWANTED);
        assertThat(await(wanted))
                .isInstanceOfSatisfying(
                        Accepted.Held.class, held -> assertThat(held.how()).isEqualTo(How.NEW));
        assertThat(store.reads().list(SHOP_VIEW, new Reads.Query(null, null, null, 10, null)))
                .hasSize(1);
        succeed(claimOne());
        assertThat(store.deliveries().pending()).isZero();
    }

    @Test
    void whatIsUnfinishedIsCountedByRoute() {
        assertThat(store.unfinished(10)).isEmpty();
        held(SHOP, "retrying");
        retryAfter(claimOne(), MINUTE);
        held(SHOP, "running");
        ClaimedJob running = claimOne();
        held(OTHER, "queued");
        Unfinished three = new Unfinished(running.upstream(), running.route(), 3);
        assertThat(store.unfinished(10)).containsExactly(three);
        reopen();
        assertThat(store.unfinished(10)).containsExactly(three);
    }

    @Test
    void aJobThatSomebodyElseWantsGoesOn() {
        Accepted.Held mine = held(SHOP, "m");
        Accepted.Held theirs = held(OTHER, "m");
        assertThat(await(store.cancel(SHOP_VIEW, theirs.request().id())).what())
                .isEqualTo(Ending.What.UNKNOWN);
        await(store.cancel(SHOP_VIEW, mine.request().id()));
        succeed(claimOne());
        assertThat(status(mine)).isEqualTo(Status.CANCELLED);
        assertThat(status(theirs)).isEqualTo(Status.SUCCEEDED);
    }

    @Test
    void theResultOfACallThatNobodyWantsAnyMoreServesAsCache() {
        Accepted.Held held = held(with(ask(SHOP, "m"), HOOK, null, null));
        ClaimedJob job = claimOne();
        await(store.cancel(SHOP_VIEW, held.request().id()));
        Settled settled = succeed(job);
        assertThat(settled.applied()).isTrue();
        assertThat(settled.deliveries()).isEmpty();
        assertThat(status(held)).isEqualTo(Status.CANCELLED);
        held(OTHER, "m", How.CACHED);
    }

    @Test
    void aCallThatNobodyWantsAnyMoreIsNotRetried() {
        Accepted.Held held = held(SHOP, "m");
        ClaimedJob job = claimOne();
        await(store.cancel(SHOP_VIEW, held.request().id()));
        retryAfter(job, Duration.ZERO);
        assertThat(claim(10).jobs()).isEmpty();
        held(SHOP, "m", How.NEW);
    }

    @Test
    void anExpiredRequestNeverTakesASlot() {
        Accepted.Held held = held(with(ask(SHOP, "m"), HOOK, MINUTE, null));
        assertThat(await(store.expire()).next()).isEqualTo(store.clock().instant().plus(MINUTE));
        reopen();
        time.pass(MINUTE);
        Claim claim = claim(10);
        assertThat(claim.jobs()).isEmpty();
        assertThat(claim.expired()).hasSize(1);
        assertThat(status(held)).isEqualTo(Status.EXPIRED);
        assertThat(await(store.deliveries().claim(1, MINUTE)).deliveries()).hasSize(1);
        assertThat(await(store.expire()).requests()).isEmpty();
    }

    @Test
    void ofManyThatExpireTogetherNoneIsCalledAndWhoIsWantedStillIs() {
        List<NewRequest> asks = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            asks.add(with(ask(SHOP, "m" + i), null, MINUTE, null));
        }
        asks.add(with(ask(SHOP, "last"), null, MINUTE, null));
        List<Accepted.Held> late = heldTogether(asks);
        Accepted.Held last = held(SHOP, "last", How.COLLAPSED);
        time.pass(MINUTE);
        int claims = endWith("last");
        assertThat(claims).as("a claim ends a few of them").isBetween(5, 601);
        assertThat(status(last)).isEqualTo(Status.RUNNING);
        assertThat(late).allSatisfy(each -> assertThat(status(each)).isEqualTo(Status.EXPIRED));
    }

    @Test
    void aJobThatManyWantedUntilNowIsNotCalledWhileTheyEnd() {
        List<NewRequest> asks = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            asks.add(with(ask(i % 2 == 0 ? SHOP : OTHER, "m"), null, MINUTE, null));
        }
        heldTogether(asks);
        held(OTHER, "last");
        time.pass(MINUTE);
        endWith("last");
    }

    /** Claims until something is handed out, which must be this; how many it took. */
    private int endWith(String message) {
        for (int claims = 1; ; claims++) {
            Claim claim = claim(1);
            if (!claim.jobs().isEmpty()) {
                assertThat(messages(claim)).containsExactly(message);
                return claims;
            }
            assertThat(claim.expired()).isNotEmpty();
            assertThat(claim.nextAt()).isEqualTo(store.clock().instant());
        }
    }

    @Test
    void expiryTellsWhoExpiredAndHandsTheWebhooksOver() {
        held(with(ask(SHOP, "m"), HOOK, MINUTE, null));
        held(SHOP, "n");
        time.pass(MINUTE);
        Expired expired = await(store.expire());
        assertThat(expired.requests()).hasSize(1);
        assertThat(expired.requests().getFirst().status()).isEqualTo(Status.EXPIRED);
        assertThat(expired.deliveries()).hasSize(1);
        assertThat(expired.next()).isNull();
        assertThat(messages(claim(10))).containsExactly("n");
    }

    @Test
    void whatSucceededInTimeDoesNotExpire() {
        Accepted.Held held = held(with(ask(SHOP, "m"), null, MINUTE, null));
        succeed(claimOne());
        time.pass(MINUTE.multipliedBy(2));
        assertThat(await(store.expire()).requests()).isEmpty();
        assertThat(status(held)).isEqualTo(Status.SUCCEEDED);
    }

    @Test
    void aFailureIsReadAsItWasWritten() {
        Accepted.Held held = held(ask(SHOP, "m"));
        var failure =
                new Failure(Failure.Reason.RESULT_TOO_LARGE, 200, null, "over 10485760 bytes");
        settle(claimOne(), new Decision.Fail(failure));
        assertThat(read(held).failure()).isEqualTo(failure);
    }

    @Test
    void aFailedRequestCanBeQueuedAnew() {
        Accepted.Held held = held(with(ask(SHOP, "m"), HOOK, null, null));
        Settled failed = fail(claimOne());
        assertThat(failed.deliveries()).hasSize(1);
        assertThat(read(held).failure().upstreamBody()).isEqualTo("bad message");
        Ending gone = await(store.retry(SHOP_VIEW, held.request().id(), _ -> false));
        assertThat(gone.what()).isEqualTo(Ending.What.ROUTE_GONE);
        Ending ending = await(store.retry(SHOP_VIEW, held.request().id()));
        assertThat(ending.what()).isEqualTo(Ending.What.DONE);
        assertThat(ending.request().status()).isEqualTo(Status.QUEUED);
        assertThat(ending.request().attempts()).isZero();
        assertThat(store.deliveries().pending()).isZero();
        assertThat(await(store.retry(SHOP_VIEW, held.request().id())).what())
                .isEqualTo(Ending.What.CONFLICT);
        reopen();
        assertThat(succeed(claimOne()).deliveries()).hasSize(1);
        assertThat(status(held)).isEqualTo(Status.SUCCEEDED);
    }

    @Test
    void aDeliveryIsPendingUntilItIsDelivered() {
        held(with(ask(SHOP, "m"), HOOK, null, null));
        UUID id = succeed(claimOne()).deliveries().getFirst().id();
        settle(id, State.PENDING, MINUTE, 503);
        Deliveries.Due none = await(store.deliveries().claim(10, MINUTE));
        assertThat(none.deliveries()).isEmpty();
        assertThat(none.next()).isEqualTo(store.clock().instant().plus(MINUTE));
        reopen();
        time.pass(MINUTE);
        List<Delivery> due = await(store.deliveries().claim(10, MINUTE)).deliveries();
        assertThat(due).hasSize(1);
        assertThat(due.getFirst().id()).isEqualTo(id);
        assertThat(due.getFirst().attempts()).isEqualTo(1);
        settle(id, State.DELIVERED, null, 200);
        settle(id, State.FAILED, null, 500);
        assertThat(store.deliveries().pending()).isZero();
        List<Deliveries.DeliveryRecord> listed =
                store.deliveries().list(SHOP_VIEW, null, null, 10, null).deliveries();
        assertThat(listed).hasSize(1);
        assertThat(listed.getFirst().state()).isEqualTo(State.DELIVERED);
        assertThat(listed.getFirst().type()).isEqualTo("request.succeeded");
        assertThat(listed.getFirst().attempts()).isEqualTo(2);
        assertThat(store.deliveries().tries(SHOP_VIEW, id))
                .extracting(Deliveries.TryRecord::status)
                .containsExactly(503, 200);
    }

    @Test
    void aDeliveryGivenBackIsDueAgainUntried() {
        held(with(ask(SHOP, "m"), HOOK, null, null));
        UUID id = succeed(claimOne()).deliveries().getFirst().id();
        await(store.deliveries().postpone(List.of(id), Duration.ofSeconds(3)));
        time.pass(Duration.ofSeconds(3));
        List<Delivery> due = await(store.deliveries().claim(10, MINUTE)).deliveries();
        assertThat(due).hasSize(1);
        assertThat(due.getFirst().attempts()).isZero();
    }

    @Test
    void aDeliveryCanBeMadeDueAgainByItsOwner() {
        held(with(ask(SHOP, "m"), HOOK, null, null));
        UUID id = succeed(claimOne()).deliveries().getFirst().id();
        settle(id, State.FAILED, null, null);
        List<String> woken = new ArrayList<>();
        store.deliveries().whenDue(() -> woken.add("due"));
        Viewer other = new Viewer(OTHER, false);
        assertThat(await(store.deliveries().redeliver(other, id))).isFalse();
        assertThat(store.deliveries().tries(other, id)).isEmpty();
        assertThat(woken).isEmpty();
        assertThat(await(store.deliveries().redeliver(SHOP_VIEW, id))).isTrue();
        assertThat(woken).hasSize(1);
        assertThat(await(store.deliveries().claim(10, MINUTE)).deliveries()).hasSize(1);
    }

    @Test
    void listsAreFilteredAndPaged() {
        List<UUID> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            time.pass(Duration.ofMillis(2));
            ids.add(held(i % 2 == 0 ? SHOP : OTHER, "m" + i).request().id());
        }
        succeed(claimOne());
        assertThat(ids(ADMIN, null, 3, null)).containsExactly(ids.get(4), ids.get(3), ids.get(2));
        assertThat(ids(ADMIN, null, 3, ids.get(2))).containsExactly(ids.get(1), ids.get(0));
        assertThat(ids(SHOP_VIEW, null, 9, null))
                .containsExactly(ids.get(4), ids.get(2), ids.get(0));
        assertThat(ids(SHOP_VIEW, Status.SUCCEEDED, 9, null)).containsExactly(ids.get(0));
    }

    @Test
    void theCallsThatHoldSlotsAreListedWithWhenTheyTookThem() {
        Accepted.Held first = held(SHOP, "m");
        Instant before = store.clock().instant();
        succeed(claimOne());
        time.pass(Duration.ofSeconds(30));
        held(OTHER, "n");
        retryAfter(claimOne(), Duration.ZERO);
        Instant settled = store.clock().instant();
        time.pass(Duration.ofSeconds(20));
        claimOne();

        List<Reads.CallRecord> calls = store.reads().calls(API, before.minus(MINUTE), 10);
        assertThat(calls)
                .extracting(Reads.CallRecord::outcome)
                .containsExactly("running", "status", "done");
        assertThat(calls).extracting(Reads.CallRecord::number).containsExactly(2, 1, 1);
        assertThat(calls.getFirst().settled()).isNull();
        assertThat(calls.getFirst().taken()).isEqualTo(store.clock().instant());
        assertThat(calls.get(1).settled()).isEqualTo(settled);
        assertThat(calls.get(1).status()).isEqualTo(502);
        assertThat(calls.get(2).request()).isEqualTo(first.request().id());
        assertThat(store.reads().calls(API, before, 10)).hasSize(2);
        assertThat(store.reads().calls(API, before.minus(MINUTE), 1)).hasSize(2);
        assertThat(store.reads().calls("none", before.minus(MINUTE), 10)).isEmpty();
    }

    @Test
    void finishedRequestsAreForgottenAfterTheRetention() {
        Accepted.Held done = held(with(ask(SHOP, "m"), HOOK, null, null));
        UUID delivery = succeed(claimOne()).deliveries().getFirst().id();
        Accepted.Held waiting = held(SHOP, "n");
        time.pass(Duration.ofDays(8));
        prune();
        assertThat(store.reads().request(ADMIN, done.request().id())).isPresent();
        settle(delivery, State.DELIVERED, null, 200);
        time.pass(Duration.ofHours(1));
        prune();
        assertThat(store.reads().request(ADMIN, done.request().id())).isEmpty();
        assertThat(store.deliveries().list(ADMIN, null, null, 10, null).deliveries()).isEmpty();
        assertThat(status(waiting)).isEqualTo(Status.QUEUED);
        held(SHOP, "m", How.NEW);
    }

    @Test
    void aRequestIsKeptAsLongAsItsIdempotencyKey() {
        NewRequest.Idempotency key = new NewRequest.Idempotency("k", key("f"));
        Accepted.Held first = held(with(ask(SHOP, "m"), null, null, key));
        Accepted.Held without = held(SHOP, "n");
        claim(10).jobs().forEach(this::succeed);
        time.pass(RETENTION.plus(Duration.ofHours(11)));
        prune();
        assertThat(store.reads().request(ADMIN, without.request().id())).isEmpty();
        reopen();
        Accepted.Held again = held(with(ask(SHOP, "m"), null, null, key));
        assertThat(again.how()).isEqualTo(How.REPEATED);
        assertThat(again.request().id()).isEqualTo(first.request().id());
        assertThat(again.request().status()).isEqualTo(Status.SUCCEEDED);
        time.pass(Duration.ofHours(25));
        prune();
        assertThat(store.reads().request(ADMIN, first.request().id())).isEmpty();
        assertThat(held(with(ask(SHOP, "m"), null, null, key)).how()).isEqualTo(How.NEW);
    }

    @Test
    void aRouteKeepsItsNewestResultsOnly() {
        for (int i = 0; i < 4; i++) {
            held(few("f" + i));
            time.pass(Duration.ofSeconds(10));
            succeed(claimOne());
        }
        prune();
        assertThat(held(few("f0")).how()).isEqualTo(How.NEW);
        assertThat(held(few("f1")).how()).isEqualTo(How.NEW);
        assertThat(held(few("f2")).how()).isEqualTo(How.CACHED);
        reopen();
        assertThat(held(few("f3")).how()).isEqualTo(How.CACHED);
    }

    @Test
    void commitsAreSeenWithTheirWrites() {
        AtomicInteger writes = new AtomicInteger();
        store.watch(
                new CommitWatch() {
                    @Override
                    public void committed(int count, long nanos) {
                        assertThat(nanos).isNotNegative();
                        writes.addAndGet(count);
                    }
                });
        held(SHOP, "m");
        succeed(claimOne());
        assertThat(writes).hasValueGreaterThanOrEqualTo(3);
    }

    @Test
    void endsAreSeenByRouteAndReasonOnceForEachRequest() {
        Map<CommitWatch.End, Integer> seen = new HashMap<>();
        store.watch(
                new CommitWatch() {
                    @Override
                    public void ended(Map<End, Integer> ends) {
                        ends.forEach((end, count) -> seen.merge(end, count, Integer::sum));
                    }
                });
        held(SHOP, "two want it");
        held(OTHER, "two want it", How.COLLAPSED);
        Accepted.Held another = held(SHOP, "two want it", How.COLLAPSED);
        await(store.cancel(SHOP_VIEW, another.request().id()));
        succeed(claimOne());
        held(SHOP, "two want it", How.CACHED);
        held(SHOP, "refused");
        retryAfter(claimOne(), Duration.ZERO);
        fail(claimOne());
        held(with(ask(SHOP, "too late"), null, MINUTE, null));
        time.pass(MINUTE);
        await(store.expire());

        assertThat(seen)
                .isEqualTo(
                        Map.of(
                                new CommitWatch.End(ROUTE, Status.SUCCEEDED, null), 3,
                                new CommitWatch.End(ROUTE, Status.CANCELLED, null), 1,
                                new CommitWatch.End(ROUTE, Status.FAILED, Failure.Reason.REJECTED),
                                        1,
                                new CommitWatch.End(ROUTE, Status.EXPIRED, null), 1));
    }

    @Test
    void clientsKeepTheirNumbers() {
        Clients clients = store.clients();
        Clients.ClientRecord shop = clients.put("shop", "ab", false, 10);
        Clients.ClientRecord ops = clients.put("ops", null, true, 20);
        assertThat(ops.id()).isNotEqualTo(shop.id());
        assertThat(clients.put("shop", "cd", false, 30).id()).isEqualTo(shop.id());
        assertThat(clients.list())
                .extracting(Clients.ClientRecord::name)
                .containsExactly("shop", "ops");
        assertThat(clients.list().getFirst().keys())
                .extracting(Clients.Key::hash)
                .containsExactly("cd");
        assertThat(ops.keyed()).isFalse();
        assertThat(clients.revoke("shop")).isTrue();
        assertThat(clients.revoke("shop")).isFalse();
        reopen();
        assertThat(store.clients().list()).containsExactly(ops);
        assertThat(store.clients().names())
                .containsExactlyInAnyOrderEntriesOf(Map.of(shop.id(), "shop", ops.id(), "ops"));
    }

    @Test
    void aClientMayHaveSeveralKeysEachWithItsOwnEnd() {
        Clients clients = store.clients();
        clients.put("shop", "ab", false, 10);
        time.pass(Duration.ofMillis(1));
        assertThat(clients.addKey("shop", "cd", time.wall().plus(DAY))).isTrue();
        assertThat(clients.addKey("nobody", "ef", null)).isFalse();
        assertThat(clients.list().getFirst().keys())
                .containsExactly(
                        new Clients.Key("ab", time.wall().minusMillis(1), null),
                        new Clients.Key("cd", time.wall(), time.wall().plus(DAY)));
        assertThat(clients.endKey("ab")).isTrue();
        assertThat(clients.endKey("ab")).isFalse();
        reopen();
        assertThat(keysOfTheFirst()).containsExactly("cd");
        time.pass(DAY);
        assertThat(keysOfTheFirst()).isEmpty();
        assertThat(store.clients().revoke("shop")).isTrue();
        assertThat(store.clients().addKey("shop", "gh", null)).isFalse();
    }

    /** Gateways look at the clients when the number is another one. */
    @Test
    void whoeverChangesAClientOrItsKeysChangesTheNumber() {
        Clients clients = store.clients();
        List<Runnable> changes =
                List.of(
                        () -> clients.put("shop", "ab", false, 10),
                        () -> clients.addKey("shop", "cd", null),
                        () -> clients.endKey("ab"),
                        () -> clients.put("shop", "ef", true, 20),
                        () -> clients.revoke("shop"));
        for (Runnable change : changes) {
            long before = clients.changes();
            change.run();
            assertThat(clients.changes()).isNotEqualTo(before);
        }
        long last = clients.changes();
        clients.webhookSecrets(SHOP);
        clients.list();
        assertThat(clients.changes()).isEqualTo(last);
        reopen();
        assertThat(store.clients().changes()).isEqualTo(last);
    }

    @Test
    void whetherAnybodyHasAKeyOrEverHadIsKnownWithoutAllClients() {
        Clients clients = store.clients();
        clients.put("(open)", null, true, 10);
        assertThat(clients.anyEver()).isFalse();
        assertThat(clients.anyKey()).isFalse();
        clients.put("shop", null, false, 10);
        assertThat(clients.anyEver()).isTrue();
        assertThat(clients.anyKey()).isFalse();
        clients.addKey("shop", "ab", time.wall().plus(DAY));
        assertThat(clients.anyKey()).isTrue();
        time.pass(DAY);
        assertThat(clients.anyKey()).isFalse();
        clients.addKey("shop", "cd", null);
        assertThat(clients.anyKey()).isTrue();
        clients.revoke("shop");
        assertThat(clients.anyKey()).isFalse();
        assertThat(clients.anyEver()).isTrue();
    }

    @Test
    void clientsAreFoundByTheirNames() {
        Clients clients = store.clients();
        Clients.ClientRecord shop = clients.put("shop", "ab", false, 10);
        Clients.ClientRecord ops = clients.put("ops", null, true, 20);
        clients.put("gone", null, false, 10);
        clients.revoke("gone");
        List<String> many =
                IntStream.range(0, 1_200)
                        .mapToObj(n -> "nobody " + n)
                        .collect(Collectors.toCollection(ArrayList::new));
        many.addAll(List.of("gone", "shop"));
        many.addFirst("ops");
        assertThat(clients.list(many)).containsExactly(ops, shop);
        assertThat(clients.list(List.of())).isEmpty();
    }

    private List<String> keysOfTheFirst() {
        return store.clients().list().getFirst().keys().stream().map(Clients.Key::hash).toList();
    }

    @Test
    void onlyTheNewestSecretsSignHoweverOftenTheyAreRotated() {
        Clients clients = store.clients();
        List<String> newest = List.of();
        for (int i = 0; i < 2 * Clients.MAX_SECRETS; i++) {
            newest = clients.rotateWebhookSecret(SHOP, DAY);
        }
        assertThat(newest).hasSize(Clients.MAX_SECRETS).doesNotHaveDuplicates();
        assertThat(clients.webhookSecrets(SHOP)).isEqualTo(newest);
        assertThat(clients.rotateWebhookSecret(SHOP, DAY))
                .hasSize(Clients.MAX_SECRETS)
                .containsAll(newest.subList(0, Clients.MAX_SECRETS - 1));
    }

    @Test
    void aRotatedSecretStaysForItsOverlap() {
        Clients clients = store.clients();
        List<String> first = clients.webhookSecrets(SHOP);
        assertThat(clients.webhookSecrets(SHOP)).isEqualTo(first);
        assertThat(first.getFirst()).startsWith("whsec_");
        List<String> both = clients.rotateWebhookSecret(SHOP, DAY);
        assertThat(both).hasSize(2).endsWith(first.getFirst());
        time.pass(DAY.plusSeconds(1));
        assertThat(store.clients().webhookSecrets(SHOP)).containsExactly(both.getFirst());
        assertThat(clients.keepSecret("key", "one")).isEqualTo("one");
        assertThat(clients.keepSecret("key", "two")).isEqualTo("one");
        assertThat(clients.secret("key")).contains("one");
        assertThat(clients.secret("none")).isEmpty();
    }

    @Test
    void steadyTimeGoesOnOverAReopenAndTheWallClocksSteps() {
        held(SHOP, "m");
        Instant before = store.clock().instant();
        time.step(Duration.ofHours(-1));
        reopen();
        time.pass(Duration.ofSeconds(2));
        assertThat(store.clock().instant()).isEqualTo(before.plusSeconds(2));
    }

    private NewRequest few(String message) {
        NewRequest ask = ask(SHOP, message);
        return new NewRequest(
                ask.id(),
                ask.client(),
                ask.maxPending(),
                API,
                ask.maxQueue(),
                "/few",
                ask.key(),
                ask.params(),
                true,
                DAY,
                null,
                null,
                null,
                null);
    }

    private List<UUID> ids(
            Viewer viewer, @Nullable Status status, int limit, @Nullable UUID before) {
        return store
                .reads()
                .list(viewer, new Reads.Query(status, null, null, limit, before))
                .stream()
                .map(RequestRecord::id)
                .toList();
    }

    private void settle(
            UUID delivery, State state, @Nullable Duration retryAfter, @Nullable Integer status) {
        await(
                store.deliveries()
                        .settle(
                                new DeliveryTry(
                                        delivery,
                                        state,
                                        retryAfter,
                                        status,
                                        null,
                                        Duration.ofMillis(20))));
    }
}
