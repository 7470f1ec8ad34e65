package dev.holdfast.rates.feed;

/**
 * Where the session with the feed stands. Times are nanoseconds of one clock that only goes
 * forward; {@code failures} counts the connections lost or refused since the last one that proved
 * itself.
 */
sealed interface FeedState {

    /** Not begun. */
    record Idle() implements FeedState {}

    /** A connection is being made. */
    record Connecting(int failures) implements FeedState {}

    /** Waiting before the next try. */
    record Waiting(int failures) implements FeedState {}

    /** Connected. */
    record Open(long openedAt, long lastHeartbeat, int failures) implements FeedState {}

    /** Connected, told to stop, messages still in hand. */
    record Draining() implements FeedState {}

    /** Over for good. */
    record Stopped() implements FeedState {}
}
