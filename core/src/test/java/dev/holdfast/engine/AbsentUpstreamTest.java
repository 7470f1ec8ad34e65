package dev.holdfast.engine;

import static dev.holdfast.engine.EngineWorld.LIMIT;
import static dev.holdfast.engine.EngineWorld.OTHER;
import static dev.holdfast.engine.EngineWorld.SIGN;
import static dev.holdfast.engine.EngineWorld.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.RequestView.WaitingFor;
import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Status;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An upstream at which nobody is at home, on virtual time. */
final class AbsentUpstreamTest {
    private static final Duration STEP = Duration.ofMillis(100);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration TEN_MINUTES = Duration.ofMinutes(10);
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int MANY = 10_000;

    @TempDir Path folder;
    private EngineWorld world;
    private final List<CompletableFuture<Answer>> asked = new ArrayList<>();

    @BeforeEach
    void begin() {
        world = new EngineWorld(folder.resolve("store.db"));
    }

    @AfterEach
    void end() {
        world.close();
    }

    @Test
    void ofTenThousandThatWaitForADeadUpstreamNoneFailsAndAllFlowWithinASecondOfItsReturn() {
        submit(MANY);
        world.listening = false;
        run(TEN_MINUTES, call -> call.findsNobody(Outcome.Why.REFUSED));
        Duration opened = opened();
        assertThat(between(opened, TEN_MINUTES)).isNotEmpty();
        assertNoMinuteHasMoreThanTwo(between(opened, TEN_MINUTES));
        assertThat(world.calls.size()).as("in ten minutes").isLessThanOrEqualTo(20);
        assertThat(world.knocks).isPositive();
        assertNoneFailed();

        int before = world.calls.size();
        long held = between(world.time.elapsed().minus(MINUTE), world.time.elapsed()).size();
        world.listening = true;
        run(SECOND, EngineWorld.Call::succeed);

        assertThat(world.calls.size() - before).as("slots taken").isEqualTo((int) (LIMIT - held));
        assertThat(view().absentFor()).isNull();
        assertThat(world.calls.subList(before, world.calls.size()))
                .allMatch(call -> call.outcome().isDone());
    }

    @Test
    void anUpstreamThatHangsIsTriedByOneCallAtATime() {
        submit(50);
        run(TEN_MINUTES, this::timeOut);
        assertNoMinuteHasMoreThanTwo(between(opened(), TEN_MINUTES));
        assertThat(world.underWay()).isLessThanOrEqualTo(1);
        assertThat(world.knocks).as("it lets everybody in").isZero();
        assertNoneFailed();
    }

    @Test
    void oneWhoOpensAndDoesNotAnswerIsNotCalledForEachKnock() {
        submit(50);
        run(TEN_MINUTES, call -> call.findsNobody(Outcome.Why.REFUSED));
        assertNoMinuteHasMoreThanTwo(between(opened().plus(SECOND), TEN_MINUTES));
    }

    @Test
    void aReceiptSaysThatNobodyIsAtHomeAndNotWhenItWillBeDone() {
        submit(20);
        world.listening = false;
        run(SECOND, call -> call.findsNobody(Outcome.Why.RESET));
        assertThat(view().absentFor()).isNotNull();

        var late = world.submit(ask(OTHER, SIGN, "late", Duration.ofSeconds(1)));
        world.time.run(EngineWorld.SOON);

        assertThat(late).as("nobody is held who cannot be answered").isCompleted();
        RequestView receipt = ((Answer.Receipt) late.join()).view();
        assertThat(receipt.waitingFor()).isEqualTo(WaitingFor.BREAKER);
        assertThat(receipt.estimatedSeconds()).isNull();
    }

    @Test
    void anAbsenceIsRememberedAndLookedAtWhenAnotherProcessStarts() {
        submit(20);
        world.listening = false;
        // Those that told of it have their slots back, and one has looked since.
        run(MINUTE.plusSeconds(2), call -> call.findsNobody(Outcome.Why.RESET));
        int before = world.calls.size();
        world.crash();
        assertThat(view().absentFor()).isNotNull();
        world.time.run(SECOND);
        assertThat(world.calls.size() - before).as("one looks").isOne();
    }

    @Test
    void answersThatFailNeverCountAsAbsence() {
        submit(50);
        run(TEN_MINUTES, EngineWorld.Call::fail);
        assertThat(view().absentFor()).isNull();
        int slots = LIMIT * (int) TEN_MINUTES.dividedBy(MINUTE);
        assertThat(world.calls.size()).isGreaterThanOrEqualTo(slots - LIMIT);
    }

    @Test
    void nobodyAtHomeForFewerCallsThanThePolicySaysIsNoAbsence() {
        submit(50);
        int[] call = {0};
        Consumer<EngineWorld.Call> allButTheLast =
                each -> {
                    if (++call[0] < BreakerPolicy.DEFAULT.failures()) {
                        each.findsNobody(Outcome.Why.RESET);
                    }
                };
        run(MINUTE, allButTheLast);
        assertThat(view().absentFor()).isNull();
        world.calls.stream()
                .filter(each -> !each.outcome().isDone())
                .forEach(each -> each.findsNobody(Outcome.Why.RESET));
        world.time.run(EngineWorld.SOON);
        assertThat(view().absentFor()).isNotNull();
    }

    @Test
    void oneAnswerAmongCallsThatFindNobodyStartsTheCountAnew() {
        submit(50);
        int[] call = {0};
        run(
                TEN_MINUTES,
                each -> {
                    if (++call[0] % BreakerPolicy.DEFAULT.failures() == 0) {
                        each.fail();
                    } else {
                        each.findsNobody(Outcome.Why.RESET);
                    }
                });
        assertThat(view().absentFor()).isNull();
    }

    private void submit(int count) {
        for (int i = 0; i < count; i++) {
            asked.add(world.submit("m" + i));
        }
    }

    private void run(Duration time, Consumer<EngineWorld.Call> answer) {
        Duration end = world.time.elapsed().plus(time);
        while (world.time.elapsed().compareTo(end) < 0) {
            world.time.run(STEP);
            world.calls.stream().filter(call -> !call.outcome().isDone()).forEach(answer);
        }
        world.time.run(EngineWorld.SOON);
    }

    private void timeOut(EngineWorld.Call call) {
        if (world.time.elapsed().minus(call.at()).compareTo(TIMEOUT) >= 0) {
            call.findsNobody(Outcome.Why.TIMEOUT);
        }
    }

    /** When the last of the calls left that opened the breaker, and those under way with it. */
    private Duration opened() {
        int last = BreakerPolicy.DEFAULT.failures();
        Duration at = world.calls.get(last - 1).at();
        return at.plusMillis(1);
    }

    private List<Duration> between(Duration from, Duration to) {
        return world.calls.stream()
                .map(EngineWorld.Call::at)
                .filter(at -> at.compareTo(from) >= 0 && at.compareTo(to) < 0)
                .toList();
    }

    private static void assertNoMinuteHasMoreThanTwo(List<Duration> calls) {
        for (Duration from : calls) {
            assertThat(calls)
                    .filteredOn(at -> at.compareTo(from) >= 0)
                    .filteredOn(at -> at.compareTo(from.plus(MINUTE)) < 0)
                    .hasSizeLessThanOrEqualTo(2);
        }
    }

    private void assertNoneFailed() {
        asked.stream()
                .limit(100)
                .forEach(
                        ask ->
                                assertThat(world.kept(ask).status())
                                        .isIn(Status.QUEUED, Status.RETRYING, Status.RUNNING));
    }

    private UpstreamView view() {
        CompletableFuture<Optional<UpstreamView>> view =
                world.engine.upstream("api").toCompletableFuture();
        world.time.run(EngineWorld.SOON);
        return view.join().orElseThrow();
    }
}
