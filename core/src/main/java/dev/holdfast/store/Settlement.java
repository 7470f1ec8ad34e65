package dev.holdfast.store;

import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.request.StatusRules;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt ended and what follows.
 *
 * @param job the claimed job
 * @param outcome one word for the log: {@code done}, {@code rejected}, {@code throttled} or a
 *     {@link dev.holdfast.request.Outcome.Why} in lower case
 * @param status the upstream's status, or null
 * @param arrival what is known of when it arrived
 * @param onItsWay how long after it was claimed it may still be on its way, if its end was not seen
 * @param latency from sending to settling
 * @param decision what becomes of the job
 * @param used what it took of other units than calls, as far as that is known; else it was what was
 *     reserved. Of each at most {@link #MOST_USED}: more is counted as that
 */
public record Settlement(
        ClaimedJob job,
        String outcome,
        @Nullable Integer status,
        Arrival arrival,
        Duration onItsWay,
        Duration latency,
        Decision decision,
        Map<String, Long> used) {
    /**
     * As much as no window has: an answer that claims to have taken more fills each of them all the
     * same, and what was ever used stays a number that can be kept.
     */
    public static final long MOST_USED = Integer.MAX_VALUE;

    private static final String NOT_KEPT = "the store cannot keep it";
    private static final int FIRST_SUCCESS = 200;
    private static final int LAST_REFUSAL = 499;

    public Settlement {
        used =
                used.entrySet().stream()
                        .collect(
                                Collectors.toUnmodifiableMap(
                                        Map.Entry::getKey,
                                        one -> Math.min(MOST_USED, one.getValue())));
    }

    /** Of one that took what was reserved. */
    public Settlement(
            ClaimedJob job,
            String outcome,
            @Nullable Integer status,
            Arrival arrival,
            Duration onItsWay,
            Duration latency,
            Decision decision) {
        this(job, outcome, status, arrival, onItsWay, latency, decision, Map.of());
    }

    /** Of a call that was answered, or that never arrives. */
    public Settlement(
            ClaimedJob job,
            String outcome,
            @Nullable Integer status,
            Duration latency,
            Decision decision) {
        this(
                job,
                outcome,
                status,
                status == null ? Arrival.OVER : Arrival.ANSWERED,
                Duration.ZERO,
                latency,
                decision);
    }

    /** Whether somebody is at home. */
    public boolean wasAnswered() {
        return arrival == Arrival.ANSWERED;
    }

    /** Whether the upstream took the credential: it looked at the request itself. */
    public boolean authorized() {
        return status != null
                && arrival == Arrival.ANSWERED
                && status >= FIRST_SUCCESS
                && status <= LAST_REFUSAL
                && !(decision instanceof Decision.Retry)
                && status != StatusRules.UNAUTHORIZED
                && status != StatusRules.TOO_MANY_REQUESTS;
    }

    /**
     * Whether what closes the upstream was said of who called: the credential, where there are
     * several, or the partition. A 503 is said of the server, which has nothing for anybody (RFC
     * 9110, section 15.6.4), and without a token nobody was called at all.
     */
    public boolean isOfTheCaller() {
        return status != null && status != StatusRules.UNAVAILABLE;
    }

    /** The same without anything that a store could refuse to keep: a failure with no text. */
    public Settlement bare() {
        Failure failure =
                decision instanceof Decision.Fail(Failure whole, _)
                        ? new Failure(whole.reason(), status, null, NOT_KEPT)
                        : new Failure(Failure.Reason.RESULT_UNREADABLE, status, null, NOT_KEPT);
        return new Settlement(
                job,
                outcome,
                status,
                arrival,
                onItsWay,
                latency,
                new Decision.Fail(failure, decision.closing()),
                used);
    }

    /** What is known of when a call arrived at the upstream. */
    public enum Arrival {
        /** It was answered: it has arrived, and the upstream lives. */
        ANSWERED,
        /** It has arrived, or never will. */
        OVER,
        /** It may still arrive, when the upstream wakes up. */
        OPEN
    }
}
