package dev.holdfast.engine;

import static dev.holdfast.engine.EngineWorld.ANSWER_WITHIN;
import static dev.holdfast.engine.EngineWorld.BACKOFF;
import static dev.holdfast.engine.EngineWorld.CONCURRENCY;
import static dev.holdfast.engine.EngineWorld.LIMIT;
import static dev.holdfast.engine.EngineWorld.ORDER;
import static dev.holdfast.engine.EngineWorld.OTHER;
import static dev.holdfast.engine.EngineWorld.QUOTA;
import static dev.holdfast.engine.EngineWorld.SHOP;
import static dev.holdfast.engine.EngineWorld.SIGN;
import static dev.holdfast.engine.EngineWorld.SOON;
import static dev.holdfast.engine.EngineWorld.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.loop.WallWatch;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.Body;
import dev.holdfast.request.Failure;
import dev.holdfast.request.NotBefore;
import dev.holdfast.request.Original;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.store.Batches;
import dev.holdfast.store.Viewer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine's part of the promises, on virtual time, one at a time; the simulation mixes them. */
final class EngineTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

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

    // Calls

    @Test
    void nothingIsKeptOfAReceiptWhileItsJobWaits() {
        List<CompletableFuture<Answer>> asked = new ArrayList<>();
        for (int i = 0; i < EngineWorld.LIMIT; i++) {
            asked.add(
                    world.submit(
                            EngineWorld.ask(
                                    EngineWorld.SHOP,
                                    EngineWorld.SIGN,
                                    "m" + i,
                                    EngineWorld.ANSWER_WITHIN)));
        }
        world.time.run(Duration.ofMillis(500));
        assertThat(world.engine.watched()).as("jobs that are waited for").isPositive();
        world.time.run(EngineWorld.ANSWER_WITHIN);
        assertThat(asked).allSatisfy(a -> assertThat(a.join()).isInstanceOf(Answer.Receipt.class));
        assertThat(world.engine.watched()).isZero();
    }

    @Test
    void aBurstStartsAtOnceWithAsManyCallsAsMayBeUnderWay() {
        for (int i = 0; i < LIMIT; i++) {
            var _ = world.submit("m" + i);
        }
        world.time.run(SOON);
        assertThat(world.calls).hasSize(CONCURRENCY);
    }

    @Test
    void aCallThatMayLeaveAtOnceIsKeptAndClaimedInOneCommit() {
        world.commits = SECOND;
        var _ = world.submit(ask(SHOP, SIGN, "m", ANSWER_WITHIN));
        world.time.run(SECOND.plus(SOON));
        assertThat(world.calls).hasSize(1);
    }

    @Test
    void aCallThatSettlesAndTheOneThatMayLeaveInItsPlaceAreOneCommit() {
        for (int i = 0; i < LIMIT; i++) {
            var _ = world.submit("m" + i);
        }
        world.time.run(SOON);
        assertThat(world.calls).hasSize(CONCURRENCY);
        world.commits = SECOND;
        world.calls.getFirst().succeed();
        world.time.run(SECOND.plus(SOON));
        assertThat(world.calls).hasSize(CONCURRENCY + 1);
    }

    @Test
    void nothingIsAskedForAgainWhenAllThatWaitedWasGiven() {
        world.time.run(SOON);
        world.faults.asked.clear();
        CompletableFuture<Answer> answer = world.submit("m");
        world.time.run(SOON);
        world.calls.getFirst().succeed();
        world.time.run(SOON);
        assertThat(answer).isCompleted();
        // With the ask, and with what came of its call.
        assertThat(world.faults.asked).containsEntry("claim", 2).containsEntry("settle", 1);
    }

    @Test
    void neverAreMoreCallsUnderWayThanMayBe() {
        for (int i = 0; i < 20; i++) {
            var _ = world.submit("m" + i);
        }
        for (int minute = 0; minute < 10; minute++) {
            for (int second = 0; second < 30; second++) {
                world.time.run(Duration.ofSeconds(2));
                assertThat(world.underWay()).isLessThanOrEqualTo(CONCURRENCY);
            }
            world.calls.forEach(EngineWorld.Call::succeed);
        }
        assertThat(world.calls).hasSize(20);
    }

    @Test
    void neverAreMoreCallsUnderWayThanThereIsMemoryFor() {
        world.room = 2;
        for (int i = 0; i < LIMIT; i++) {
            var _ = world.submit("m" + i);
        }
        world.time.run(SOON);
        assertThat(world.calls).hasSize(2);

        world.calls.getFirst().succeed();
        world.time.run(SOON);
        assertThat(world.calls).hasSize(3);
        assertThat(world.calls.getFirst().what().written()).isCompleted();
        assertThat(world.calls.getLast().what().written()).isNotCompleted();
        world.calls.forEach(EngineWorld.Call::succeed);
        world.time.run(SOON);
        assertThat(world.underWay()).isEqualTo(2);
    }

    @Test
    void aCallThatSettlesLetsTheNextOneGoAtOnce() {
        for (int i = 0; i < LIMIT; i++) {
            var _ = world.submit("m" + i);
        }
        world.time.run(SECOND);
        assertThat(world.calls).hasSize(CONCURRENCY);
        world.calls.getFirst().succeed();
        world.time.run(SOON);
        assertThat(world.calls).hasSize(CONCURRENCY + 1);
    }

    @Test
    void aSlotIsUsedAsSoonAsItIsFree() {
        useUp();
        var _ = world.submit("next");
        world.time.run(QUOTA.memory().minus(SECOND));
        assertThat(world.calls).hasSize(LIMIT);
        world.time.run(SECOND.plus(SOON));
        assertThat(world.calls).hasSize(LIMIT + 1);
    }

    @Test
    void aRetryLeavesWhenItIsDue() {
        var _ = world.submit("m");
        world.time.run(SOON);
        world.calls.getFirst().fail();
        world.time.run(BACKOFF.minus(SOON));
        assertThat(world.calls).hasSize(1);
        world.time.run(SOON.multipliedBy(2));
        assertThat(world.calls).hasSize(2);
    }

    /** No net under lost wake-ups is spread here: each must come by its own time. */
    @Test
    void aScheduledCallLeavesAtItsTime() {
        world.close();
        world =
                new EngineWorld(
                        folder.resolve("scheduled.db"),
                        policy ->
                                new UpstreamPolicy(
                                        policy.name(),
                                        Quota.NONE,
                                        4,
                                        policy.timeout(),
                                        policy.retry(),
                                        policy.maxQueue()));
        Instant first = world.engine.store().wall().instant().plus(SECOND);
        List<Integer> order = new ArrayList<>(IntStream.range(0, 100).boxed().toList());
        Collections.shuffle(order, new Random(3));
        for (int i : order) {
            Ask.Extras extras =
                    new Ask.Extras(
                            null,
                            null,
                            null,
                            null,
                            Priority.NORMAL,
                            new NotBefore.At(first.plusMillis(i * 53L)));
            var params = new TreeMap<>(Map.of("message", "m" + i));
            var _ = world.submit(new Ask(SHOP, 1_000, SIGN, params, Duration.ZERO, null, extras));
            world.time.run(Duration.ofMillis(3));
        }
        for (int i = 0; i < order.size(); i++) {
            Instant due = first.plusMillis(i * 53L);
            world.time.run(
                    Duration.between(world.engine.store().wall().instant(), due).minusMillis(1));
            assertThat(world.calls).as("before the time of %d", i).hasSize(i);
            world.time.run(Duration.ofMillis(10));
            assertThat(world.calls).as("at the time of %d", i).hasSize(i + 1);
            world.calls.getLast().succeed();
        }
    }

    @Test
    void aScheduledCallLeavesSoonAfterTheClockWasSetToItsTime() {
        scheduledInAnHour();
        world.time.clocks.step(Duration.ofHours(1));
        world.time.run(WallWatch.LOOK.plus(SOON));
        assertThat(world.calls).hasSize(1);
    }

    @Test
    void aScheduledCallLeavesSoonAfterTheClockWasSetToItsTimeWhereAnotherProcessScheduledIt() {
        scheduledInAnHour();
        world.crash();
        world.time.run(SOON);
        world.time.clocks.step(Duration.ofHours(1));
        world.time.run(WallWatch.LOOK.plus(SOON));
        assertThat(world.calls).hasSize(1);
    }

    private void scheduledInAnHour() {
        Instant at = world.engine.store().wall().instant().plus(Duration.ofHours(1));
        Ask.Extras extras =
                new Ask.Extras(null, null, null, null, Priority.NORMAL, new NotBefore.At(at));
        var params = new TreeMap<>(Map.of("message", "m"));
        var _ = world.submit(new Ask(SHOP, 1_000, SIGN, params, Duration.ZERO, null, extras));
        world.time.run(WallWatch.LOOK.plus(SOON));
        assertThat(world.calls).isEmpty();
    }

    @Test
    void whoAsksNowForWhatAnotherWantsLaterIsCalledForAtOnce() {
        later("m");
        assertThat(world.calls).isEmpty();
        var _ = world.submit("m");
        world.time.run(SOON);
        assertThat(world.calls).hasSize(1);
    }

    @Test
    void aLineOfABatchThatIsWantedNowIsCalledForAtOnceAlthoughAnotherWantsItLater() {
        later("m");
        Batches batches = world.engine.store().batches();
        var begun = batches.begin(new Batches.NewBatch(SHOP, null, null)).toCompletableFuture();
        world.time.run(SOON);
        List<Batches.Line> lines = List.of(world.line(ask(SHOP, SIGN, "m", Duration.ZERO)));
        var _ =
                world.engine.submit(
                        new Batches.Slice(begun.join(), 0, lines, "all", true, false, Enum::name));
        world.time.run(SOON);
        assertThat(world.calls).hasSize(1);
    }

    private void later(String message) {
        NotBefore inAnHour = new NotBefore.In(Duration.ofHours(1));
        Ask.Extras extras = new Ask.Extras(null, null, null, null, Priority.NORMAL, inAnHour);
        var params = new TreeMap<>(Map.of("message", message));
        var _ = world.submit(new Ask(SHOP, 1_000, SIGN, params, Duration.ZERO, null, extras));
        world.time.run(SOON);
    }

    @Test
    void anAskIsCalledForAlthoughTheStoreFailedOnItsClaim() {
        CompletableFuture<Answer> asked = world.submit("m");
        world.whileTheDiskFails(
                () -> {
                    // Its own commit is done when its claim begins.
                    world.diskFails = false;
                    while (!asked.isDone()) {
                        world.time.run(Duration.ofNanos(100_000));
                    }
                    world.diskFails = true;
                });
        assertThat(world.calls).isEmpty();
        world.time.run(SECOND);
        assertThat(world.calls).hasSize(1);
    }

    @Test
    void aResultWaitsForAStoreThatFails() {
        CompletableFuture<Answer> asked = world.submit("m");
        world.time.run(SOON);
        world.whileTheDiskFails(() -> world.calls.getFirst().succeed());
        world.time.run(SECOND);
        assertThat(world.kept(asked).status()).isEqualTo(Status.SUCCEEDED);
        assertThat(world.calls).hasSize(1);
    }

    @Test
    void whoeverTellsOfAResultIsHandedItsWebhookAtOnce() {
        var webhook = new Ask.Webhook(URI.create("https://shop.example/hook"), Map.of());
        Ask.Extras extras = new Ask.Extras(webhook, null, null, null);
        var params = new TreeMap<>(Map.of("message", "m"));
        CompletableFuture<Answer> asked =
                world.submit(new Ask(SHOP, 1_000, SIGN, params, Duration.ZERO, null, extras));
        world.time.run(SOON);
        assertThat(world.handed).isEmpty();
        world.calls.getFirst().succeed();
        world.time.run(SOON);
        assertThat(world.handed)
                .extracting(delivery -> delivery.request().id())
                .containsExactly(world.kept(asked).id());
    }

    @Test
    void whatADeadProcessHadUnderWayIsCalledAgainOnlyIfItMayBe() {
        CompletableFuture<Answer> signing = world.submit("m");
        CompletableFuture<Answer> order = world.submit(ask(SHOP, ORDER, "coffee", Duration.ZERO));
        world.time.run(SOON);
        assertThat(world.calls).hasSize(2);
        world.crash();
        world.time.run(SECOND);
        assertThat(world.calls.subList(2, world.calls.size()))
                .extracting(EngineWorld.Call::message)
                .containsExactly("m");
        assertThat(world.kept(signing).status()).isEqualTo(Status.RUNNING);
        assertThat(world.kept(order).failure().reason()).isEqualTo(Failure.Reason.UNCERTAIN);
    }

    @Test
    void twoOrdersAreTwoCalls() {
        var _ = world.submit(ask(SHOP, ORDER, "coffee", Duration.ZERO));
        var _ = world.submit(ask(SHOP, ORDER, "coffee", Duration.ZERO));
        var _ = world.submit("m");
        var _ = world.submit("m");
        world.time.run(SOON);
        assertThat(world.calls).hasSize(3);
    }

    @Test
    void whoIsToStopMakesNoMoreCallsAndWaitsForThoseUnderWay() {
        useUp();
        for (int i = 0; i < CONCURRENCY; i++) {
            var _ = world.submit("n" + i);
        }
        world.time.run(QUOTA.memory());
        int left = world.calls.size();
        CompletableFuture<Void> drained =
                world.engine.drain(Duration.ofHours(1)).toCompletableFuture();
        var _ = world.submit("late");
        world.time.run(Duration.ofMinutes(5));
        assertThat(world.calls).hasSize(left);
        assertThat(drained).isNotDone();
        world.calls.forEach(EngineWorld.Call::succeed);
        world.time.run(SECOND);
        assertThat(drained).isDone();
        assertThat(world.calls).hasSize(left);
    }

    @Test
    void whoIsToStopWaitsUntilWhatCameOfACallIsOnDisk() {
        Duration commit = Duration.ofSeconds(10);
        CompletableFuture<Answer> asked = world.submit("m");
        world.time.run(SOON);
        CompletableFuture<Void> drained =
                world.engine.drain(Duration.ofHours(1)).toCompletableFuture();
        world.time.run(SOON);
        world.commits = commit;
        world.calls.getFirst().succeed();
        world.time.run(commit.minus(SECOND));
        assertThat(drained).isNotDone();
        world.time.run(SECOND.plus(SOON));
        assertThat(drained).isDone();
        assertThat(world.kept(asked).status()).isEqualTo(Status.SUCCEEDED);
    }

    @Test
    void aCallThatCannotLeaveSoonAfterItsSlotWasAskedForGoesBack() {
        CompletableFuture<Answer> asked = world.submit("m");
        world.faults.asked.clear();
        world.commits = Dispatcher.LEAVES_WITHIN.plus(SECOND); // that of the claim
        while (!world.faults.asked.containsKey("claim")) {
            world.time.run(Duration.ofNanos(100_000));
        }
        world.commits = EngineWorld.COMMIT;
        world.time.run(Dispatcher.LEAVES_WITHIN.plus(SECOND).plus(SOON));
        assertThat(world.faults.asked).containsKey("giveBack");
        world.time.run(SECOND);
        assertThat(world.calls).hasSize(1);
        assertThat(world.calls.getFirst().at()).isGreaterThan(Dispatcher.LEAVES_WITHIN);
        world.calls.getFirst().succeed();
        world.time.run(SOON);
        assertThat(world.kept(asked).attempts()).isEqualTo(1);
    }

    @Test
    void jobsFollowTheirRouteToAnotherUpstream() {
        world.engine.pause("api", true);
        world.time.run(SOON);
        CompletableFuture<Answer> signing = world.submit("m");
        CompletableFuture<Answer> order = world.submit(ask(SHOP, ORDER, "coffee", Duration.ZERO));
        world.time.run(SOON);
        world.home = "new api";
        world.crash();
        CompletableFuture<Answer> joined = world.submit(ask(OTHER, SIGN, "m", Duration.ZERO));
        world.time.run(SOON);
        assertThat(world.calls).isEmpty();
        world.engine.pause("api", false);
        world.time.run(SECOND);
        assertThat(world.calls).extracting(EngineWorld.Call::upstream).containsOnly("new api");
        assertThat(world.calls)
                .extracting(EngineWorld.Call::message)
                .containsExactlyInAnyOrder("m", "coffee");
        world.calls.forEach(EngineWorld.Call::succeed);
        world.time.run(SECOND);
        for (CompletableFuture<Answer> asked : List.of(signing, order, joined)) {
            assertThat(world.kept(asked).status()).isEqualTo(Status.SUCCEEDED);
            assertThat(world.kept(asked).attempts()).isEqualTo(1);
        }
    }

    // Answers

    @Test
    void aResultInTimeIsTheAnswer() {
        CompletableFuture<Answer> asked = patient(SHOP, "m");
        world.time.run(SOON);
        world.calls.getFirst().succeed();
        world.time.run(SOON);
        assertThat(answer(asked)).isInstanceOf(Answer.Ready.class);
        assertThat(world.kept(asked).result().body()).isEqualTo("signed m");
    }

    @Test
    void anAskIsAnsweredInTimeWhileItsCallHangs() {
        CompletableFuture<Answer> asked = patient(SHOP, "m");
        world.time.run(ANSWER_WITHIN.minus(SOON));
        assertThat(asked).isNotDone();
        world.time.run(SOON);
        assertThat(answer(asked)).isInstanceOf(Answer.Receipt.class);
        world.calls.getFirst().succeed();
        world.time.run(SOON);
        assertThat(world.kept(asked).status()).isEqualTo(Status.SUCCEEDED);
    }

    @Test
    void lessPatienceIsKeptTo() {
        CompletableFuture<Answer> asked = world.submit(ask(SHOP, SIGN, "m", SECOND.dividedBy(2)));
        world.time.run(SECOND.dividedBy(2).plus(SOON));
        assertThat(answer(asked)).isInstanceOf(Answer.Receipt.class);
    }

    @Test
    void whatAnAskHadWaitedBeforeItCameIsOfItsTime() {
        CompletableFuture<Answer> asked =
                world.submit(ask(SHOP, SIGN, "m", ANSWER_WITHIN).late(SECOND));
        world.time.run(ANSWER_WITHIN.minus(SECOND).plus(SOON));
        assertThat(answer(asked)).isInstanceOf(Answer.Receipt.class);
    }

    @Test
    void theDiskHasNoMoreTimeThanIsLeftToAnAsk() {
        world.diskHangs = true;
        CompletableFuture<Answer> asked =
                world.submit(ask(SHOP, SIGN, "m", ANSWER_WITHIN).late(SECOND));
        world.time.run(ANSWER_WITHIN.minus(SECOND));
        assertThat(answer(asked)).isInstanceOf(Answer.Refused.class);
    }

    @Test
    void anAskIsRefusedInTimeWhileTheDiskHangs() {
        world.diskHangs = true;
        CompletableFuture<Answer> asked = patient(SHOP, "m");
        world.time.run(ANSWER_WITHIN);
        assertThat(answer(asked))
                .isInstanceOfSatisfying(
                        Answer.Refused.class,
                        refused ->
                                assertThat(refused.refusal())
                                        .isEqualTo(Answer.Refusal.STORE_UNAVAILABLE));
    }

    @Test
    void whatWasRefusedBecauseTheDiskWasSlowIsNotCalledForWhenItWorks() {
        world.commits = ANSWER_WITHIN.plus(SECOND);
        CompletableFuture<Answer> asked = patient(SHOP, "m");
        world.time.run(ANSWER_WITHIN);
        assertThat(answer(asked)).isInstanceOf(Answer.Refused.class);
        world.commits = EngineWorld.COMMIT;
        world.time.run(ANSWER_WITHIN);
        var _ = world.submit("other");
        world.time.run(SECOND);
        assertThat(world.calls).extracting(EngineWorld.Call::message).containsExactly("other");
    }

    @Test
    void aReceiptComesAtOnceWhereNoSlotComesInTime() {
        useUp();
        CompletableFuture<Answer> asked = patient(SHOP, "next");
        world.time.run(SOON);
        assertThat(answer(asked)).isInstanceOf(Answer.Receipt.class);
    }

    @Test
    void aReceiptComesAtOnceWhenTheCallFailsAndItsRetryIsTooLate() {
        CompletableFuture<Answer> asked = patient(SHOP, "m");
        world.time.run(SOON);
        world.calls.getFirst().fail();
        world.time.run(SOON);
        assertThat(answer(asked)).isInstanceOf(Answer.Receipt.class);
    }

    @Test
    void aResumeEndsTheWaitOfWhatWasThrottledToo() {
        for (int status : List.of(429, 503)) {
            int before = world.calls.size();
            CompletableFuture<Answer> answered = world.submit("m" + status);
            world.time.run(SOON);
            Duration asked = Duration.ofHours(5);
            world.calls.getLast().outcome().complete(new Outcome.Throttled(status, asked));
            world.time.run(Duration.ofMinutes(5));
            assertThat(world.calls).hasSize(before + 1);

            world.engine.pause("api", false);
            world.time.run(SOON);

            assertThat(world.calls).hasSize(before + 2);
            world.calls.getLast().succeed();
            world.time.run(SOON);
            assertThat(world.kept(answered).status()).isEqualTo(Status.SUCCEEDED);
        }
    }

    @Test
    void whoWaitsForAPausedUpstreamIsToldSoAtOnce() {
        world.engine.pause("api", true);
        world.time.run(SOON);
        CompletableFuture<Answer> asked = patient(SHOP, "m");
        world.time.run(SOON);
        assertThat(answer(asked)).isInstanceOf(Answer.Receipt.class);
        world.engine.pause("api", false);
        world.time.run(SOON);
        assertThat(world.calls).hasSize(1);
    }

    @Test
    void whoWaitsIsAnsweredAtOnceWhenItIsToStop() {
        CompletableFuture<Answer> waiting = patient(SHOP, "m");
        world.time.run(SOON);
        world.engine.release();
        CompletableFuture<Answer> after = patient(SHOP, "n");
        world.time.run(SOON);
        assertThat(answer(waiting)).isInstanceOf(Answer.Receipt.class);
        assertThat(answer(after)).isInstanceOf(Answer.Receipt.class);
    }

    @Test
    void thoseWhoWereAnsweredTakeNobodysPatience() {
        for (int i = 0; i < 3_000; i++) {
            var _ = world.submit("m" + i % 10);
        }
        world.time.run(SECOND);
        CompletableFuture<Answer> asked = patient(OTHER, "m0");
        world.time.run(ANSWER_WITHIN.minus(SOON));
        assertThat(asked).isNotDone();
    }

    @Test
    void eachClientGetsItsOwnAnswerFromMemory() {
        CompletableFuture<Answer> mine = patient(SHOP, "m");
        world.time.run(SOON);
        world.calls.getFirst().succeed();
        world.time.run(SOON);
        Ask theirs = ask(OTHER, SIGN, "m", ANSWER_WITHIN);
        assertThat(world.engine.cached(theirs)).isNull();
        CompletableFuture<Answer> asked = world.submit(theirs);
        world.time.run(SOON);
        assertThat(world.kept(asked).id()).isNotEqualTo(world.kept(mine).id());
        for (int client : new int[] {SHOP, OTHER}) {
            Answer.Ready known = world.engine.cached(ask(client, SIGN, "m", ANSWER_WITHIN));
            assertThat(known.view().request().client()).isEqualTo(client);
        }
        assertThat(world.calls).hasSize(1);
        world.time.run(Duration.ofDays(2));
        assertThat(world.engine.cached(theirs)).isNull();
    }

    @Test
    void aLargeBodyThatCameForAResultAtHandIsNotKept() {
        CompletableFuture<Answer> first = patient(SHOP, "m");
        world.time.run(SOON);
        world.calls.getFirst().succeed();
        world.time.run(SOON);
        assertThat(answer(first)).isInstanceOf(Answer.Ready.class);
        UUID id = new UUID(1, 2);
        var written =
                world.engine
                        .store()
                        .contents()
                        .append(dev.holdfast.store.Contents.Owner.JOB, id, 0, new byte[10]);
        world.time.run(SOON);
        assertThat(written.toCompletableFuture()).isCompleted();
        var passed = new Ask.Passed(new Body.Kept(id, 10), true);
        CompletableFuture<Answer> again =
                world.submit(ask(SHOP, SIGN, "m", ANSWER_WITHIN).passing(passed));
        assertThat(answer(again)).isInstanceOf(Answer.Ready.class);
        world.time.run(SOON);
        world.prune();
        assertThat(world.engine.store().contents().chunk(id, 0)).isNull();
    }

    @Test
    void aLargeResultThatIsKnownIsReadApartAndGivenWhole() {
        Result large = new Result(200, "x".repeat(Result.MAX_BODY_BYTES));
        CompletableFuture<Answer> mine = patient(SHOP, "m");
        world.time.run(SOON);
        world.calls.getFirst().outcome().complete(new Outcome.Done(large));
        world.time.run(SOON);
        List<Runnable> lookUps = new ArrayList<>();
        world.lookUps = lookUps::add;
        CompletableFuture<Answer> theirs = patient(OTHER, "m");
        world.time.run(SOON);
        assertThat(theirs).isNotDone();
        assertThat(lookUps).hasSize(1);
        lookUps.getFirst().run();
        for (CompletableFuture<Answer> asked : List.of(mine, theirs)) {
            assertThat(answer(asked))
                    .isInstanceOfSatisfying(
                            Answer.Ready.class,
                            ready -> assertThat(ready.view().request().result()).isEqualTo(large));
        }
        assertThat(world.calls).hasSize(1);
    }

    @Test
    void whatCameAsItIsIsGivenWholeToWhoAsksAgain() {
        var body = new Body.Inline(new byte[Body.MAX_INLINE_BYTES]);
        Original original = new Original(List.of(), body);
        Result result = new Result(201, original);
        Ask done = passing("done");
        Ask refused = passing("refused");
        var first = List.of(world.submit(done), world.submit(refused));
        world.time.run(SOON);
        world.calls.getFirst().outcome().complete(new Outcome.Done(result));
        var no = new Outcome.Rejected(404, "no", null, original);
        world.calls.getLast().outcome().complete(no);
        world.time.run(SOON);
        assertThat(first).allSatisfy(asked -> assertThat(asked).isCompleted());
        CompletableFuture<Answer> resultAgain = world.submit(done);
        CompletableFuture<Answer> refusalAgain = world.submit(refused);
        world.time.run(SOON);
        assertThat(answer(resultAgain))
                .isInstanceOfSatisfying(
                        Answer.Ready.class,
                        ready -> assertThat(ready.view().request().result()).isEqualTo(result));
        assertThat(answer(refusalAgain))
                .isInstanceOfSatisfying(
                        Answer.Ready.class,
                        ready ->
                                assertThat(ready.view().request().failure().original())
                                        .isEqualTo(original));
        assertThat(world.calls).hasSize(2);
    }

    private static Ask passing(String key) {
        Ask ask = ask(SHOP, SIGN, key, ANSWER_WITHIN);
        return new Ask(
                        ask.client(),
                        ask.maxPending(),
                        ask.route(),
                        ask.params(),
                        ask.patience(),
                        null,
                        new Ask.Extras(null, null, null, key))
                .passing(new Ask.Passed(Body.none(), true));
    }

    @Test
    void aLargeResultThatIsNotReadInTimeIsToldByItsRequest() {
        Result large = new Result(200, "x".repeat(Result.MAX_BODY_BYTES));
        CompletableFuture<Answer> mine = patient(SHOP, "m");
        world.time.run(SOON);
        world.calls.getFirst().outcome().complete(new Outcome.Done(large));
        world.time.run(SOON);
        assertThat(answer(mine)).isInstanceOf(Answer.Ready.class);
        world.lookUps = _ -> {};
        CompletableFuture<Answer> theirs = patient(OTHER, "m");
        world.time.run(ANSWER_WITHIN);
        UUID told = answer(theirs) instanceof Answer.Uncertain(UUID request, _) ? request : null;
        assertThat(told).isNotNull();
        assertThat(world.reads().request(new Viewer(OTHER, false), told))
                .hasValueSatisfying(kept -> assertThat(kept.result()).isEqualTo(large));
    }

    /** A disk that is silent, and a process that stops: figures are wanted all the same. */
    @Test
    void anUpstreamIsShownAlsoWhereNothingCanBeRead() {
        assertThat(shown().oldestWaiting()).isZero();
        world.lookUps = _ -> {};
        assertThat(shown().oldestWaiting()).as("not read in time").isNull();
        world.lookUps =
                _ -> {
                    throw new RejectedExecutionException("stopped");
                };
        assertThat(shown().oldestWaiting()).as("no longer read").isNull();
    }

    private UpstreamView shown() {
        var shown = world.engine.upstreams().toCompletableFuture();
        world.time.run(ANSWER_WITHIN);
        assertThat(shown).isCompleted();
        return shown.join().getFirst();
    }

    /** The answer, which has come by now. */
    private static Answer answer(CompletableFuture<Answer> asked) {
        assertThat(asked).isCompleted();
        return asked.join();
    }

    private CompletableFuture<Answer> patient(int client, String message) {
        return world.submit(ask(client, SIGN, message, ANSWER_WITHIN));
    }

    /** Takes every slot of the window; all have settled. */
    private void useUp() {
        List<CompletableFuture<Answer>> asked = new ArrayList<>();
        for (int i = 0; i < LIMIT; i++) {
            asked.add(world.submit("used" + i));
        }
        world.time.run(SOON);
        world.calls.forEach(EngineWorld.Call::succeed);
        world.time.run(SOON);
        world.calls.forEach(EngineWorld.Call::succeed);
        world.time.run(SOON);
        asked.forEach(one -> assertThat(world.kept(one).status()).isEqualTo(Status.SUCCEEDED));
    }
}
