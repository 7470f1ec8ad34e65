package dev.holdfast.request;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What becomes of a job after one of its attempts settled. */
public sealed interface Decision {

    /** It is done. */
    record Succeed(Result result) implements Decision {}

    /** It failed for good. */
    record Fail(Failure failure) implements Decision {}

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

        /** It refuses the credential, until somebody does something about it. */
        record Unauthorized() implements Closing {}
    }
}
