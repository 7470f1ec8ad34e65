package dev.holdfast.engine;

import static dev.holdfast.engine.EngineWorld.BACKOFF;
import static dev.holdfast.engine.EngineWorld.CONCURRENCY;
import static dev.holdfast.engine.EngineWorld.LIMIT;
import static dev.holdfast.engine.EngineWorld.QUOTA;
import static dev.holdfast.engine.EngineWorld.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.loop.Alarm;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.StatementRefused;
import dev.holdfast.store.StoreUnavailable;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is thrown, and wherever: the engine goes on, and no job is left behind. */
final class ThrownTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @TempDir Path folder;
    private EngineWorld world;
    private int thrown;

    @BeforeEach
    void begin() {
        world = new EngineWorld(folder.resolve("store.db"));
    }

    @AfterEach
    void end() {
        world.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "params = '{'",
                "params = char(26) || 'no digits'",
                "units = 'tokens', cost = 'much'",
                "units = 'tokens', cost = 'tokens=99999999999999999999'"
            })
    void aJobThatCannotBeReadFailsAndTakesNoOtherAlong(String odd) {
        world.engine.pause("api", true);
        world.time.run(SOON);
        List<CompletableFuture<Answer>> asked = ask(CONCURRENCY);
        world.time.run(SOON);
        world.change("UPDATE job SET " + odd + " WHERE params LIKE '%m1%'");
        world.engine.pause("api", false);
        world.time.run(SECOND);
        assertThat(world.calls).extracting(EngineWorld.Call::message).containsExactly("m0", "m2");
        assertThat(world.kept(asked.get(1)).failure().reason()).isEqualTo(Failure.Reason.REJECTED);
        allEnds(List.of(asked.get(0), asked.get(2)));
    }

    @Test
    void whoWatchesAndThrowsKeepsNoCallFromLeavingAndNoResultFromTheStore() {
        world.watch =
                new EngineWatch() {
                    @Override
                    public void called(String upstream, int attempt, Duration age) {
                        fault();
                    }

                    @Override
                    public void settled(String upstream, String outcome, Duration latency) {
                        fault();
                    }
                };
        List<CompletableFuture<Answer>> asked = ask(LIMIT);
        allEnds(asked);
        assertThat(thrown).isGreaterThanOrEqualTo(2 * LIMIT);
    }

    @Test
    void aCallThatThrowsIsMadeAgain() {
        world.callsThrow = true;
        List<CompletableFuture<Answer>> asked = ask(2);
        world.time.run(SOON);
        world.callsThrow = false;
        assertThat(world.calls).isEmpty();
        world.time.run(BACKOFF.plus(SECOND));
        assertThat(world.calls).hasSize(2);
        allEnds(asked);
    }

    @ParameterizedTest
    @ValueSource(strings = {"claim", "settle", "orphans", "expire"})
    void aStoreThatThrowsIsAskedAgain(String method) {
        world.faults.thrown.put(method, new LinkageError("a class is missing, as told"));
        world.crash();
        List<CompletableFuture<Answer>> asked = ask(CONCURRENCY);
        world.time.run(SECOND);
        allEnds(asked);
        assertThat(world.faults.thrown).isEmpty();
    }

    @Test
    void aResultThatTheStoreRefusesEndsAsAFailureAndIsNotCalledAgain() {
        List<CompletableFuture<Answer>> asked = ask(2);
        world.time.run(SOON);
        world.faults.thrown.put(
                "settle", new StatementRefused(new SQLException("a text, as told")));
        world.calls.getFirst().succeed();
        world.time.run(SECOND);
        assertThat(world.faults.thrown).isEmpty();
        Failure failure = world.kept(asked.getFirst()).failure();
        assertThat(failure.reason()).isEqualTo(Failure.Reason.RESULT_UNREADABLE);
        assertThat(failure.detail()).isNotBlank();
        world.time.run(QUOTA.memory());
        assertThat(world.calls).hasSize(2);
        allEnds(List.of(asked.getLast()));
    }

    @Test
    void aResultThatTheStoreNeverTakesForNoReasonThatMayPassEndsAsAFailure() {
        RequestRecord ended = settledAfter(Results.MOST_TRIES, new IllegalStateException("a bug"));
        assertThat(ended.failure().reason()).isEqualTo(Failure.Reason.RESULT_UNREADABLE);
    }

    @Test
    void aResultThatTheStoreTakesAtLastIsKeptWhole() {
        RequestRecord ended =
                settledAfter(Results.MOST_TRIES - 1, new IllegalStateException("a bug"));
        assertThat(ended.status()).isEqualTo(Status.SUCCEEDED);
    }

    @Test
    void aResultWaitsHoweverLongForAStoreThatCannotWrite() {
        RequestRecord ended =
                settledAfter(4 * Results.MOST_TRIES, new StoreUnavailable("as told", null));
        assertThat(ended.status()).isEqualTo(Status.SUCCEEDED);
    }

    /** What becomes of a result of which the store says so often that it cannot be written. */
    private RequestRecord settledAfter(int failures, RuntimeException why) {
        List<CompletableFuture<Answer>> asked = ask(1);
        world.time.run(SOON);
        world.faults.failing.put("settle", new FaultyStore.Failing(failures, why));
        world.calls.getFirst().succeed();
        world.time.run(Results.STORE_PAUSE.multipliedBy(failures));
        assertThat(world.faults.failing.get("settle").times()).as("failures to come").isZero();
        world.time.run(SECOND);
        return world.kept(asked.getFirst());
    }

    @Test
    void whatTheStoreRefusesInAnyFormIsTriedAgainEachMinute() {
        List<CompletableFuture<Answer>> asked = ask(1);
        world.time.run(SOON);
        StatementRefused why = new StatementRefused(new SQLException("a text, as told"));
        world.faults.failing.put("settle", new FaultyStore.Failing(2, why));
        world.calls.getFirst().succeed();
        world.time.run(Results.REFUSED_PAUSE.minus(SECOND));
        assertThat(world.faults.failing.get("settle").times()).as("failures to come").isZero();
        assertThat(world.kept(asked.getFirst()).status()).isEqualTo(Status.RUNNING);
        world.time.run(SECOND.plus(SOON));
        assertThat(world.kept(asked.getFirst()).status()).isEqualTo(Status.FAILED);
    }

    @Test
    void anOutcomeThatNothingFollowsFromIsOneOfAnAnswerThatSaysNothing() {
        List<CompletableFuture<Answer>> asked = ask(1);
        world.time.run(SOON);
        world.calls.getFirst().outcome().complete(new Outcome.Done(null));
        world.time.run(SECOND);
        assertThat(world.kept(asked.getFirst()).status()).isEqualTo(Status.RETRYING);
        world.time.run(BACKOFF);
        assertThat(world.calls).hasSize(2);
        allEnds(asked);
    }

    @Test
    void unmadeCallsGoBackToAStoreThatThrew() {
        world.faults.thrown.put("giveBack", new LinkageError("a class is missing, as told"));
        List<CompletableFuture<Answer>> asked = ask(1);
        world.faults.asked.clear();
        while (!world.faults.asked.containsKey("claim")) {
            world.time.run(Duration.ofNanos(100_000));
        }
        CompletableFuture<Void> drained =
                world.engine.drain(Duration.ofHours(1)).toCompletableFuture();
        world.time.run(Results.STORE_PAUSE.minus(SOON));
        assertThat(world.faults.thrown).isEmpty();
        assertThat(drained).as("while they are not back").isNotDone();
        world.time.run(SECOND);
        assertThat(world.calls).isEmpty();
        assertThat(drained).isDone();
        assertThat(world.kept(asked.getFirst()).status()).isEqualTo(Status.QUEUED);
    }

    @Test
    void aCallOfAMovedRouteGoesToItsUpstreamThoughTheStoreThrewAndNoProcessHasDrainedBefore() {
        world.engine.pause("api", true);
        List<CompletableFuture<Answer>> asked = ask(1);
        world.time.run(SOON);
        world.home = "new api";
        world.faults.thrown.put("handOver", new LinkageError("a class is missing, as told"));
        world.crash();
        world.engine.pause("api", false);
        world.time.run(SOON);
        assertThat(world.faults.thrown).isEmpty();
        CompletableFuture<Void> drained =
                world.engine.drain(Duration.ofHours(1)).toCompletableFuture();
        world.time.run(Results.STORE_PAUSE.minus(SOON.multipliedBy(2)));
        assertThat(drained).isNotDone();
        world.time.run(SECOND);
        assertThat(drained).isDone();
        world.crash();
        world.time.run(SOON);
        assertThat(world.calls).extracting(EngineWorld.Call::upstream).containsExactly("new api");
        world.calls.getFirst().succeed();
        world.time.run(SOON);
        assertThat(world.kept(asked.getFirst()).status()).isEqualTo(Status.SUCCEEDED);
    }

    @Test
    void theMemoryThatAClaimAskedForIsFreeAgainWhateverTheStoreAnswers() {
        world.faults.thrown.put("claim", new LinkageError("a class is missing, as told"));
        allEnds(ask(CONCURRENCY));
        assertThat(world.faults.thrown).isEmpty();
        assertThat(world.reserved).isZero();
    }

    @Test
    void whoHasNoLeaseIsNotGivenTheSameCallsWithoutEnd() {
        world.faults.instead.put("mayCall", false);
        List<CompletableFuture<Answer>> asked = ask(1);
        world.faults.asked.clear();
        world.time.run(SECOND);
        int most = (int) SECOND.dividedBy(Dispatcher.UNMADE_PAUSE);
        assertThat(world.calls).isEmpty();
        assertThat(world.faults.asked.get("claim")).isBetween(2, most + 1);
        assertThat(world.faults.asked.get("giveBack")).isBetween(2, most + 1);
        world.faults.instead.clear();
        allEnds(asked);
    }

    @Test
    void aStoreWhoseTimesHaveComeLongAgoIsNotAskedWithoutEnd() {
        world.faults.always.addAll(List.of("claim", "expire"));
        world.crash();
        world.time.run(SECOND);
        world.faults.asked.clear();
        world.time.run(Duration.ofSeconds(10));
        int most = (int) Duration.ofSeconds(10).dividedBy(Alarm.LONGEST_FLOOR);
        assertThat(world.faults.asked.get("claim")).as("of two").isBetween(20, 2 * most);
        assertThat(world.faults.asked.get("expire")).isBetween(10, most);
    }

    private void fault() {
        thrown++;
        throw new LinkageError("a class is missing, as told");
    }

    private List<CompletableFuture<Answer>> ask(int count) {
        List<CompletableFuture<Answer>> asked = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            asked.add(world.submit("m" + i));
        }
        return asked;
    }

    /** Whatever is called succeeds; nothing else is under way then, and the quota is whole. */
    private void allEnds(List<CompletableFuture<Answer>> asked) {
        for (int i = 0; i < 10; i++) {
            world.time.run(SECOND);
            world.calls.forEach(EngineWorld.Call::succeed);
        }
        asked.forEach(one -> assertThat(world.kept(one).status()).isEqualTo(Status.SUCCEEDED));
        world.time.run(QUOTA.memory());
        int before = world.calls.size();
        for (int i = 0; i < LIMIT; i++) {
            var _ = world.submit("after" + i);
        }
        world.time.run(SOON);
        assertThat(world.calls).hasSize(before + CONCURRENCY);
        world.calls.forEach(EngineWorld.Call::succeed);
        world.time.run(SOON);
        assertThat(world.calls).hasSize(before + LIMIT);
        world.calls.forEach(EngineWorld.Call::succeed);
        CompletableFuture<Void> drained =
                world.engine.drain(Duration.ofHours(1)).toCompletableFuture();
        world.time.run(SECOND);
        assertThat(drained).isDone();
    }
}
