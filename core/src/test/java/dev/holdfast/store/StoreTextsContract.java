package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted.How;
import dev.holdfast.store.Deliveries.DeliveryTry;
import dev.holdfast.store.Deliveries.State;
import dev.holdfast.store.transition.RecentHits;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every {@link Store} does with texts: each is kept as it is, whatever it holds. */
abstract class StoreTextsContract extends StoreContentsContract {
    /** Texts that some database cannot keep as they are. */
    enum Awkward {
        ZERO("a\0b"),
        ZERO_ALONE("\0"),
        FIRST_HALF("a\ud83d"),
        LAST_HALF("\ude00b"),
        HALVES_AROUND("\ude00\ud83d"),
        MARK("\u001a0000"),
        PAIR("\ud83d\ude00 \u001a"),
        EMPTY(""),
        LARGE(("0123456789abcde" + "\0").repeat(Result.MAX_BODY_BYTES / 16)),
        WIDE("\u20ac".repeat(Result.MAX_BODY_BYTES / 3));

        final String text;

        Awkward(String text) {
            this.text = text;
        }

        /** As much of it as a reference or a key may have. */
        String shortly() {
            return text.substring(0, Math.min(text.length(), 256));
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatAnUpstreamAnsweredIsKeptAsItCame(Awkward awkward) {
        Accepted.Held done = held(SHOP, "done");
        settle(claimOne(), new Decision.Succeed(new Result(200, awkward.text)));
        Accepted.Held failed = held(SHOP, "failed");
        settle(
                claimOne(),
                new Decision.Fail(new Failure(Failure.Reason.REJECTED, 400, awkward.text)));
        reopen();
        assertThat(read(done).result()).isEqualTo(new Result(200, awkward.text));
        assertThat(read(failed).failure())
                .isEqualTo(new Failure(Failure.Reason.REJECTED, 400, awkward.text));
        held(OTHER, "done", How.CACHED);
    }

    @ParameterizedTest
    @EnumSource
    void whatACallerSentIsKeptAsItCame(Awkward awkward) {
        String key = awkward.shortly();
        NewRequest ask = said(awkward.text, key);
        Accepted.Held held = held(ask);
        assertThat(held(said(awkward.text, key)).request().id()).isEqualTo(ask.id());
        reopen();
        assertThat(held(said(awkward.text, key)).request().id()).isEqualTo(ask.id());
        ClaimedJob job = claimOne();
        assertThat(job.params()).isEqualTo(awkward.text);
        RequestRecord kept = read(held);
        assertThat(kept.params()).isEqualTo(awkward.text);
        assertThat(kept.clientRequestId()).isEqualTo(key);
        assertThat(kept.webhookUrl()).isEqualTo(awkward.text);
        var byReference = new Reads.Query(null, null, key, 10, null);
        assertThat(store.reads().list(SHOP_VIEW, byReference)).containsExactly(kept);
        List<Delivery> deliveries = succeed(job).deliveries();
        assertThat(deliveries).hasSize(1);
        assertThat(deliveries.getFirst().url()).isEqualTo(awkward.text);
        assertThat(deliveries.getFirst().headers()).isEqualTo(awkward.text);
    }

    @ParameterizedTest
    @EnumSource
    void whatAReceiverSaidIsKeptAsItCame(Awkward awkward) {
        held(with(ask(SHOP, "m"), HOOK, null, null));
        Delivery delivery = succeed(claimOne()).deliveries().getFirst();
        Duration latency = Duration.ofMillis(20);
        await(
                store.deliveries()
                        .settle(
                                new DeliveryTry(
                                        delivery.id(),
                                        State.FAILED,
                                        null,
                                        500,
                                        awkward.text,
                                        latency)));
        reopen();
        assertThat(store.deliveries().tries(SHOP_VIEW, delivery.id()))
                .singleElement()
                .satisfies(tried -> assertThat(tried.error()).isEqualTo(awkward.text));
    }

    @Test
    void aListLeavesLargeResultsWhereTheyAreAndEndsWhenItIsLong() {
        String large = "x".repeat(Reads.MAX_LISTED_RESULT_BYTES + 1);
        String small = "y".repeat(Reads.MAX_LISTED_RESULT_BYTES);
        Accepted.Held held = held(SHOP, "large");
        settle(claimOne(), new Decision.Succeed(new Result(200, large)));
        int fit = (int) (Reads.MAX_LIST_CHARS / Reads.MAX_LISTED_RESULT_BYTES);
        for (int i = 0; i < fit + 2; i++) {
            time.pass(Duration.ofSeconds(10));
            held(SHOP, "small" + i);
            settle(claimOne(), new Decision.Succeed(new Result(200, small)));
        }
        Reads.Page page =
                store.reads().page(SHOP_VIEW, new Reads.Query(null, null, null, 100, null));
        assertThat(page.requests()).hasSize(fit);
        assertThat(page.next()).isEqualTo(page.requests().getLast().id());
        Reads.Page last =
                store.reads().page(SHOP_VIEW, new Reads.Query(null, null, null, 100, page.next()));
        var rest = last.requests();
        assertThat(rest).hasSize(3);
        assertThat(last.next()).isNull();
        assertThat(rest.getLast().id()).isEqualTo(held.request().id());
        assertThat(rest.getLast().status()).isEqualTo(Status.SUCCEEDED);
        assertThat(rest.getLast().result()).isNull();
        assertThat(read(held).result()).isEqualTo(new Result(200, large));
    }

    /** As many read at once as a gateway lets: eight for callers, eight for those who wait. */
    @Test
    void whoHasAKeyIsReadHoweverManyReadResults() throws InterruptedException {
        Accepted.Held held = held(SHOP, "m");
        settle(claimOne(), new Decision.Succeed(new Result(200, "x".repeat(1 << 20))));
        store.clients().put("shop", "ab", false, 10);
        AtomicBoolean over = new AtomicBoolean();
        CountDownLatch reading = new CountDownLatch(16);
        try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 16; i++) {
                readers.execute(
                        () -> {
                            while (!over.get()) {
                                try {
                                    assertThat(read(held).result()).isNotNull();
                                } catch (StoreUnavailable e) {
                                    assertThat(e).hasMessageContaining("cannot read");
                                }
                                reading.countDown();
                            }
                        });
            }
            try {
                assertThat(reading.await(60, TimeUnit.SECONDS)).isTrue();
                assertThat(store.clients().list()).hasSize(1);
                assertThat(store.clients().revoke("shop")).isTrue();
                assertThat(store.clients().list()).isEmpty();
            } finally {
                over.set(true);
            }
        }
    }

    @Test
    void whatAWriteTellsHasABoundInBytes() {
        String small = "y".repeat(Store.MAX_TOLD_RESULT_BYTES);
        for (String body : List.of(small, small + "y")) {
            String message = "m" + body.length();
            held(SHOP, message);
            settle(claimOne(), new Decision.Succeed(new Result(200, body)));
            var once = new NewRequest.Idempotency("key " + message, new JobKey(1, 2));
            Accepted.Held cached = held(with(ask(OTHER, message), null, null, once));
            Accepted.Held repeated = held(with(ask(OTHER, message), null, null, once));
            assertThat(repeated.how()).isEqualTo(How.REPEATED);
            Ending cancelled = await(store.cancel(new Viewer(OTHER, false), cached.request().id()));
            assertThat(cancelled.what()).isEqualTo(Ending.What.CONFLICT);
            Result told = body.equals(small) ? new Result(200, body) : null;
            for (RequestRecord request :
                    Arrays.asList(cached.request(), repeated.request(), cancelled.request())) {
                assertThat(request.status()).isEqualTo(Status.SUCCEEDED);
                assertThat(request.result()).isEqualTo(told);
            }
            assertThat(read(cached).result()).isEqualTo(new Result(200, body));
        }
    }

    @Test
    void cachedAsksThatAreKeptHaveABound() {
        held(SHOP, "m");
        succeed(claimOne());
        for (int i = 0; i < RecentHits.ALWAYS; i++) {
            assertThat(held(hooked()).how()).isEqualTo(How.CACHED);
        }
        assertThat(await(store.accept(hooked())))
                .isEqualTo(new Accepted.Refused(Accepted.Why.TOO_MANY_PENDING));
        held(SHOP, "m", How.CACHED);
        assertThat(held(with(ask(OTHER, "m"), HOOK, null, null)).how()).isEqualTo(How.CACHED);
        time.pass(RecentHits.WITHIN);
        assertThat(held(hooked()).how()).isEqualTo(How.CACHED);
    }

    private NewRequest hooked() {
        return with(bounded(ask(SHOP, "m"), 10, 10), HOOK, null, null);
    }

    @Test
    void oneForWhichNoJobIsMadeGetsWhatIsKnownAllTheSame() {
        var key = new NewRequest.Idempotency("k", new JobKey(3, 4));
        assertThat(await(store.accept(ask(SHOP, "m").withoutJob())))
                .isEqualTo(new Accepted.Refused(Accepted.Why.QUEUE_FULL));
        NewRequest first = with(ask(SHOP, "m"), null, null, key);
        held(first);
        assertThat(held(ask(OTHER, "m").withoutJob()).how()).isEqualTo(How.COLLAPSED);
        assertThat(held(with(ask(SHOP, "m"), null, null, key).withoutJob()).request().id())
                .isEqualTo(first.id());
        succeed(claimOne());
        assertThat(held(ask(OTHER, "m").withoutJob()).how()).isEqualTo(How.CACHED);
    }

    @ParameterizedTest
    @EnumSource
    void secretsAreKeptAsTheyAre(Awkward awkward) {
        assertThat(store.clients().keepSecret("key", awkward.text)).isEqualTo(awkward.text);
        reopen();
        assertThat(store.clients().secret("key")).contains(awkward.text);
        assertThat(status(held(SHOP, "m"))).isEqualTo(Status.QUEUED);
    }

    private NewRequest said(String text, String key) {
        NewRequest ask = ask(SHOP, "m");
        return new NewRequest(
                ask.id(),
                ask.client(),
                ask.maxPending(),
                ask.upstream(),
                ask.maxQueue(),
                ask.route(),
                ask.key(),
                text,
                true,
                DAY,
                new NewRequest.WebhookTarget(text, text),
                key,
                null,
                new NewRequest.Idempotency(key, new JobKey(1, 2)));
    }

    @Test
    void deliveriesOfLargeResultsAreLeasedAFewAtATime() {
        int count = 20;
        for (int i = 0; i < count; i++) {
            held(with(ask(SHOP, "m"), HOOK, null, null));
        }
        Settled settled =
                settle(
                        claimOne(),
                        new Decision.Succeed(new Result(200, "r".repeat(Result.MAX_BODY_BYTES))));
        Set<UUID> leased = new HashSet<>();
        few(settled.deliveries(), leased);
        while (leased.size() < count) {
            Deliveries.Due due = await(store.deliveries().claim(256, Duration.ofMinutes(1)));
            few(due.deliveries(), leased);
            if (leased.size() < count) {
                assertThat(due.next()).as("the others are due").isNotNull();
            }
        }
        assertThat(await(store.deliveries().claim(256, Duration.ofMinutes(1))).deliveries())
                .isEmpty();
    }

    private static void few(List<Delivery> deliveries, Set<UUID> leased) {
        assertThat(deliveries)
                .hasSizeBetween(1, (int) (Deliveries.MAX_LEASED_CHARS / Result.MAX_BODY_BYTES))
                .allMatch(delivery -> leased.add(delivery.id()));
    }
}
