package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.RequestView.WaitingFor;
import dev.holdfast.engine.partition.Glances;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Outcome;
import dev.holdfast.store.Reads;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What those who wait are told of the partition that keeps them waiting. */
@Timeout(60)
class PartitionReceiptsTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final OwnRules PAUSED = new OwnRules(null, new TreeMap<>(), null, true);
    private static final OwnRules ONE_A_MINUTE =
            new OwnRules(new Quota(List.of(new Window(1, MINUTE))), new TreeMap<>(), null, false);
    private static final OwnRules ONE_AT_ONCE = new OwnRules(null, new TreeMap<>(), 1, false);

    @TempDir private Path folder;
    private EngineWorld world;
    private int asked;

    @BeforeEach
    void start() {
        world =
                new EngineWorld(
                        folder.resolve("store.db"),
                        api -> api.with(new PartitionRules(Quota.NONE, new TreeMap<>(), 9, false)));
    }

    @AfterEach
    void close() {
        world.close();
    }

    @Test
    void whoIsInAPausedPartitionIsToldSoAndNotWhenItIsDone() {
        sets("a", PAUSED);
        RequestView receipt = receipt("a", EngineWorld.ANSWER_WITHIN);
        isBlocked(receipt, WaitingFor.PAUSED);
        isBlocked(poll(receipt), WaitingFor.PAUSED);
        assertThat(receipt("b", Duration.ZERO).estimatedSeconds()).isNotNull();
        world.crash();
        isBlocked(poll(receipt), WaitingFor.PAUSED);
        isBlocked(listed().getLast(), WaitingFor.PAUSED);
        sets("a", OwnRules.NONE);
        assertThat(poll(receipt).waitingFor()).isNull();
    }

    @Test
    void whoIsInAPartitionThatIsLeftAloneIsToldUntilWhen() {
        var _ = ask("a", Duration.ZERO);
        world.calls.getFirst().outcome().complete(new Outcome.Throttled(429, MINUTE));
        world.time.run(EngineWorld.SOON);
        RequestView receipt = receipt("a", EngineWorld.ANSWER_WITHIN);
        assertThat(receipt.waitingFor()).isEqualTo(WaitingFor.CLOSED);
        assertThat(receipt.estimatedSeconds()).isGreaterThanOrEqualTo(55);
        assertThat(poll(receipt).waitingFor()).isEqualTo(WaitingFor.CLOSED);
        assertThat(receipt("b", Duration.ZERO).waitingFor()).isNotEqualTo(WaitingFor.CLOSED);
    }

    @Test
    void whoIsInAPartitionWhoseCredentialIsRefusedIsToldSoAndNotWhenItIsDone() {
        var _ = ask("a", Duration.ZERO);
        world.calls.getFirst().outcome().complete(new Outcome.Unauthorized("no such key"));
        world.time.run(EngineWorld.SOON);
        RequestView receipt = receipt("a", EngineWorld.ANSWER_WITHIN);
        isBlocked(receipt, WaitingFor.UNAUTHORIZED);
        isBlocked(poll(receipt), WaitingFor.UNAUTHORIZED);
        assertThat(receipt("b", Duration.ZERO).estimatedSeconds()).isNotNull();
    }

    @Test
    void anEstimateGoesByThePartitionsOwnQuotaAndBacklog() {
        sets("a", ONE_A_MINUTE);
        var _ = ask("a", Duration.ZERO);
        assertThat(receipt("a", EngineWorld.ANSWER_WITHIN).estimatedSeconds()).isBetween(60L, 75L);
        RequestView third = receipt("a", EngineWorld.ANSWER_WITHIN);
        assertThat(third.position()).isEqualTo(2);
        assertThat(third.estimatedSeconds()).isBetween(120L, 150L);
        assertThat(receipt("b", Duration.ZERO).estimatedSeconds()).isLessThan(30L);
        sets("a", OwnRules.NONE);
        assertThat(poll(third).estimatedSeconds()).isLessThan(30L);
    }

    @Test
    void aResultInTimeIsTheAnswerWhereTheCallTakesThePartitionsLastSlot() {
        sets("a", ONE_A_MINUTE);
        CompletableFuture<Answer> first = ask("a", EngineWorld.ANSWER_WITHIN);
        assertThat(first).isNotDone();
        CompletableFuture<Answer> second = ask("a", EngineWorld.ANSWER_WITHIN);
        assertThat(second).isCompletedWithValueMatching(Answer.Receipt.class::isInstance);
        world.calls.getFirst().succeed();
        world.time.run(EngineWorld.SOON);
        assertThat(first).isCompletedWithValueMatching(Answer.Ready.class::isInstance);
    }

    @Test
    void aReceiptComesWhereMoreCallsAreUnderWayThanThePartitionMayHaveByNow() {
        var _ = ask("a", Duration.ZERO);
        var _ = ask("a", Duration.ZERO);
        assertThat(world.calls).hasSize(2);
        sets("a", ONE_AT_ONCE);
        RequestView receipt = receipt("a", Duration.ZERO);
        assertThat(receipt.waitingFor()).isEqualTo(WaitingFor.SLOT);
    }

    @Test
    void whoHopesForThePartitionsNextCallIsToldAtOnceThatItIsPaused() {
        sets("a", ONE_AT_ONCE);
        var _ = ask("a", Duration.ZERO);
        CompletableFuture<Answer> hopes = ask("a", EngineWorld.ANSWER_WITHIN);
        assertThat(hopes).isNotDone();
        sets("a", PAUSED);
        isBlocked(receipt(hopes), WaitingFor.PAUSED);
    }

    @Test
    void whatWasReadOfAPartitionBeforeItWasPausedIsToldNobodyAfterwards() {
        sets("a", ONE_AT_ONCE);
        var _ = ask("a", Duration.ZERO);
        UUID waits = receipt("a", Duration.ZERO).request().id();
        world.time.run(EngineWorld.SOON.plusMillis(1));
        world.faults.meanwhile.put(
                "some",
                () -> {
                    var _ = world.engine.partitions().set("api", "a", PAUSED);
                    world.time.run(EngineWorld.COMMIT.plusMillis(1));
                });
        RequestView during = world.engine.request(EngineWorld.ALL, waits).orElseThrow();
        assertThat(world.faults.meanwhile).as("somebody looked").isEmpty();
        assertThat(during.waitingFor()).as("it is of before").isNotEqualTo(WaitingFor.PAUSED);
        isBlocked(world.engine.request(EngineWorld.ALL, waits).orElseThrow(), WaitingFor.PAUSED);
    }

    @Test
    void aDeadlineThatThePartitionsQuotaCannotKeepIsRefused() {
        sets("a", ONE_A_MINUTE);
        var _ = ask("a", Duration.ZERO);
        Ask.Extras soon = new Ask.Extras(null, null, Duration.ofSeconds(30), null);
        for (String partition : List.of("a", "b")) {
            Ask ask =
                    new Ask(
                                    EngineWorld.SHOP,
                                    100_000,
                                    EngineWorld.SIGN,
                                    new TreeMap<>(Map.of("message", "soon")),
                                    Duration.ZERO,
                                    null,
                                    soon)
                            .in(partition);
            CompletableFuture<Answer> answer = world.submit(ask);
            world.time.run(EngineWorld.SOON);
            assertThat(answer)
                    .isCompletedWithValueMatching(
                            what ->
                                    partition.equals("a")
                                            == (what instanceof Answer.Refused refused
                                                    && refused.refusal()
                                                            == Answer.Refusal
                                                                    .DEADLINE_UNREACHABLE));
        }
    }

    @Test
    void aReceiptComesInTimeThoughNobodyCanReadHowThePartitionStands() {
        sets("paused", PAUSED);
        List<Runnable> stuck = new ArrayList<>();
        world.lookUps = stuck::add;
        CompletableFuture<Answer> answer = ask("a", Duration.ZERO);
        CompletableFuture<Answer> paused = ask("paused", Duration.ZERO);
        assertThat(answer).isNotDone();
        world.time.run(EngineWorld.ANSWER_WITHIN);
        assertThat(stuck).isNotEmpty();
        assertThat(receipt(answer).estimatedSeconds()).isNull();
        isBlocked(receipt(paused), WaitingFor.PAUSED);
    }

    @Test
    void whereMoreAskThanCanBeReadAReceiptComesAtOnceWithoutAnEstimate() {
        List<Runnable> stuck = new ArrayList<>();
        world.lookUps = stuck::add;
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        for (int i = 0; i <= Glances.MAX_WANTED; i++) {
            Ask ask =
                    EngineWorld.ask(
                                    EngineWorld.SHOP,
                                    EngineWorld.SIGN,
                                    "m" + asked++,
                                    Duration.ZERO)
                            .in("p" + i);
            answers.add(world.submit(ask));
        }
        world.time.run(Duration.ofSeconds(1));
        assertThat(answers.removeLast())
                .isCompletedWithValueMatching(
                        answer -> ((Answer.Receipt) answer).view().estimatedSeconds() == null);
        assertThat(answers).noneMatch(CompletableFuture::isDone);
        world.lookUps = Runnable::run;
        List.copyOf(stuck).forEach(Runnable::run);
        world.time.run(EngineWorld.SOON);
        assertThat(answers)
                .allSatisfy(answer -> assertThat(receipt(answer).estimatedSeconds()).isNotNull());
    }

    private static void isBlocked(RequestView view, WaitingFor why) {
        assertThat(view.waitingFor()).isEqualTo(why);
        assertThat(view.estimatedSeconds()).isNull();
    }

    /** Asks for something new. */
    private CompletableFuture<Answer> ask(String partition, Duration patience) {
        String message = "m" + asked++;
        CompletableFuture<Answer> answer =
                world.submit(
                        EngineWorld.ask(EngineWorld.SHOP, EngineWorld.SIGN, message, patience)
                                .in(partition));
        world.time.run(EngineWorld.SOON);
        return answer;
    }

    /** The receipt that comes at once. */
    private RequestView receipt(String partition, Duration patience) {
        return receipt(ask(partition, patience));
    }

    private static RequestView receipt(CompletableFuture<Answer> answer) {
        assertThat(answer).isCompletedWithValueMatching(Answer.Receipt.class::isInstance);
        return ((Answer.Receipt) answer.join()).view();
    }

    private RequestView poll(RequestView receipt) {
        world.time.run(EngineWorld.SOON.plusMillis(1));
        return world.engine.request(EngineWorld.ALL, receipt.request().id()).orElseThrow();
    }

    private List<RequestView> listed() {
        return world.engine
                .list(EngineWorld.ALL, new Reads.Query(null, null, null, 10, null))
                .requests();
    }

    private void sets(String partition, OwnRules own) {
        CompletableFuture<Boolean> set =
                world.engine.partitions().set("api", partition, own).toCompletableFuture();
        world.time.run(EngineWorld.SOON);
        assertThat(set).isCompletedWithValue(true);
    }
}
