package dev.holdfast.gateway;

import dev.holdfast.gateway.server.Place;
import dev.holdfast.gateway.server.Tls;
import dev.holdfast.gateway.wire.ListenerLimits;
import dev.holdfast.wire.BasePath;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where the gateway listens and how long it may take.
 *
 * @param place where callers come in
 * @param management where operators come in for {@code /metrics} and the probes, or null for {@code
 *     place}
 * @param tls the certificate callers see, or null for plain HTTP/1.1
 * @param answerWithin time within which every answer starts (P2), at most {@link
 *     #MAX_ANSWER_WITHIN}
 * @param eventLoops threads that serve connections, at least 1
 * @param base what a proxy has before every path
 */
public record GatewaySettings(
        Place place,
        @Nullable Place management,
        @Nullable Tls tls,
        ListenerLimits limits,
        Duration answerWithin,
        int eventLoops,
        BasePath base) {
    /** No answer ever starts later than two seconds after its request, the guard's margin aside. */
    public static final Duration MAX_ANSWER_WITHIN = Duration.ofMillis(1900);

    public GatewaySettings {
        if (answerWithin.isNegative() || answerWithin.compareTo(MAX_ANSWER_WITHIN) > 0) {
            throw new IllegalArgumentException(
                    "answer-within is 0 to " + MAX_ANSWER_WITHIN + ", not " + answerWithin);
        }
        if (eventLoops < 1) {
            throw new IllegalArgumentException("event loops: at least 1, not " + eventLoops);
        }
    }

    /** At the root of its host. */
    public GatewaySettings(
            Place place,
            @Nullable Place management,
            @Nullable Tls tls,
            ListenerLimits limits,
            Duration answerWithin,
            int eventLoops) {
        this(place, management, tls, limits, answerWithin, eventLoops, BasePath.NONE);
    }

    /** Plain HTTP with the usual limits, operators and callers at the same place. */
    public GatewaySettings(String host, int port, Duration answerWithin, int eventLoops) {
        this(new Place(host, port), null, null, ListenerLimits.DEFAULT, answerWithin, eventLoops);
    }
}
