package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.request.Status;
import dev.holdfast.store.Batches.BatchRecord;
import dev.holdfast.store.Batches.Line;
import dev.holdfast.store.Batches.NewBatch;
import dev.holdfast.store.Batches.Slice;
import dev.holdfast.store.Batches.Written;
import dev.holdfast.store.transition.RecentHits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What every {@link Store} does with asks that come together. */
abstract class StoreBatchesContract extends StoreOperationsContract {
    private static final NewBatch KEYED = new NewBatch(SHOP, "a-key", null);

    private BatchRecord begin(NewBatch batch) {
        return await(store.batches().begin(batch));
    }

    private Line.Good line(String message) {
        return new Line.Good(ask(SHOP, message));
    }

    private List<Line> lines(String... messages) {
        List<Line> lines = new ArrayList<>();
        for (String message : messages) {
            lines.add(line(message));
        }
        return lines;
    }

    private static Slice slice(BatchRecord batch, int before, List<Line> lines, boolean last) {
        String digest = "until " + (before + lines.size());
        return new Slice(batch, before, lines, digest, last, false, Enum::name);
    }

    private Written write(BatchRecord batch, int before, boolean last, String... messages) {
        return await(store.batches().write(slice(batch, before, lines(messages), last)));
    }

    private BatchRecord now(BatchRecord batch) {
        return store.batches().batch(ADMIN, batch.id()).orElseThrow();
    }

    private List<Status> states(BatchRecord batch) {
        return store.batches().lines(now(batch), 0, 100).stream()
                .map(RequestRecord::status)
                .toList();
    }

    @Test
    void aLineIsARequestLikeAnyOther() {
        BatchRecord batch = begin(KEYED);
        Written written = write(batch, 0, true, "a", "b");

        assertThat(written.applied()).isTrue();
        assertThat(written.decided()).hasSize(2);
        reopen();
        UUID second = Batches.line(batch.id(), 2);
        RequestRecord request = store.reads().request(SHOP_VIEW, second).orElseThrow();
        assertThat(request.params()).contains("b");
        assertThat(Batches.number(second)).isEqualTo(2);
        assertThat(messages(claim(10))).containsExactly("a", "b");
    }

    /** Each is a row that stays for days, and takes neither a slot nor a place in a queue. */
    @Test
    void linesThatAreKnownHaveABound() {
        held(SHOP, "known");
        succeed(claimOne());
        NewRequest known = bounded(ask(SHOP, "known"), 10, 10);
        BatchRecord batch = begin(KEYED);
        List<Line> lines = Collections.nCopies(RecentHits.ALWAYS + 1, new Line.Good(known));
        var decided = await(store.batches().write(slice(batch, 0, lines, true))).decided();

        assertThat(decided.subList(0, RecentHits.ALWAYS))
                .allMatch(line -> line instanceof Accepted.Held);
        assertThat(decided.getLast())
                .isEqualTo(new Accepted.Refused(Accepted.Why.TOO_MANY_PENDING));
        assertThat(now(batch).refused()).isEqualTo(1);
    }

    @Test
    void itsCountsFollowItsLines() {
        BatchRecord batch = begin(KEYED);
        write(batch, 0, true, "succeeds", "fails", "cancelled", "waits");
        await(store.cancel(SHOP_VIEW, Batches.line(batch.id(), 3)));
        succeed(claimOne());
        fail(claimOne());
        reopen();

        BatchRecord now = now(batch);
        assertThat(now.accepted()).isEqualTo(4);
        assertThat(now.unfinished()).isEqualTo(1);
        assertThat(now.succeeded()).isEqualTo(1);
        assertThat(now.failed()).isEqualTo(1);
        assertThat(now.cancelled()).isEqualTo(1);
        assertThat(now.completedAt()).isNull();
        await(store.retry(SHOP_VIEW, Batches.line(batch.id(), 2)));
        assertThat(now(batch).failed()).isZero();
        assertThat(now(batch).unfinished()).isEqualTo(2);
    }

    @Test
    void whatExpiresAndWhatIsKnownIsCountedToo() {
        held(SHOP, "known");
        succeed(claimOne());
        BatchRecord batch = begin(KEYED);
        NewRequest soon = with(ask(SHOP, "short"), null, Duration.ofMinutes(1), null);
        List<Line> lines = List.of(line("known"), new Line.Good(soon));
        await(store.batches().write(slice(batch, 0, lines, true)));
        assertThat(now(batch).succeeded()).isEqualTo(1);
        assertThat(now(batch).unfinished()).isEqualTo(1);
        time.pass(Duration.ofMinutes(1));
        await(store.expire());

        assertThat(now(batch).expired()).isEqualTo(1);
        assertThat(now(batch).completedAt()).isEqualTo(time.wall());
        assertThat(states(batch)).containsExactly(Status.SUCCEEDED, Status.EXPIRED);
    }

    @Test
    void itIsCompleteWhenAllLinesHaveComeAndEnded() {
        BatchRecord batch = begin(KEYED);
        write(batch, 0, false, "a");
        succeed(claimOne());
        assertThat(now(batch).completedAt()).isNull();
        write(batch, 1, true, "a");

        assertThat(now(batch).completedAt()).isEqualTo(time.wall());
    }

    @Test
    void linesThatComeTwiceAreThereOnce() {
        BatchRecord batch = begin(KEYED);
        write(batch, 0, false, "a", "b");
        reopen();
        BatchRecord again = begin(KEYED);
        assertThat(again.id()).isEqualTo(batch.id());
        assertThat(again.lines()).isEqualTo(2);
        assertThat(again.digest()).isEqualTo("until 2");

        assertThat(write(again, 0, false, "a", "b").applied()).isFalse();
        assertThat(write(again, 1, false, "b").applied()).isFalse();
        assertThat(write(again, 3, false, "d").applied()).isFalse();
        assertThat(write(again, 2, true, "c").applied()).isTrue();
        assertThat(write(again, 3, true, "d").applied()).isFalse();
        assertThat(messages(claim(10))).containsExactly("a", "b", "c");
        assertThat(now(batch).accepted()).isEqualTo(3);
    }

    @Test
    void aKeyIsItsClientsOwnAndCountsForADay() {
        BatchRecord batch = begin(KEYED);
        assertThat(begin(new NewBatch(OTHER, "a-key", null)).id()).isNotEqualTo(batch.id());
        assertThat(begin(new NewBatch(SHOP, null, null)).id())
                .isNotEqualTo(begin(new NewBatch(SHOP, null, null)).id());
        time.pass(StoreOptions.IDEMPOTENCY.minusSeconds(1));
        assertThat(begin(KEYED).id()).isEqualTo(batch.id());
        time.pass(Duration.ofSeconds(1));
        assertThat(begin(KEYED).id()).isNotEqualTo(batch.id());
    }

    @Test
    void aBadLineSpoilsNobodyElses() {
        BatchRecord batch = begin(KEYED);
        List<Line> lines =
                List.of(
                        line("a"),
                        new Line.Bad("{\"kind\":\"x\"}"),
                        new Line.Blank(),
                        new Line.Good(bounded(ask(SHOP, "c"), 1, 10_000)),
                        line("d"));
        await(store.batches().write(slice(batch, 0, lines, true)));
        reopen();

        assertThat(messages(claim(10))).containsExactly("a", "d");
        BatchRecord now = now(batch);
        assertThat(now.lines()).isEqualTo(5);
        assertThat(now.accepted()).isEqualTo(2);
        assertThat(now.refused()).isEqualTo(2);
        assertThat(store.batches().refusals(now, 0, 10))
                .containsExactly(
                        new Batches.Refusal(2, "{\"kind\":\"x\"}"),
                        new Batches.Refusal(4, "TOO_MANY_PENDING"));
        assertThat(store.batches().refusals(now, 2, 10)).hasSize(1);
    }

    @Test
    void allOrNoneIsNoneIfOneIsRefused() {
        BatchRecord batch = begin(KEYED);
        List<Line> lines = List.of(line("a"), new Line.Good(bounded(ask(SHOP, "b"), 1, 10_000)));
        var together = new Slice(batch, 0, lines, "all", true, true, Enum::name);

        CompletionStage<Accepted> beside = store.accept(ask(OTHER, "beside"));
        assertThatThrownBy(() -> await(store.batches().write(together)))
                .isInstanceOfSatisfying(
                        Batches.NotAll.class,
                        not -> {
                            assertThat(not.line()).isEqualTo(2);
                            assertThat(not.why()).isEqualTo(Accepted.Why.TOO_MANY_PENDING);
                        });
        await(beside);
        assertThat(messages(claim(10))).containsExactly("beside");
        assertThat(now(batch).lines()).isZero();
        assertThat(now(batch).accepted()).isZero();
    }

    @Test
    void oneThatWasStoppedTakesNoMore() {
        BatchRecord batch = begin(KEYED);
        write(batch, 0, false, "a");
        assertThat(await(store.batches().stop(new Viewer(OTHER, false), batch.id()))).isFalse();
        assertThat(await(store.batches().stop(SHOP_VIEW, batch.id()))).isTrue();

        assertThat(write(batch, 1, true, "b").applied()).isFalse();
        assertThat(now(batch).completedAt()).isNull();
        succeed(claimOne());
        assertThat(now(batch).completedAt()).isNotNull();
    }

    @Test
    void aBatchThatIsCompleteIsToldOnce() {
        BatchRecord batch = begin(new NewBatch(SHOP, "hooked", "https://shop.example/batch"));
        write(batch, 0, true, "a");
        fail(claimOne());
        reopen();
        List<Delivery> due =
                await(store.deliveries().claim(10, Duration.ofMinutes(1))).deliveries();
        assertThat(due).hasSize(1);
        assertThat(due.getFirst().batch()).isEqualTo(now(batch));
        assertThat(due.getFirst().url()).isEqualTo("https://shop.example/batch");
        assertThat(store.deliveries().list(SHOP_VIEW, null, null, 10, null).deliveries())
                .extracting(Deliveries.DeliveryRecord::type)
                .containsExactly("batch.completed");
        delivered(due.getFirst());
        await(store.retry(SHOP_VIEW, Batches.line(batch.id(), 1)));
        succeed(claimOne());

        assertThat(now(batch).succeeded()).isEqualTo(1);
        time.pass(Duration.ofMinutes(2));
        assertThat(await(store.deliveries().claim(10, Duration.ofMinutes(1))).deliveries())
                .isEmpty();
    }

    private void delivered(Delivery due) {
        await(
                store.deliveries()
                        .settle(
                                new Deliveries.DeliveryTry(
                                        due.id(),
                                        Deliveries.State.DELIVERED,
                                        null,
                                        204,
                                        null,
                                        Duration.ofMillis(1))));
    }

    @Test
    void aBatchWhoseLastLineIsRefusedWhenTheOthersHaveEndedIsCompleteAndTold() {
        BatchRecord batch = begin(new NewBatch(SHOP, "hooked", "https://shop.example/batch"));
        write(batch, 0, false, "a");
        succeed(claimOne());
        await(store.batches().write(slice(batch, 1, List.of(new Line.Bad("bad")), true)));

        assertThat(now(batch).completedAt()).isEqualTo(time.wall());
        assertThat(await(store.deliveries().claim(10, Duration.ofMinutes(1))).deliveries())
                .hasSize(1);
    }

    @Test
    void aBatchIsNotForgottenBeforeItWasToldThatItIsComplete() {
        BatchRecord batch = begin(new NewBatch(SHOP, "hooked", "https://shop.example/batch"));
        write(batch, 0, true, "a");
        succeed(claimOne());
        time.pass(RETENTION.plusDays(1));
        prune();
        List<Delivery> due =
                await(store.deliveries().claim(10, Duration.ofMinutes(1))).deliveries();
        assertThat(due).hasSize(1);
        assertThat(due.getFirst().batch()).isEqualTo(now(batch));
        delivered(due.getFirst());
        time.pass(Duration.ofMinutes(11));
        prune();

        assertThat(store.batches().batch(SHOP_VIEW, batch.id())).isEmpty();
        assertThat(store.deliveries().list(SHOP_VIEW, null, null, 10, null).deliveries()).isEmpty();
    }

    @Test
    void nobodyElseSeesIt() {
        BatchRecord batch = begin(KEYED);
        time.pass(Duration.ofMillis(1));
        begin(new NewBatch(OTHER, null, null));

        assertThat(store.batches().batch(SHOP_VIEW, batch.id())).isPresent();
        assertThat(store.batches().batch(new Viewer(OTHER, false), batch.id())).isEmpty();
        assertThat(store.batches().list(SHOP_VIEW, 10, null)).hasSize(1);
        assertThat(store.batches().list(ADMIN, 10, null)).hasSize(2);
        assertThat(store.batches().list(ADMIN, 10, batch.id())).isEmpty();
    }

    @Test
    void itsLinesAreReadInOrderAfterOneThatIsKnown() {
        BatchRecord batch = begin(KEYED);
        String[] messages = new String[40];
        for (int i = 0; i < messages.length; i++) {
            messages[i] = "m" + (i + 1);
        }
        write(batch, 0, true, messages);
        held(SHOP, "afterwards");

        List<RequestRecord> some = store.batches().lines(now(batch), 17, 20);
        assertThat(some.stream().map(line -> Batches.number(line.id())).toList())
                .startsWith(18)
                .endsWith(37)
                .isSorted()
                .hasSize(20);
        assertThat(store.batches().lines(now(batch), 39, 20)).hasSize(1);
        assertThat(store.batches().lastUnfinished(now(batch)).orElseThrow().params())
                .contains("m40");
    }

    @Test
    void itIsForgottenAfterItsLines() {
        BatchRecord batch = begin(KEYED);
        await(
                store.batches()
                        .write(slice(batch, 0, List.of(line("a"), new Line.Bad("bad")), true)));
        BatchRecord goesOn = begin(new NewBatch(SHOP, null, null));
        write(goesOn, 0, true, "b");
        ClaimedJob first = claimOne();
        succeed(first);
        time.pass(DAY.minusMinutes(1));
        prune();
        assertThat(store.batches().batch(SHOP_VIEW, batch.id())).isPresent();
        time.pass(Duration.ofMinutes(2));
        prune();

        assertThat(store.batches().batch(SHOP_VIEW, batch.id())).isEmpty();
        assertThat(store.batches().batch(SHOP_VIEW, goesOn.id())).isPresent();
        assertThat(store.batches().refusals(batch, 0, 10)).isEmpty();
    }

    /** However long its lines took: whoever sent it may look up what became of it. */
    @Test
    void itIsKeptFromItsEndOnAsLongAsWhatItsLinesBecame() {
        BatchRecord batch = begin(KEYED);
        write(batch, 0, true, "a");
        time.pass(DAY.multipliedBy(3));
        succeed(claimOne());
        time.pass(RETENTION.minusMinutes(1));
        prune();
        assertThat(now(batch).succeeded()).isEqualTo(1);
        time.pass(Duration.ofMinutes(2));
        prune();
        assertThat(store.batches().batch(SHOP_VIEW, batch.id())).isEmpty();
    }
}
