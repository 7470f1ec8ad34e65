package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.store.Batches.Line;
import dev.holdfast.store.Batches.NewBatch;
import dev.holdfast.store.Batches.Slice;
import dev.holdfast.store.Operations.Act;
import dev.holdfast.store.Operations.Chosen;
import dev.holdfast.store.Operations.Filter;
import dev.holdfast.store.Operations.NewOperation;
import dev.holdfast.store.Operations.OperationRecord;
import dev.holdfast.store.Operations.State;
import dev.holdfast.store.Operations.Step;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every {@link Store} does with operations: what is chosen, and how far one is. */
abstract class StoreOperationsContract extends StoreCallsContract {
    private static final UUID ME = new UUID(1, 1);
    private static final UUID ANOTHER = new UUID(2, 2);

    private static Filter filter(@Nullable String reason, @Nullable UUID batch) {
        return new Filter(null, reason, null, null, null, null, null, batch, null, null);
    }

    private OperationRecord begin(Viewer viewer, Act act, Filter filter) {
        return await(store.operations().begin(new NewOperation(viewer, act, filter, false, 0)))
                .orElseThrow();
    }

    private List<UUID> chosen(Viewer viewer, Act act, Filter filter) {
        time.pass(Duration.ofMillis(1));
        return store.operations().choose(begin(viewer, act, filter)).ids();
    }

    private UUID failed(int client, String message, Failure.Reason reason, int status) {
        Accepted.Held held = held(client, message);
        settle(claimOne(), new Decision.Fail(new Failure(reason, status, "no")));
        return held.request().id();
    }

    @Test
    void aFilterChoosesByWhatARequestIs() {
        UUID rejected = failed(SHOP, "a", Failure.Reason.REJECTED, 400);
        UUID large = failed(SHOP, "b", Failure.Reason.RESULT_TOO_LARGE, 200);
        UUID others = failed(OTHER, "c", Failure.Reason.REJECTED, 404);
        UUID waiting = held(SHOP, "d").request().id();

        Filter all = filter(null, null);
        assertThat(chosen(SHOP_VIEW, Act.RETRY, all)).containsExactlyInAnyOrder(rejected, large);
        assertThat(chosen(ADMIN, Act.RETRY, all))
                .containsExactlyInAnyOrder(rejected, large, others);
        String reason = Failure.Reason.REJECTED.wire();
        assertThat(chosen(SHOP_VIEW, Act.RETRY, filter(reason, null))).containsExactly(rejected);
        Filter notFound = new Filter(null, null, 404, null, null, null, null, null, null, null);
        assertThat(chosen(ADMIN, Act.RETRY, notFound)).containsExactly(others);
        Filter ofOther = new Filter(null, null, null, ROUTE, API, null, OTHER, null, null, null);
        assertThat(chosen(ADMIN, Act.RETRY, ofOther)).containsExactly(others);
        assertThat(chosen(SHOP_VIEW, Act.RETRY, ofOther))
                .containsExactlyInAnyOrder(rejected, large);
        Filter elsewhere =
                new Filter(null, null, null, "/other", null, null, null, null, null, null);
        assertThat(chosen(ADMIN, Act.RETRY, elsewhere)).isEmpty();
        assertThat(chosen(SHOP_VIEW, Act.CANCEL, all)).containsExactly(waiting);
    }

    @Test
    void aFilterChoosesByTime() {
        UUID early = failed(SHOP, "a", Failure.Reason.REJECTED, 400);
        time.pass(Duration.ofMinutes(5));
        var between = time.wall();
        time.pass(Duration.ofMinutes(5));
        UUID late = failed(SHOP, "b", Failure.Reason.REJECTED, 400);

        Filter since = new Filter(null, null, null, null, null, null, null, null, between, null);
        Filter until = new Filter(null, null, null, null, null, null, null, null, null, between);
        assertThat(chosen(SHOP_VIEW, Act.RETRY, since)).containsExactly(late);
        assertThat(chosen(SHOP_VIEW, Act.RETRY, until)).containsExactly(early);
    }

    @Test
    void aBatchsLinesAreChosenAndNoOthers() {
        held(SHOP, "beside");
        var batch = await(store.batches().begin(new NewBatch(SHOP, null, null)));
        List<Line> lines = List.of(new Line.Good(ask(SHOP, "a")), new Line.Good(ask(SHOP, "b")));
        await(store.batches().write(new Slice(batch, 0, lines, "all", true, false, Enum::name)));

        assertThat(chosen(SHOP_VIEW, Act.CANCEL, filter(null, batch.id())))
                .containsExactly(Batches.line(batch.id(), 1), Batches.line(batch.id(), 2));
    }

    @Test
    void deliveriesThatWereGivenUpAreChosenByTheirHost() {
        held(with(ask(SHOP, "a"), HOOK, null, null));
        Settled settled = succeed(claimOne());
        UUID delivery = settled.deliveries().getFirst().id();
        Filter host =
                new Filter(null, null, null, null, null, "shop.example", null, null, null, null);
        assertThat(chosen(SHOP_VIEW, Act.REDELIVER, host)).isEmpty();
        givenUp(delivery);

        assertThat(chosen(SHOP_VIEW, Act.REDELIVER, host)).containsExactly(delivery);
        Filter other = new Filter(null, null, null, null, null, "shop.ex", null, null, null, null);
        assertThat(chosen(SHOP_VIEW, Act.REDELIVER, other)).isEmpty();
    }

    @Test
    void whatTellsOfABatchIsChosenByItsHostToo() {
        var batch = await(store.batches().begin(new NewBatch(SHOP, null, HOOK.url())));
        List<Line> lines = List.of(new Line.Good(ask(SHOP, "a")));
        await(store.batches().write(new Slice(batch, 0, lines, "all", true, false, Enum::name)));
        succeed(claimOne());
        UUID delivery =
                await(store.deliveries().claim(10, Duration.ofMinutes(1)))
                        .deliveries()
                        .getFirst()
                        .id();
        givenUp(delivery);

        Filter host =
                new Filter(null, null, null, null, null, "shop.example", null, null, null, null);
        assertThat(chosen(SHOP_VIEW, Act.REDELIVER, host)).containsExactly(delivery);
        assertThat(chosen(SHOP_VIEW, Act.REDELIVER, filter(null, batch.id())))
                .containsExactly(delivery);
        assertThat(chosen(SHOP_VIEW, Act.REDELIVER, filter("rejected", null))).isEmpty();
        Filter ofRoute = new Filter(null, null, null, ROUTE, null, null, null, null, null, null);
        assertThat(chosen(SHOP_VIEW, Act.REDELIVER, ofRoute)).isEmpty();
    }

    private void givenUp(UUID delivery) {
        await(
                store.deliveries()
                        .settle(
                                new Deliveries.DeliveryTry(
                                        delivery,
                                        Deliveries.State.FAILED,
                                        null,
                                        500,
                                        null,
                                        Duration.ofMillis(1))));
    }

    @Test
    void itGoesOnWhereItWasAfterARestart() {
        failed(SHOP, "a", Failure.Reason.REJECTED, 400);
        time.pass(Duration.ofMillis(1));
        OperationRecord begun = begin(SHOP_VIEW, Act.RETRY, filter("rejected", null));
        OperationRecord taken = await(store.operations().take(ME)).orElseThrow();
        assertThat(taken).isEqualTo(begun);
        Chosen chosen = store.operations().choose(taken);
        assertThat(chosen.more()).isFalse();
        Chosen some = new Chosen(chosen.ids(), chosen.last(), true);
        assertThat(
                        await(
                                store.operations()
                                        .advance(ME, taken, new Step(some, 1, 0, Duration.ZERO))))
                .isTrue();
        reopen();
        assertThat(await(store.operations().take(ANOTHER))).isEmpty();
        time.pass(Operations.LEASE);

        OperationRecord again = await(store.operations().take(ANOTHER)).orElseThrow();
        assertThat(again.cursor()).isEqualTo(chosen.last());
        assertThat(again.matched()).isEqualTo(1);
        assertThat(again.done()).isEqualTo(1);
        assertThat(again.filter()).isEqualTo(begun.filter());
        Chosen rest = store.operations().choose(again);
        assertThat(rest.ids()).isEmpty();
        assertThat(
                        await(
                                store.operations()
                                        .advance(ME, again, new Step(rest, 0, 0, Duration.ZERO))))
                .isFalse();
        assertThat(
                        await(
                                store.operations()
                                        .advance(
                                                ANOTHER,
                                                again,
                                                new Step(rest, 0, 0, Duration.ZERO))))
                .isTrue();
        OperationRecord over = store.operations().operation(SHOP_VIEW, begun.id()).orElseThrow();
        assertThat(over.state()).isEqualTo(State.DONE);
        assertThat(over.endedAt()).isEqualTo(time.wall());
        assertThat(await(store.operations().take(ANOTHER))).isEmpty();
    }

    @Test
    void oneThatRestsHoldsUpNoOtherAndIsAnybodysAfterwards() {
        OperationRecord slow = begin(SHOP_VIEW, Act.RETRY, filter(null, null));
        time.pass(Duration.ofMillis(1));
        OperationRecord other = begin(SHOP_VIEW, Act.CANCEL, filter(null, null));
        assertThat(await(store.operations().take(ME))).contains(slow);
        Chosen some = new Chosen(List.of(), null, true);
        Duration second = Duration.ofSeconds(1);
        await(store.operations().advance(ME, slow, new Step(some, 1, 0, second)));
        assertThat(await(store.operations().take(ME))).contains(other);
        Chosen all = new Chosen(List.of(), null, false);
        await(store.operations().advance(ME, other, new Step(all, 0, 0, Duration.ZERO)));

        assertThat(await(store.operations().take(ME))).isEmpty();
        assertThat(await(store.operations().take(ANOTHER))).isEmpty();
        time.pass(second);
        assertThat(await(store.operations().take(ANOTHER)).orElseThrow().id()).isEqualTo(slow.id());
    }

    @Test
    void oneThatWasStoppedGoesOnNoMore() {
        OperationRecord begun = begin(SHOP_VIEW, Act.RETRY, filter(null, null));
        await(store.operations().take(ME));
        assertThat(await(store.operations().stop(new Viewer(OTHER, false), begun.id()))).isFalse();
        assertThat(await(store.operations().stop(SHOP_VIEW, begun.id()))).isTrue();

        Step step = new Step(new Chosen(List.of(), null, true), 0, 0, Duration.ZERO);
        assertThat(await(store.operations().advance(ME, begun, step))).isFalse();
        assertThat(await(store.operations().take(ME))).isEmpty();
        assertThat(store.operations().operation(SHOP_VIEW, begun.id()).orElseThrow().state())
                .isEqualTo(State.STOPPED);
        assertThat(store.operations().operation(new Viewer(OTHER, false), begun.id())).isEmpty();
        assertThat(store.operations().list(SHOP_VIEW, 10, null)).hasSize(1);
        time.pass(Operations.KEPT);
        prune();
        assertThat(store.operations().list(ADMIN, 10, null)).isEmpty();
    }

    @Test
    void aClientHasSoManyUnderWayAtMost() {
        for (int i = 0; i < Operations.MAX_RUNNING_OF_CLIENT; i++) {
            begin(SHOP_VIEW, Act.RETRY, filter(null, null));
        }
        var oneMore = new NewOperation(SHOP_VIEW, Act.RETRY, filter(null, null), false, 0);
        assertThat(await(store.operations().begin(oneMore))).isEmpty();
    }
}
