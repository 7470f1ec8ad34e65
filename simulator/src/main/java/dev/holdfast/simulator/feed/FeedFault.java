package dev.holdfast.simulator.feed;

import dev.holdfast.simulator.Bounds;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Locale;

/**
 * A way for the trade feed to misbehave.
 *
 * @param kind what happens
 * @param after when, from the first connection on
 * @param lasting how long; of no meaning for what happens in a moment
 */
public record FeedFault(Kind kind, Duration after, Duration lasting) {

    /** What happens, and how soon a client is to be back. */
    public enum Kind {
        /** TCP resets of all connections. */
        RESET(Duration.ofSeconds(1), Duration.ZERO),
        /** Close frames on all connections. */
        CLOSE(Duration.ofSeconds(1), Duration.ZERO),
        /** Nothing is sent, neither heartbeats nor messages. */
        SILENCE(Duration.ofMillis(3200), Duration.ofSeconds(5)),
        /** No heartbeats, while messages flow. */
        NO_HEARTBEATS(Duration.ofMillis(3200), Duration.ofSeconds(5)),
        /** The connections there are go deaf and dumb without an end. */
        HALF_OPEN(Duration.ofMillis(3200), Duration.ZERO),
        /** Connections end, new ones are refused. Counts from when it is over. */
        REFUSE(Duration.ofSeconds(7), Duration.ofSeconds(10)),
        /** Frames that are no messages; no reason to go. */
        GARBAGE(Duration.ZERO, Duration.ZERO);

        private final Duration backWithin;
        private final Duration usual;

        Kind(Duration backWithin, Duration usual) {
            this.backWithin = backWithin;
            this.usual = usual;
        }

        /** How soon a client is to be connected anew; zero if it is not to go. */
        public Duration backWithin() {
            return backWithin;
        }

        /** How long it usually lasts. */
        public Duration usual() {
            return usual;
        }
    }

    /** What must have passed for a client to have seen more than 2 s without a heartbeat. */
    private static final Duration NOTICEABLE = Duration.ofMillis(2500);

    public FeedFault {
        Bounds.time("when a fault comes", after, Bounds.LONGEST_TIME);
        Bounds.time("a fault's time", lasting, Bounds.LONGEST_TIME);
    }

    /** Now, for its usual time. */
    public static FeedFault now(Kind kind) {
        return new FeedFault(kind, Duration.ZERO, kind.usual());
    }

    /** Whether a client has to connect anew because of it. */
    boolean callsForRenewal() {
        return switch (kind) {
            case RESET, CLOSE, HALF_OPEN, REFUSE -> true;
            case SILENCE, NO_HEARTBEATS -> lasting.compareTo(NOTICEABLE) >= 0;
            case GARBAGE -> false;
        };
    }

    /**
     * Reads {@code {"fault","for_ms"}}.
     *
     * @throws IllegalArgumentException if there is no such fault, in words
     */
    static FeedFault parse(JsonObject json) {
        var name = json.getString("fault", "").toUpperCase(Locale.ROOT).replace('-', '_');
        var kind = Kind.valueOf(name);
        var lasting = json.getLong("for_ms", kind.usual().toMillis());
        return new FeedFault(kind, Duration.ZERO, Duration.ofMillis(lasting));
    }
}
