package dev.holdfast.request;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What becomes of a job after one of its attempts settled. */
public sealed interface Decision {

    /** Why the upstream takes no calls from now on, whosever they are; null if it does. */
    default @Nullable Closing closing() {
        return null;
    }

    /** It is done. */
    record Succeed(Result result) implements Decision {}

    /**
     * It failed for good.
     *
     * @param closing what the answer said of the upstream, or null
     */
    record Fail(Failure failure, @Nullable Closing closing) implements Decision {
        /** Of an upstream that takes calls. */
        public Fail(Failure failure) {
            this(failure, null);
        }
    }

    /**
     * It is called again.
     *
     * @param after how long to wait from now
     * @param charged whether this attempt counts towards {@code max-attempts}
     * @param closing why the upstream takes no calls from now on, or null if it does
     */
    record Retry(Duration after, boolean charged, @Nullable Closing closing) implements Decision {}

    /** Why an upstream takes no calls, whosever they are. */
    sealed interface Closing {
        /** It asked to be left alone. */
        record For(Duration length) implements Closing {}

        /**
         * Nobody is at home: single calls find out when that changes.
         *
         * @param pause until the first of them
         */
        record Absent(Duration pause) implements Closing {}

        /** It refuses the credential, until somebody does something about it. */
        record Unauthorized() implements Closing {}
    }
}
