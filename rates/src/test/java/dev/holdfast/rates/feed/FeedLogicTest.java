package dev.holdfast.rates.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.rates.feed.FeedLogic.Action;
import dev.holdfast.rates.feed.FeedLogic.Event;
import dev.holdfast.rates.feed.FeedLogic.Step;
import dev.holdfast.rates.feed.FeedState.Connecting;
import dev.holdfast.rates.feed.FeedState.Draining;
import dev.holdfast.rates.feed.FeedState.Idle;
import dev.holdfast.rates.feed.FeedState.Open;
import dev.holdfast.rates.feed.FeedState.Stopped;
import dev.holdfast.rates.feed.FeedState.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FeedLogicTest {
    private static final long START = -5_000_000_000L;
    private static final Open PROVEN = new Open(START, START + seconds(10), 0);

    @Test
    void twoSecondsWithoutAHeartbeatAreStillAlive() {
        Step step = FeedLogic.step(PROVEN, new Event.Ticked(), PROVEN.lastHeartbeat() + seconds(2));
        assertThat(step).isEqualTo(new Step(PROVEN, null, null));
    }

    @Test
    void moreThanTwoSecondsWithoutAHeartbeatDropTheConnectionAndMakeAnotherAtOnce() {
        long late = PROVEN.lastHeartbeat() + seconds(2) + 1;
        Step step = FeedLogic.step(PROVEN, new Event.Ticked(), late);
        assertThat(step.state()).isEqualTo(new Connecting(1));
        assertThat(step.end()).isEqualTo(new Action.Drop(Duration.ofSeconds(2).plusNanos(1)));
        assertThat(step.next()).isEqualTo(new Action.Connect());
    }

    @Test
    void aConnectionThatEndsIsMadeAnewAtOnce() {
        Step step = FeedLogic.step(PROVEN, new Event.ConnectionEnded(), 0);
        assertThat(step.state()).isEqualTo(new Connecting(1));
        assertThat(step.next()).isEqualTo(new Action.Connect());
    }

    @Test
    void reconnectingBacksOffUpToFiveSeconds() {
        FeedState state = new Connecting(0);
        List<Duration> pauses = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            Step failed = FeedLogic.step(state, new Event.ConnectFailed(), 0);
            if (failed.next() instanceof Action.Pause pause) {
                pauses.add(pause.atMost());
                failed = FeedLogic.step(failed.state(), new Event.PauseOver(), 0);
            } else {
                pauses.add(Duration.ZERO);
            }
            assertThat(failed.next()).isEqualTo(new Action.Connect());
            state = failed.state();
        }
        assertThat(pauses.stream().map(Duration::toMillis))
                .containsExactly(0L, 250L, 500L, 1000L, 2000L, 4000L, 5000L, 5000L, 5000L);
    }

    @Test
    void aPeerThatAcceptsAndHangsUpIsNotTriedAThousandTimesASecond() {
        Open young = new Open(0, 0, 3);
        Step beat = FeedLogic.step(young, new Event.HeartbeatCame(), seconds(1));
        Step ended = FeedLogic.step(beat.state(), new Event.ConnectionEnded(), seconds(1));
        assertThat(ended.state()).isEqualTo(new Waiting(4));
        assertThat(ended.next()).isEqualTo(new Action.Pause(Duration.ofSeconds(1)));
    }

    @Test
    void aConnectionThatHasProvedItselfIsMadeAnewAtOnceAgain() {
        Open young = new Open(0, 0, 7);
        Step beat = FeedLogic.step(young, new Event.HeartbeatCame(), seconds(2));
        assertThat(beat.state()).isEqualTo(new Open(0, seconds(2), 0));
    }

    @Test
    void stoppingLetsTheAnswersInHandLeaveFirst() {
        Step stop = FeedLogic.step(PROVEN, new Event.StopAsked(), 0);
        assertThat(stop).isEqualTo(new Step(new Draining(), null, null));
        assertThat(FeedLogic.step(stop.state(), new Event.StopAsked(), 0).state())
                .isEqualTo(new Draining());
        Step drained = FeedLogic.step(stop.state(), new Event.Drained(), 0);
        assertThat(drained.state()).isEqualTo(new Stopped());
        assertThat(drained.end()).isEqualTo(new Action.CloseGoingAway());
    }

    @Test
    void stoppedMeansStopped() {
        for (FeedState state : List.of(new Idle(), new Connecting(1), new Waiting(2))) {
            assertThat(FeedLogic.step(state, new Event.StopAsked(), 0).state())
                    .isEqualTo(new Stopped());
        }
        for (Event event : events()) {
            Step step = FeedLogic.step(new Stopped(), event, 0);
            assertThat(step.state()).isEqualTo(new Stopped());
            assertThat(step.next()).isNull();
        }
    }

    @Test
    void anEventThatMeansNothingInAStateChangesNothing() {
        for (Event event :
                List.of(new Event.PauseOver(), new Event.Drained(), new Event.Started())) {
            assertThat(FeedLogic.step(PROVEN, event, 0).state()).isEqualTo(PROVEN);
        }
        assertThat(FeedLogic.step(new Waiting(3), new Event.Ticked(), seconds(99)).state())
                .isEqualTo(new Waiting(3));
    }

    private static List<Event> events() {
        return List.of(
                new Event.Started(),
                new Event.Connected(),
                new Event.ConnectFailed(),
                new Event.HeartbeatCame(),
                new Event.ConnectionEnded(),
                new Event.Ticked(),
                new Event.PauseOver(),
                new Event.StopAsked(),
                new Event.Drained());
    }

    private static long seconds(long seconds) {
        return Duration.ofSeconds(seconds).toNanos();
    }
}
