package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.request.Body;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.request.HeaderLine;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Original;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted.How;
import dev.holdfast.store.transition.StoredContents;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What every {@link Store} does with bodies: small ones in their row, large ones in pieces. */
abstract class StoreContentsContract extends StoreAbsenceContract {
    private static final List<HeaderLine> PDF =
            List.of(
                    new HeaderLine("content-type", "application/pdf"),
                    new HeaderLine("x-a", "\u00e9"));

    private static final Contents.Owner OWNER = new Contents.Owner(SHOP, Integer.MAX_VALUE);

    private byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    private Body.Kept kept(byte[] bytes) {
        Collecting all = new Collecting(store.contents(), OWNER, newId());
        await(all.add(bytes));
        return (Body.Kept) await(all.end());
    }

    private byte[] read(Body.Kept body) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int number = 0; all.size() < body.size(); number++) {
            byte[] piece = store.contents().chunk(body.id(), number);
            assertThat(piece).as("piece " + number).isNotNull();
            all.writeBytes(piece);
        }
        return all.toByteArray();
    }

    private boolean isGone(Body.Kept body) {
        int pieces = (int) (body.size() / Contents.CHUNK_BYTES);
        for (int number = 0; number <= pieces; number++) {
            if (store.contents().chunk(body.id(), number) != null) {
                return false;
            }
        }
        return true;
    }

    private NewRequest carrying(String message, Body body) {
        return carrying(message, body, null);
    }

    private NewRequest carrying(String message, Body body, @Nullable Duration expiresIn) {
        NewRequest ask = cachedFor(ask(SHOP, message), Duration.ZERO);
        return new NewRequest(
                ask.id(),
                ask.client(),
                ask.maxPending(),
                ask.upstream(),
                ask.maxQueue(),
                ask.route(),
                ask.key(),
                ask.params(),
                ask.repeatable(),
                ask.cacheTtl(),
                null,
                null,
                expiresIn,
                null,
                body,
                ask.place());
    }

    private static Decision answered(Body body) {
        return new Decision.Succeed(new Result(201, new Original(PDF, body)));
    }

    @Test
    void aSmallBodyAndASmallAnswerComeBackAsTheyWere() {
        Body up = new Body.Inline(bytes(1000));
        Body down = new Body.Inline(bytes(Body.MAX_INLINE_BYTES));
        Accepted.Held held = held(carrying("m", up));
        reopen();
        ClaimedJob job = claimOne();
        assertThat(job.body()).isEqualTo(up);
        settle(job, answered(down));
        Result result = read(held).result();
        assertThat(result).isEqualTo(new Result(201, new Original(PDF, down)));
        Accepted.Held none = held(carrying("n", Body.none()));
        ClaimedJob bare = claimOne();
        assertThat(bare.body().isEmpty()).isTrue();
        settle(bare, answered(Body.none()));
        assertThat(read(none).result().original().body().isEmpty()).isTrue();
    }

    @Test
    void aLargeBodyAndALargeAnswerComeBackAsTheyWere() {
        byte[] up = bytes(3 * Contents.CHUNK_BYTES);
        byte[] down = bytes(2 * Contents.CHUNK_BYTES + 1);
        Body.Kept asked = kept(up);
        Accepted.Held held = held(carrying("m", asked));
        reopen();
        time.pass(Contents.LEASE.plusMinutes(1));
        prune();
        ClaimedJob job = claimOne();
        assertThat(job.body()).isEqualTo(asked);
        assertThat(read(asked)).isEqualTo(up);
        Body.Kept answer = kept(down);
        settle(job, answered(answer));
        reopen();
        time.pass(Contents.LEASE.plusMinutes(1));
        prune();
        assertThat(read(held).result().original().body()).isEqualTo(answer);
        assertThat(read(answer)).isEqualTo(down);
    }

    @Test
    void aRefusalKeepsWhatCameWithIt() {
        Accepted.Held held = held(carrying("m", Body.none()));
        Original refusal = new Original(PDF, kept(bytes(Contents.CHUNK_BYTES + 5)));
        Failure failure = new Failure(Failure.Reason.REJECTED, 404, "no", null, refusal);
        settle(claimOne(), new Decision.Fail(failure));
        assertThat(read(held).failure()).isEqualTo(failure);
    }

    @Test
    void whatAWriteTellsOfAnAnswerAsItCameHasABoundInBytes() {
        int most = Store.MAX_TOLD_RESULT_BYTES;
        for (int size : new int[] {0, most, most + 1, Body.MAX_INLINE_BYTES}) {
            Original original = new Original(PDF, new Body.Inline(bytes(size)));
            Result result = new Result(201, original);
            RequestRecord done = repeated("done" + size, new Decision.Succeed(result));
            assertThat(done.status()).isEqualTo(Status.SUCCEEDED);
            assertThat(done.result()).isEqualTo(size <= most ? result : null);
            assertThat(whole(done).result()).isEqualTo(result);
            Failure failure = new Failure(Failure.Reason.REJECTED, 404, "no", null, original);
            RequestRecord refused = repeated("refused" + size, new Decision.Fail(failure));
            assertThat(refused.failure().reason()).isEqualTo(Failure.Reason.REJECTED);
            assertThat(refused.failure().original()).isEqualTo(size <= most ? original : null);
            assertThat(whole(refused).failure()).isEqualTo(failure);
        }
    }

    /** What is told of a request that is asked again when its job has ended. */
    private RequestRecord repeated(String message, Decision end) {
        var once = new NewRequest.Idempotency("key " + message, new JobKey(1, 2));
        held(with(ask(SHOP, message), null, null, once));
        settle(claimOne(), end);
        Accepted.Held again = held(with(ask(SHOP, message), null, null, once));
        assertThat(again.how()).isEqualTo(How.REPEATED);
        return again.request();
    }

    private RequestRecord whole(RequestRecord told) {
        return store.reads().request(ADMIN, told.id()).orElseThrow();
    }

    @Test
    void whatIsForgottenTakesItsBodiesAlong() {
        Body.Kept up = kept(bytes(70 * Contents.CHUNK_BYTES));
        held(carrying("m", up));
        Body.Kept down = kept(bytes(2 * Contents.CHUNK_BYTES));
        settle(claimOne(), answered(down));
        time.pass(DAY.multipliedBy(2));
        prune();
        assertThat(isGone(up)).isTrue();
        assertThat(isGone(down)).isTrue();
    }

    @Test
    void whatWasAskedGoesWhenItsJobNeedsItNoMore() {
        Body.Kept done = kept(bytes(2 * Contents.CHUNK_BYTES));
        Accepted.Held first = held(carrying("done", done));
        Body.Kept answer = kept(bytes(2 * Contents.CHUNK_BYTES));
        settle(claimOne(), answered(answer));
        Body.Kept cancelled = kept(bytes(2 * Contents.CHUNK_BYTES));
        Accepted.Held second = held(carrying("cancelled", cancelled));
        await(store.cancel(ADMIN, second.request().id()));
        Body.Kept expired = kept(bytes(2 * Contents.CHUNK_BYTES));
        held(carrying("expired", expired, Duration.ofMinutes(1)));
        time.pass(Duration.ofMinutes(2));
        assertThat(await(store.expire()).requests()).hasSize(1);
        prune();
        assertThat(List.of(done, cancelled, expired)).allMatch(this::isGone);
        assertThat(isGone(answer)).isFalse();
        assertThat(whole(first.request()).result().original().body()).isEqualTo(answer);
        time.pass(DAY.multipliedBy(2));
        prune();
        assertThat(isGone(answer)).isTrue();
    }

    @Test
    void aCallThatIsUnderWayHasItsBodyWhoeverGaveUp() {
        Body.Kept asked = kept(bytes(2 * Contents.CHUNK_BYTES));
        Accepted.Held held = held(carrying("m", asked));
        ClaimedJob job = claimOne();
        await(store.cancel(ADMIN, held.request().id()));
        prune();
        assertThat(isGone(asked)).isFalse();
        fail(job);
        prune();
        assertThat(isGone(asked)).as("nobody wants it").isTrue();
    }

    @Test
    void whatNobodyRefersToIsSweptUp() {
        Body.Kept lost = kept(bytes(2 * Contents.CHUNK_BYTES));
        Body.Kept dropped = kept(bytes(2 * Contents.CHUNK_BYTES));
        await(store.contents().drop(dropped.id()));
        prune();
        assertThat(isGone(dropped)).isTrue();
        assertThat(isGone(lost)).as("it may still be referred to").isFalse();
        time.pass(Contents.LEASE.plusMinutes(1));
        prune();
        assertThat(isGone(lost)).isTrue();
    }

    @Test
    void whatAJobRefersToIsNotDropped() {
        Body.Kept up = kept(bytes(2 * Contents.CHUNK_BYTES));
        held(carrying("m", up));
        await(store.contents().drop(up.id()));
        prune();
        assertThat(isGone(up)).isFalse();
    }

    @Test
    void anAnswerThatIsNotThereAnyMoreSettlesNothing() {
        held(carrying("m", Body.none()));
        ClaimedJob job = claimOne();
        Body.Kept gone = new Body.Kept(UUID.randomUUID(), 100_000);
        assertThatThrownBy(() -> settle(job, answered(gone))).isInstanceOf(StatementRefused.class);
        assertThat(settle(job, answered(Body.none())).applied()).isTrue();
    }

    @Test
    void aRequestWhoseBodyIsNotAllThereIsNotKept() {
        Body.Kept swept = kept(bytes(2 * Contents.CHUNK_BYTES));
        await(store.contents().drop(swept.id()));
        prune();
        Body.Kept all = kept(bytes(2 * Contents.CHUNK_BYTES));
        Body.Kept part = new Body.Kept(all.id(), all.size() + 1);
        for (Body.Kept body : List.of(swept, part)) {
            NewRequest ask = carrying("m", body);
            assertThatThrownBy(() -> await(store.accept(ask))).isInstanceOf(StatementRefused.class);
            assertThat(store.reads().request(ADMIN, ask.id())).isEmpty();
        }
        assertThat(held(carrying("m", all)).how()).isEqualTo(How.NEW);
        assertThat(claimOne().body()).isEqualTo(all);
    }

    @Test
    void aFailedJobThatIsAskedAnewHasItsBodyUntilBothAreForgotten() {
        byte[] up = bytes(2 * Contents.CHUNK_BYTES);
        Body.Kept asked = kept(up);
        Accepted.Held held = held(carrying("m", asked));
        fail(claimOne());
        assertThat(await(store.retry(ADMIN, held.request().id())).what())
                .isEqualTo(Ending.What.DONE);
        time.pass(DAY.multipliedBy(2));
        prune();
        assertThat(status(held)).isEqualTo(Status.QUEUED);
        assertThat(claimOne().body()).isEqualTo(asked);
        assertThat(read(asked)).isEqualTo(up);
    }

    @Test
    void manyWhoReadAtOnceAllGetTheirs() throws Exception {
        byte[] up = bytes(3 * Contents.CHUNK_BYTES);
        Body.Kept body = kept(up);
        try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<byte[]>> all =
                    IntStream.range(0, 64).mapToObj(_ -> readers.submit(() -> read(body))).toList();
            for (Future<byte[]> one : all) {
                assertThat(one.get()).isEqualTo(up);
            }
        }
    }

    @Test
    void whatEachClientKeepsIsCounted() {
        Body.Kept asked = kept(bytes(2 * Contents.CHUNK_BYTES));
        held(carrying("m", asked));
        store.close();
        options = OPTIONS.keeping(Long.MAX_VALUE, 2 * Contents.CHUNK_BYTES);
        store = open();
        ((StoredContents) store.contents()).count();
        assertThat(store.contents().room(SHOP)).isEqualTo(Contents.Room.CLIENT_FULL);
        assertThat(store.contents().room(OTHER)).isEqualTo(Contents.Room.ENOUGH);
    }

    @Test
    void whoHasAsManyUnfinishedAsHeMayBeginsToKeepNoBody() {
        held(SHOP, "one");
        var one = new Contents.Owner(SHOP, 1);
        UUID id = newId();
        Logger logger = (Logger) LoggerFactory.getLogger("dev.holdfast.store");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        assertThatThrownBy(() -> await(store.contents().append(one, id, 0, new byte[9])))
                .isInstanceOf(Contents.TooManyPending.class);
        logger.detachAppender(lines);
        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .as("the store can write, whatever a client may")
                .noneMatch(line -> line.contains("pending"));
        assertThat(store.contents().chunk(id, 0)).isNull();
        await(store.contents().append(new Contents.Owner(SHOP, 2), id, 0, new byte[9]));
        assertThat(store.contents().chunk(id, 0)).hasSize(9);
    }

    @Test
    void whatIsNotWrittenIsNotCounted() {
        store.close();
        options = OPTIONS.keeping(Long.MAX_VALUE, 10);
        store = open();
        held(SHOP, "one");
        var one = new Contents.Owner(SHOP, 1);
        assertThatThrownBy(() -> await(store.contents().append(one, newId(), 0, new byte[10])))
                .isInstanceOf(Contents.TooManyPending.class);
        assertThat(store.contents().room(SHOP)).isEqualTo(Contents.Room.ENOUGH);
        await(store.contents().append(OWNER, newId(), 0, new byte[10]));
        assertThat(store.contents().room(SHOP)).isEqualTo(Contents.Room.CLIENT_FULL);
    }

    @Test
    void aPieceIsRefusedWhereThoseBeforeItWereLost() {
        UUID id = newId();
        await(store.contents().append(OWNER, id, 0, bytes(Contents.CHUNK_BYTES)));
        assertThatThrownBy(() -> await(store.contents().append(OWNER, id, 2, new byte[10])))
                .isInstanceOf(StatementRefused.class);
        assertThatThrownBy(() -> await(store.contents().append(OWNER, newId(), 1, new byte[10])))
                .isInstanceOf(StatementRefused.class);
    }

    @Test
    void aPieceThatIsWrittenAgainIsThereOnce() {
        byte[] first = bytes(Contents.CHUNK_BYTES);
        byte[] last = bytes(10);
        UUID id = newId();
        await(store.contents().append(OWNER, id, 0, first));
        await(store.contents().append(OWNER, id, 0, first));
        await(store.contents().append(OWNER, id, 1, last));
        await(store.contents().append(OWNER, id, 1, last));
        Body.Kept body = new Body.Kept(id, Contents.CHUNK_BYTES + 10L);
        assertThat(held(carrying("m", body)).how()).isEqualTo(How.NEW);
        assertThat(read(body)).startsWith(first).endsWith(last);
    }
}
