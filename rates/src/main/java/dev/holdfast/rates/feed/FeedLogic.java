package dev.holdfast.rates.feed;

import dev.holdfast.rates.feed.FeedState.Connecting;
import dev.holdfast.rates.feed.FeedState.Draining;
import dev.holdfast.rates.feed.FeedState.Idle;
import dev.holdfast.rates.feed.FeedState.Open;
import dev.holdfast.rates.feed.FeedState.Stopped;
import dev.holdfast.rates.feed.FeedState.Waiting;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the session does when something happens: pure, so that every case can be tested without a
 * network. The contract's rules: more than two seconds without a heartbeat end a connection; the
 * next is made at once, then with growing pauses.
 */
final class FeedLogic {
    /** Time without a heartbeat after which a connection counts as dead. */
    static final Duration HEARTBEAT_LIMIT = Duration.ofSeconds(2);

    /** First pause between two tries; doubles with every failure. */
    static final Duration FIRST_PAUSE = Duration.ofMillis(250);

    /** Longest pause between two tries. */
    static final Duration MAX_PAUSE = Duration.ofSeconds(5);

    /**
     * How long a connection must have lived, with heartbeats, for its end to be followed by a try
     * at once. A peer that accepts and hangs up is not worth a thousand tries a second.
     */
    static final Duration PROVEN_AFTER = Duration.ofSeconds(2);

    private FeedLogic() {}

    /** What happened. */
    sealed interface Event {
        /** The session begins. */
        record Started() implements Event {}

        /** The connection is there. */
        record Connected() implements Event {}

        /** No connection could be made. */
        record ConnectFailed() implements Event {}

        /** The peer sent a heartbeat. */
        record HeartbeatCame() implements Event {}

        /** The connection ended, for whatever reason but our own. */
        record ConnectionEnded() implements Event {}

        /** A moment has passed. */
        record Ticked() implements Event {}

        /** The pause is over. */
        record PauseOver() implements Event {}

        /** We are told to stop. */
        record StopAsked() implements Event {}

        /** Nothing is in hand any more, or we cannot wait for it. */
        record Drained() implements Event {}
    }

    /** What to do. */
    sealed interface Action {
        /** Make a connection. */
        record Connect() implements Action {}

        /**
         * Wait before the next try.
         *
         * @param atMost to be shortened at random, so that many clients do not come back together
         */
        record Pause(Duration atMost) implements Action {}

        /** Give the silent connection up. */
        record Drop(Duration silentFor) implements Action {}

        /** Close the connection in order: we are going away. */
        record CloseGoingAway() implements Action {}
    }

    /**
     * What comes of an event.
     *
     * @param end what to do with the connection there is, or null
     * @param next what to do then, or null
     */
    record Step(FeedState state, @Nullable Action end, @Nullable Action next) {}

    /**
     * The step from {@code state} when {@code event} happens at {@code now}, in nanoseconds. An
     * event that means nothing in a state changes nothing.
     */
    static Step step(FeedState state, Event event, long now) {
        if (event instanceof Event.StopAsked) {
            return state instanceof Open
                    ? new Step(new Draining(), null, null)
                    : state instanceof Draining ? stay(state) : new Step(new Stopped(), null, null);
        }
        return switch (state) {
            case Idle idle ->
                    event instanceof Event.Started
                            ? new Step(new Connecting(0), null, new Action.Connect())
                            : stay(idle);
            case Connecting connecting -> connecting(connecting, event, now);
            case Waiting waiting ->
                    event instanceof Event.PauseOver
                            ? new Step(
                                    new Connecting(waiting.failures()), null, new Action.Connect())
                            : stay(waiting);
            case Open open -> open(open, event, now);
            case Draining draining -> draining(draining, event);
            case Stopped stopped ->
                    event instanceof Event.Connected
                            ? new Step(stopped, new Action.CloseGoingAway(), null)
                            : stay(stopped);
        };
    }

    private static Step connecting(Connecting state, Event event, long now) {
        return switch (event) {
            case Event.Connected connected ->
                    new Step(new Open(now, now, state.failures()), null, null);
            case Event.ConnectFailed failed -> anew(state.failures(), null);
            default -> stay(state);
        };
    }

    private static Step open(Open state, Event event, long now) {
        return switch (event) {
            case Event.HeartbeatCame heartbeat -> {
                boolean proven = now - state.openedAt() >= PROVEN_AFTER.toNanos();
                yield new Step(
                        new Open(state.openedAt(), now, proven ? 0 : state.failures()), null, null);
            }
            case Event.Ticked ticked -> {
                Duration silentFor = Duration.ofNanos(now - state.lastHeartbeat());
                yield silentFor.compareTo(HEARTBEAT_LIMIT) > 0
                        ? anew(state.failures(), new Action.Drop(silentFor))
                        : stay(state);
            }
            case Event.ConnectionEnded ended -> anew(state.failures(), null);
            default -> stay(state);
        };
    }

    private static Step draining(Draining state, Event event) {
        return switch (event) {
            case Event.Drained drained ->
                    new Step(new Stopped(), new Action.CloseGoingAway(), null);
            case Event.ConnectionEnded ended -> new Step(new Stopped(), null, null);
            default -> stay(state);
        };
    }

    private static Step anew(int failures, @Nullable Action end) {
        if (failures == 0) {
            return new Step(new Connecting(1), end, new Action.Connect());
        }
        return new Step(new Waiting(failures + 1), end, new Action.Pause(pause(failures)));
    }

    /** Before the next try when so many have failed in a row. */
    static Duration pause(int failures) {
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures - 1, 10));
        return pause.compareTo(MAX_PAUSE) < 0 ? pause : MAX_PAUSE;
    }

    private static Step stay(FeedState state) {
        return new Step(state, null, null);
    }
}
