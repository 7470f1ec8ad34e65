package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted.How;
import dev.holdfast.store.Batches.BatchRecord;
import dev.holdfast.store.Batches.Line;
import dev.holdfast.store.Batches.NewBatch;
import dev.holdfast.store.Batches.Slice;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Store} does where more wait for a job than are told of its end at once. On
 * SQLite nothing is told by itself in these tests, so what happens in between does; on PostgreSQL
 * the store goes on meanwhile, and the same must come of it.
 */
abstract class StoreTellingContract extends StoreBatchesContract {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final int WAITING = 20;

    /** On a server that is busy others may go between for seconds. */
    private static final int MOST_WRITES = 5_000;

    /** Opens the store anew, with slices of this many. */
    private void slices(int atOnce) {
        store.close();
        options = OPTIONS.telling(atOnce);
        store = open();
    }

    /** So many asks of two clients for the same, one after the other, each with a webhook. */
    private List<Accepted.Held> waiting(int many, @Nullable Duration expiresIn) {
        List<NewRequest> asks = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            time.pass(Duration.ofMillis(1));
            asks.add(with(ask(i % 2 == 0 ? SHOP : OTHER, "m"), HOOK, expiresIn, null));
        }
        return heldTogether(asks);
    }

    /** Lets the store go on until nobody is left to tell. */
    private void tellAll() throws SQLException {
        int writes = 0;
        while (rows("job WHERE told IS NOT NULL") > 0) {
            assertThat(++writes).as("writes until all are told").isLessThan(MOST_WRITES);
            await(store.expire());
        }
    }

    private List<Delivery> due() {
        return await(store.deliveries().claim(1_000, MINUTE)).deliveries();
    }

    private void assertEachIsToldOnce(List<Accepted.Held> waiting) throws SQLException {
        tellAll();
        assertThat(rows("delivery")).isEqualTo(waiting.size());
        assertThat(rows("(SELECT DISTINCT request FROM delivery) AS d")).isEqualTo(waiting.size());
        assertThat(store.deliveries().pending()).isEqualTo(waiting.size());
        assertThat(rows("pending WHERE requests <> 0")).as("unfinished").isZero();
        assertThat(rows("request WHERE expires IS NOT NULL")).isZero();
    }

    private static List<UUID> ids(List<Delivery> deliveries) {
        return deliveries.stream().map(Delivery::request).map(RequestRecord::id).toList();
    }

    @Test
    void allWhoWaitHaveTheResultAtOnceAndTheFirstOfThemAreToldFirst() throws SQLException {
        slices(3);
        List<Accepted.Held> waiting = waiting(WAITING, DAY);
        Settled settled = succeed(claimOne());
        List<UUID> ids = waiting.stream().map(held -> held.request().id()).toList();
        assertThat(ids(settled.deliveries())).isEqualTo(ids.subList(0, 3));
        waiting.forEach(held -> assertThat(status(held)).isEqualTo(Status.SUCCEEDED));
        tellAll();
        assertThat(ids(due())).hasSameElementsAs(ids.subList(3, WAITING));
        assertEachIsToldOnce(waiting);
    }

    @Test
    void whoIsStillToBeToldIsToldAfterARestart() throws SQLException {
        slices(1);
        List<Accepted.Held> waiting = waiting(WAITING, DAY);
        succeed(claimOne());
        reopen();
        waiting.forEach(held -> assertThat(status(held)).isEqualTo(Status.SUCCEEDED));
        reopen();
        assertEachIsToldOnce(waiting);
    }

    @Test
    void whoAsksTheSameMeanwhileGetsTheResultAndIsToldOnce() throws SQLException {
        slices(1);
        List<Accepted.Held> waiting = new ArrayList<>(waiting(WAITING, DAY));
        succeed(claimOne());
        Accepted.Held more = held(with(ask(SHOP, "m"), HOOK, null, null));
        assertThat(more.how()).isEqualTo(How.CACHED);
        assertThat(more.request().status()).isEqualTo(Status.SUCCEEDED);
        waiting.add(more);
        assertThat(claim(1).jobs()).as("it is known").isEmpty();
        assertEachIsToldOnce(waiting);
    }

    @Test
    void whatHasItsResultNeitherExpiresNorIsCancelledThoughItWasNotToldYet() throws SQLException {
        slices(1);
        List<Accepted.Held> waiting = waiting(WAITING, MINUTE);
        succeed(claimOne());
        time.pass(MINUTE);
        Expired expired = await(store.expire());
        assertThat(expired.requests()).isEmpty();
        Accepted.Held last = waiting.getLast();
        assertThat(await(store.cancel(ADMIN, last.request().id())).what())
                .isEqualTo(Ending.What.CONFLICT);
        waiting.forEach(held -> assertThat(status(held)).isEqualTo(Status.SUCCEEDED));
        assertEachIsToldOnce(waiting);
        assertThat(await(store.expire()).next()).isNull();
    }

    @Test
    void whatFailedIsRetriedBeforeItWasToldAndCountsOnce() throws SQLException {
        slices(1);
        store.clients().put("shop", "hash", false, 100);
        store.clients().put("other", "another hash", false, 100);
        int client = store.clients().put("third", "a third hash", false, 3).id();
        List<Accepted.Held> waiting =
                heldTogether(
                        Stream.generate(() -> with(ask(client, "m"), HOOK, null, null))
                                .limit(2)
                                .toList());
        waiting(WAITING, DAY);
        Accepted.Held other = held(with(ask(client, "m"), HOOK, null, null));
        fail(claimOne());
        Ending retried = await(store.retry(ADMIN, other.request().id()));
        assertThat(retried.what()).isEqualTo(Ending.What.DONE);
        assertThat(status(other)).isEqualTo(Status.QUEUED);
        tellAll();
        assertThat(rows("delivery WHERE state = 'pending'"))
                .as("of all but the retried one")
                .isEqualTo(WAITING + 2);
        assertThat(rows("pending WHERE requests <> 0")).isEqualTo(1);
        assertThat(rows("pending WHERE requests = 1 AND client = " + client)).isEqualTo(1);
        assertThat(waiting).allSatisfy(held -> assertThat(status(held)).isEqualTo(Status.FAILED));
        succeed(claimOne());
        tellAll();
        assertThat(rows("delivery WHERE state = 'pending'")).isEqualTo(WAITING + 3);
        assertThat(rows("pending WHERE requests <> 0")).isZero();
    }

    @Test
    void aBatchIsCompleteWhenAllItsLinesWereTold() throws SQLException {
        slices(1);
        BatchRecord batch =
                await(store.batches().begin(new NewBatch(SHOP, null, "https://shop.example/b")));
        Supplier<Line> line = () -> new Line.Good(ask(SHOP, "m"));
        List<Line> lines = Stream.generate(line).limit(WAITING).toList();
        await(store.batches().write(new Slice(batch, 0, lines, "all", true, false, Enum::name)));
        fail(claimOne());
        await(store.retry(ADMIN, Batches.line(batch.id(), WAITING)));
        reopen();
        tellAll();
        BatchRecord told = store.batches().batch(ADMIN, batch.id()).orElseThrow();
        assertThat(told.failed()).isEqualTo(WAITING - 1);
        assertThat(told.unfinished()).isEqualTo(1);
        assertThat(told.completedAt()).isNull();
        succeed(claimOne());
        BatchRecord complete = store.batches().batch(ADMIN, batch.id()).orElseThrow();
        assertThat(complete.succeeded()).isEqualTo(1);
        assertThat(complete.unfinished()).isZero();
        assertThat(complete.completedAt()).isNotNull();
        assertThat(rows("delivery")).isEqualTo(1);
    }

    @Test
    void whatIsStillToBeToldIsNotForgotten() throws SQLException {
        slices(1);
        List<Accepted.Held> waiting = waiting(WAITING, null);
        fail(claimOne());
        time.pass(RETENTION);
        prune();
        assertEachIsToldOnce(waiting);
        for (Delivery delivery : due()) {
            var tried =
                    new Deliveries.DeliveryTry(
                            delivery.id(),
                            Deliveries.State.DELIVERED,
                            null,
                            200,
                            null,
                            Duration.ZERO);
            await(store.deliveries().settle(tried));
        }
        time.pass(DAY);
        prune();
        time.pass(DAY);
        prune();
        assertThat(rows("job")).isZero();
    }

    @Test
    void jobsOfWhichManyWaitAreToldInTurn() throws SQLException {
        slices(1);
        List<Accepted.Held> waiting = new ArrayList<>();
        for (String message : List.of("a", "b", "c")) {
            waiting.addAll(
                    heldTogether(
                            Stream.generate(() -> with(ask(SHOP, message), HOOK, null, null))
                                    .limit(5)
                                    .toList()));
        }
        Failure failure = new Failure(Failure.Reason.REJECTED, 400, "bad message");
        claim(3).jobs().stream()
                .map(job -> store.settle(settlement(job, new Decision.Fail(failure))))
                .toList()
                .forEach(this::await);
        waiting.forEach(held -> assertThat(status(held)).isEqualTo(Status.FAILED));
        assertEachIsToldOnce(waiting);
    }
}
