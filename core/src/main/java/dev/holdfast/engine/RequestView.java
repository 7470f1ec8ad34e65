package dev.holdfast.engine;

import dev.holdfast.store.RequestRecord;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A request as its caller sees it.
 *
 * @param request as stored
 * @param position how many go before it, itself included; 0 when it is not queued
 * @param estimatedSeconds until its result, from the quota and what earlier calls tell; 0 when
 *     final, null when something has to happen first of which nobody knows when it will
 * @param waitingFor what its next call waits for; null when it is final or under way
 */
public record RequestView(
        RequestRecord request,
        long position,
        @Nullable Long estimatedSeconds,
        @Nullable WaitingFor waitingFor) {
    private static final long LOOK_AGAIN_SECONDS = 60;

    /**
     * What keeps a call from leaving; what blocks all of an upstream's, or of its partition's,
     * comes first.
     */
    public enum WaitingFor {
        /** An operator stopped the upstream, or its partition. */
        PAUSED,
        /** The upstream refuses the credential, or does so in its partition. */
        UNAUTHORIZED,
        /** Nobody is at home at the upstream. */
        BREAKER,
        /** The upstream asked to be left alone, or to leave its partition alone. */
        CLOSED,
        /** Its time has not come. */
        TIME,
        /** Its last call failed; the next is due later. */
        BACKOFF,
        /** Others go first. */
        TURN,
        /** A slot of the quota, or a call under way to end. */
        SLOT;

        /** The name on the wire. */
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One that is final. */
    public static RequestView ended(RequestRecord request) {
        return new RequestView(request, 0, 0L, null);
    }

    /** When to look again, in seconds: with its result, or, if that cannot be told, by and by. */
    public long lookAgainSeconds() {
        return estimatedSeconds == null ? LOOK_AGAIN_SECONDS : Math.max(1, estimatedSeconds);
    }
}
