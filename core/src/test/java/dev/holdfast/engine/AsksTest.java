package dev.holdfast.engine;

import static dev.holdfast.engine.EngineWorld.ANSWER_WITHIN;
import static dev.holdfast.engine.EngineWorld.BACKOFF;
import static dev.holdfast.engine.EngineWorld.LIMIT;
import static dev.holdfast.engine.EngineWorld.SHOP;
import static dev.holdfast.engine.EngineWorld.SIGN;
import static dev.holdfast.engine.EngineWorld.SOON;
import static dev.holdfast.engine.EngineWorld.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Body;
import dev.holdfast.request.NotBefore;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Status;
import dev.holdfast.store.Contents;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.Viewer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What who asks is told, whatever the store answers, on virtual time. */
final class AsksTest {
    private static final Duration HOUR = Duration.ofHours(1);

    @TempDir Path folder;
    private EngineWorld world;

    @BeforeEach
    void begin() {
        world = new EngineWorld(folder.resolve("store.db"));
    }

    @AfterEach
    void end() {
        world.close();
    }

    private static Ask with(Ask.Extras extras) {
        return with("m", extras);
    }

    private static Ask with(String message, Ask.Extras extras) {
        Ask plain = ask(SHOP, SIGN, message, Duration.ZERO);
        return new Ask(
                SHOP, plain.maxPending(), SIGN, plain.params(), plain.patience(), null, extras);
    }

    private Answer told(Ask ask) {
        return told(world.submit(ask));
    }

    private Answer told(CompletableFuture<Answer> asked) {
        world.time.run(SOON);
        assertThat(asked).isCompleted();
        return asked.join();
    }

    private static void assertRefused(Answer answer, Answer.Refusal why) {
        assertThat(answer)
                .isInstanceOfSatisfying(
                        Answer.Refused.class,
                        refused -> assertThat(refused.refusal()).isEqualTo(why));
    }

    /** A body of ten bytes that came before its ask. */
    private Ask carrying(UUID body, Duration patience) {
        CompletionStage<?> written =
                world.engine.store().contents().append(Contents.Owner.JOB, body, 0, new byte[10]);
        world.time.run(SOON);
        assertThat(written.toCompletableFuture()).isCompleted();
        return ask(SHOP, SIGN, "m", patience)
                .passing(new Ask.Passed(new Body.Kept(body, 10), true));
    }

    private boolean isKept(UUID body) {
        world.prune();
        return world.engine.store().contents().chunk(body, 0) != null;
    }

    private void acceptFails(boolean uncertain) {
        var failure = new StoreUnavailable("as told", null, uncertain);
        world.faults.failing.put("accept", new FaultyStore.Failing(1, failure));
    }

    @Test
    void whoMayBeOnDiskIsToldByWhatNameAndItsBodyStays() {
        for (Duration patience : List.of(Duration.ZERO, ANSWER_WITHIN)) {
            UUID body = new UUID(1, patience.toMillis());
            Ask ask = carrying(body, patience);
            acceptFails(true);
            List<UUID> named = new ArrayList<>();
            var asked = world.engine.submit(ask, named::add).toCompletableFuture();
            assertThat(told(asked))
                    .isInstanceOfSatisfying(
                            Answer.Uncertain.class,
                            answer -> assertThat(named).containsExactly(answer.request()));
            assertThat(isKept(body)).isTrue();
        }
    }

    @Test
    void whoIsNotOnDiskIsRefusedAndItsBodyGoes() {
        for (Duration patience : List.of(Duration.ZERO, ANSWER_WITHIN)) {
            UUID body = new UUID(1, patience.toMillis());
            Ask ask = carrying(body, patience);
            acceptFails(false);
            assertRefused(told(ask), Answer.Refusal.STORE_UNAVAILABLE);
            assertThat(isKept(body)).isFalse();
        }
        assertThat(world.calls).isEmpty();
    }

    @Test
    void whoWasNotBegunToBeWrittenInItsTimeIsRefusedAndWhoWasIsToldByWhatName() {
        for (boolean begun : List.of(false, true)) {
            world.faults.silent = begun ? BooleanSupplier::getAsBoolean : _ -> false;
            List<UUID> named = new ArrayList<>();
            Ask ask = ask(SHOP, SIGN, "m", ANSWER_WITHIN);
            var asked = world.engine.submit(ask, named::add).toCompletableFuture();
            world.time.run(ANSWER_WITHIN);
            if (begun) {
                assertThat(told(asked))
                        .isInstanceOfSatisfying(
                                Answer.Uncertain.class,
                                answer -> assertThat(named).containsExactly(answer.request()));
            } else {
                assertRefused(told(asked), Answer.Refusal.STORE_UNAVAILABLE);
            }
        }
    }

    @Test
    void whoseBodyFoundNoRoomIsRefusedAndNotCalledFor() {
        var body = new Body.Kept(new UUID(1, 1), 10);
        Ask ask = ask(SHOP, SIGN, "m", ANSWER_WITHIN).passing(new Ask.Passed(body, true, false));
        assertRefused(told(ask), Answer.Refusal.TOO_MUCH_KEPT);
        world.time.run(HOUR.dividedBy(60));
        assertThat(world.calls).isEmpty();
    }

    @Test
    void whoseCallerHasWaitedEnoughHasItsReceiptAtOnce() {
        CompletableFuture<Void> enough = new CompletableFuture<>();
        CompletableFuture<Answer> asked =
                world.engine
                        .submit(ask(SHOP, SIGN, "m", HOUR), _ -> {}, enough)
                        .toCompletableFuture();
        world.time.run(ANSWER_WITHIN.multipliedBy(2));
        assertThat(asked).isNotDone();
        enough.complete(null);
        assertThat(told(asked)).isInstanceOf(Answer.Receipt.class);

        CompletableFuture<Answer> hurried =
                world.engine
                        .submit(
                                ask(SHOP, SIGN, "other", HOUR),
                                _ -> {},
                                CompletableFuture.completedStage(null))
                        .toCompletableFuture();
        assertThat(told(hurried)).as("before it was kept").isInstanceOf(Answer.Receipt.class);
    }

    @Test
    void whoWaitsLongerThanUsualHasItsResultWhenItComes() {
        CompletableFuture<Answer> asked = world.submit(ask(SHOP, SIGN, "m", HOUR));
        world.time.run(ANSWER_WITHIN.multipliedBy(10));
        assertThat(asked).isNotDone();
        world.calls.getFirst().succeed();
        assertThat(told(asked)).isInstanceOf(Answer.Ready.class);

        Duration longer = ANSWER_WITHIN.multipliedBy(10);
        CompletableFuture<Answer> late = world.submit(ask(SHOP, SIGN, "late", longer));
        world.time.run(longer.minus(SOON));
        assertThat(late).isNotDone();
        world.time.run(SOON);
        assertThat(told(late)).isInstanceOf(Answer.Receipt.class);
    }

    /** Another webhook, deadline or time is another request, not one to forget. */
    @Test
    void anIdempotencyKeyStandsForAllThatWasAsked() {
        Map<String, Ask.Extras> others =
                Map.of(
                        "a webhook",
                        new Ask.Extras(webhook("/a", Map.of()), null, null, "key"),
                        "its headers",
                        new Ask.Extras(webhook("/a", Map.of("X-A", "1")), null, null, "key"),
                        "another webhook",
                        new Ask.Extras(webhook("/b", Map.of()), null, null, "key"),
                        "a reference",
                        new Ask.Extras(null, "mine", null, "key"),
                        "a deadline",
                        new Ask.Extras(null, null, HOUR, "key"),
                        "a class",
                        new Ask.Extras(null, null, null, "key", Priority.HIGH, null),
                        "a time",
                        new Ask.Extras(
                                null, null, null, "key", Priority.NORMAL, new NotBefore.In(HOUR)));
        Ask first = with(new Ask.Extras(null, null, null, "key"));
        UUID id = receipt(told(first));
        assertThat(receipt(told(first))).as("the same").isEqualTo(id);
        others.forEach(
                (what, extras) -> {
                    assertRefused(told(with(extras)), Answer.Refusal.IDEMPOTENCY_KEY_REUSED);
                    Ask.Extras own =
                            new Ask.Extras(
                                    extras.webhook(),
                                    extras.clientRequestId(),
                                    extras.expiresIn(),
                                    what,
                                    extras.priority(),
                                    extras.notBefore());
                    UUID its = receipt(told(with(own)));
                    assertThat(receipt(told(with(own)))).as(what).isEqualTo(its).isNotEqualTo(id);
                    assertRefused(
                            told(with(new Ask.Extras(null, null, null, what))),
                            Answer.Refusal.IDEMPOTENCY_KEY_REUSED);
                });
    }

    private static Ask.Webhook webhook(String path, Map<String, String> headers) {
        return new Ask.Webhook(URI.create("https://shop.example" + path), headers);
    }

    private static UUID receipt(Answer answer) {
        return answer instanceof Answer.Receipt receipt ? receipt.view().request().id() : null;
    }

    @Test
    void whoHasAsManyAsItMayIsRefusedUntilOneEnds() {
        Ask one = ask(SHOP, SIGN, "m", Duration.ZERO);
        Ask two = ask(SHOP, SIGN, "n", Duration.ZERO);
        told(new Ask(SHOP, 1, SIGN, one.params(), Duration.ZERO, null, Ask.NO_EXTRAS));
        Ask more = new Ask(SHOP, 1, SIGN, two.params(), Duration.ZERO, null, Ask.NO_EXTRAS);
        assertRefused(told(more), Answer.Refusal.TOO_MANY_PENDING);
        world.calls.getFirst().succeed();
        world.time.run(SOON);
        assertThat(told(more)).isInstanceOf(Answer.Receipt.class);
    }

    @Test
    void aDeadlineThatNoSlotCanKeepIsRefusedAndALongerOneIsTaken() {
        for (int i = 0; i <= LIMIT; i++) {
            told(ask(SHOP, SIGN, "used" + i, Duration.ZERO));
            world.calls.forEach(EngineWorld.Call::succeed);
        }
        Duration soon = Duration.ofSeconds(30);
        assertRefused(
                told(with("soon", new Ask.Extras(null, null, soon, null))),
                Answer.Refusal.DEADLINE_UNREACHABLE);
        assertThat(told(with(new Ask.Extras(null, null, HOUR, null))))
                .isInstanceOf(Answer.Receipt.class);
        Ask.Extras later =
                new Ask.Extras(
                        null, null, HOUR, null, Priority.NORMAL, new NotBefore.In(HOUR.plus(HOUR)));
        assertRefused(told(with("later", later)), Answer.Refusal.DEADLINE_UNREACHABLE);
    }

    @Test
    void whoWaitsIsToldThatItWasCancelledOrOutlivedItsTime() {
        List<UUID> named = new ArrayList<>();
        CompletableFuture<Answer> asked =
                world.engine.submit(ask(SHOP, SIGN, "m", HOUR), named::add).toCompletableFuture();
        CompletableFuture<Answer> joined = world.submit(ask(SHOP, SIGN, "m", HOUR));
        world.time.run(SOON);
        assertThat(world.calls).hasSize(1);
        world.engine.cancel(new Viewer(SHOP, false), named.getFirst());
        assertStatus(told(asked), Status.CANCELLED);
        assertThat(joined).as("the other goes on").isNotDone();
        world.calls.getFirst().succeed();
        assertStatus(told(joined), Status.SUCCEEDED);

        Ask brief = with(new Ask.Extras(null, null, BACKOFF, null)).waiting(HOUR);
        assertThat(told(brief)).as("of the cache").isInstanceOf(Answer.Ready.class);
    }

    private static void assertStatus(Answer answer, Status status) {
        assertThat(answer)
                .isInstanceOfSatisfying(
                        Answer.Ready.class,
                        ready -> assertThat(ready.view().request().status()).isEqualTo(status));
    }
}
