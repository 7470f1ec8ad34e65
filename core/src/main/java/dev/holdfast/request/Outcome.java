package dev.holdfast.request;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How one upstream call ended; docs/answers.md says what each answer means. */
public sealed interface Outcome {

    /**
     * The upstream answered what the route asked for.
     *
     * @param used what it says that the call took of other units than calls, by their names
     */
    record Done(Result result, Map<String, Long> used) implements Outcome {
        public Done {
            used = Map.copyOf(used);
        }

        /** One that says nothing of what it took. */
        public Done(Result result) {
            this(result, Map.of());
        }
    }

    /**
     * The upstream refused for good.
     *
     * @param status HTTP status, one of the route's {@code reject-on}
     * @param body the start of the answer's body, at most {@link #MAX_REJECTION_CHARS} characters
     * @param detail where a redirect points, at most {@link Failure#MAX_DETAIL_CHARS} characters;
     *     or null
     * @param original all of it as it came, where the route passes answers on; else null
     */
    record Rejected(int status, String body, @Nullable String detail, @Nullable Original original)
            implements Outcome {
        /** How much of a refusal's body is kept, in characters. */
        public static final int MAX_REJECTION_CHARS = 2048;

        /** One that points nowhere. */
        public Rejected(int status, String body) {
            this(status, body, null, null);
        }

        /** One that is read as text. */
        public Rejected(int status, String body, @Nullable String detail) {
            this(status, body, detail, null);
        }
    }

    /**
     * The upstream did what was asked, but its answer cannot be the result. Final: calling again
     * would bring the same.
     *
     * @param kind what is wrong with it
     * @param status HTTP status, one of the route's {@code done-on}
     * @param detail in words what is wrong, at most {@link Failure#MAX_DETAIL_CHARS} characters
     */
    record Unusable(Kind kind, int status, String detail) implements Outcome {
        /** What is wrong with an answer. */
        public enum Kind {
            /** Over the largest result. */
            TOO_LARGE(Failure.Reason.RESULT_TOO_LARGE),
            /** A coding or charset that is not known, not text, not JSON where that is wanted. */
            UNREADABLE(Failure.Reason.RESULT_UNREADABLE);

            private final Failure.Reason reason;

            Kind(Failure.Reason reason) {
                this.reason = reason;
            }

            /** The request's failure that follows. */
            public Failure.Reason reason() {
                return reason;
            }
        }

        public Unusable {
            if (detail.length() > Failure.MAX_DETAIL_CHARS) {
                throw new IllegalArgumentException("a detail is a sentence");
            }
        }
    }

    /**
     * The call cannot be put into HTTP; nothing was sent.
     *
     * @param why what the request's parameters have that no call can carry
     */
    record Unsendable(String why) implements Outcome {
        /** Status given in place of an answer's. */
        public static final int STATUS = 400;
    }

    /**
     * The upstream refuses the credential (401, or by a rule of {@code verdict}), and with it every
     * request: not the request is at fault. No attempt is charged to it.
     *
     * @param body the start of the answer's body, at most {@link Rejected#MAX_REJECTION_CHARS}
     *     characters
     */
    record Unauthorized(String body) implements Outcome {}

    /**
     * The upstream takes no calls for a while: its quota is used up (429), so that someone else
     * uses the key or the configured quota is too high, or it says when it will be back (503 with
     * Retry-After), or a rule of the route's {@code verdict} says so. No attempt is charged to the
     * request.
     *
     * @param status 429 or 503, or the status of what the rule fits
     * @param retryAfter the wait that the answer asks for, or null
     */
    record Throttled(int status, @Nullable Duration retryAfter) implements Outcome {}

    /**
     * The token that it was called with is refused (401), and another one will be had: the same
     * call is worth one more. No attempt is charged.
     */
    record Stale() implements Outcome {}

    /**
     * No call could be made, since there is no token to make it with; nothing was sent and no
     * attempt is charged.
     *
     * @param pause after which another token may be asked for; null if that is refused, as a
     *     credential is
     */
    record Uncalled(@Nullable Duration pause) implements Outcome {}

    /**
     * The call failed and may be made again.
     *
     * @param why what went wrong
     * @param status HTTP status if there was an answer, else null
     * @param retryAfter the answer's Retry-After, or null
     * @param uncertain whether the call may have taken effect all the same
     */
    record Failed(
            Why why, @Nullable Integer status, @Nullable Duration retryAfter, boolean uncertain)
            implements Outcome {}

    /** Why a call failed. */
    enum Why {
        /** An answer with a status that is neither done nor rejected. */
        STATUS,
        /** No complete answer within the upstream's timeout. */
        TIMEOUT,
        /** No connection. */
        REFUSED,
        /** The connection broke before the answer was complete. */
        RESET,
        /** Not HTTP, or a page that stands in the place of an API. */
        GARBAGE,
        /** The process ended while the call was under way. */
        CRASH
    }
}
