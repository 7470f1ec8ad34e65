package dev.holdfast.request;

import org.jspecify.annotations.Nullable;

/**
 * Why a request failed for good.
 *
 * @param reason which rule of the policy ended it
 * @param upstreamStatus the upstream's last status, or null if there was no answer
 * @param upstreamBody the start of its body where it refused, or null
 * @param detail in words what was wrong with the answer where the reason alone does not say, at
 *     most {@link #MAX_DETAIL_CHARS} characters; or null
 * @param original the refusal as it came, where the route passes answers on; else null
 */
public record Failure(
        Reason reason,
        @Nullable Integer upstreamStatus,
        @Nullable String upstreamBody,
        @Nullable String detail,
        @Nullable Original original) {
    /** Longest detail, in characters. */
    public static final int MAX_DETAIL_CHARS = 300;

    /** One whose reason says it all. */
    public Failure(Reason reason, @Nullable Integer upstreamStatus, @Nullable String upstreamBody) {
        this(reason, upstreamStatus, upstreamBody, null, null);
    }

    /** One that is told in words. */
    public Failure(
            Reason reason,
            @Nullable Integer upstreamStatus,
            @Nullable String upstreamBody,
            @Nullable String detail) {
        this(reason, upstreamStatus, upstreamBody, detail, null);
    }

    /** The rule that ended a request. */
    public enum Reason {
        /** The upstream refused with a status of {@code reject-on}. */
        REJECTED("rejected"),
        /** {@code max-attempts} calls failed. */
        MAX_ATTEMPTS("max-attempts"),
        /** {@code give-up-after} passed since it was accepted. */
        GAVE_UP("give-up-after"),
        /** It is not known whether a call took effect, and the route is not repeatable. */
        UNCERTAIN("uncertain"),
        /** The answer is larger than the largest result. */
        RESULT_TOO_LARGE("result-too-large"),
        /** The answer is not what the route wants, and calling again would not mend it. */
        RESULT_UNREADABLE("result-unreadable");

        private final String wire;

        Reason(String wire) {
            this.wire = wire;
        }

        /** The name on the wire. */
        public String wire() {
            return wire;
        }
    }
}
