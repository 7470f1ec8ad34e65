package dev.holdfast.request;

import org.jspecify.annotations.Nullable;

/**
 * Why a request failed for good.
 *
 * @param reason which rule of the policy ended it
 * @param upstreamStatus the upstream's last status, or null if there was no answer
 * @param upstreamBody the start of its body where it refused, or null
 */
public record Failure(
        Reason reason, @Nullable Integer upstreamStatus, @Nullable String upstreamBody) {

    /** The rule that ended a request. */
    public enum Reason {
        /** The upstream refused with a status of {@code reject-on}. */
        REJECTED("rejected"),
        /** {@code max-attempts} calls failed. */
        MAX_ATTEMPTS("max-attempts"),
        /** {@code give-up-after} passed since it was accepted. */
        GAVE_UP("give-up-after"),
        /** It is not known whether a call took effect, and the route is not repeatable. */
        UNCERTAIN("uncertain");

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
