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
     * @param closeUpstream how long the upstream takes no call at all, because it answered 429 in
     *     spite of the ledger; null if it did not
     */
    record Retry(Duration after, boolean charged, @Nullable Duration closeUpstream)
            implements Decision {}
}
