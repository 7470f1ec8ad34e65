package dev.holdfast.engine;

import dev.holdfast.engine.partition.PartitionView;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What an ask comes back with. */
public sealed interface Answer {

    /**
     * The request is final: it succeeded, or the upstream refused it or it failed while the caller
     * waited.
     *
     * @param view the request
     * @param origin where the result comes from
     */
    record Ready(RequestView view, Origin origin) implements Answer {}

    /**
     * The request is on disk and goes on.
     *
     * @param view the request
     * @param collapsed whether it joined another's call
     * @param partition how its partition stands; null if it has none, or nobody knows
     */
    record Receipt(RequestView view, boolean collapsed, @Nullable PartitionView partition)
            implements Answer {}

    /**
     * Nothing was kept.
     *
     * @param retryAfter when asking again may help, or null
     */
    record Refused(Refusal refusal, @Nullable Duration retryAfter) implements Answer {}

    /**
     * It is not known whether the request was kept: the store was silent for too long.
     *
     * @param request its id, if it was
     * @param retryAfter when asking again may help
     */
    record Uncertain(UUID request, Duration retryAfter) implements Answer {}

    /** Where a result comes from. */
    sealed interface Origin {
        /**
         * From the cache.
         *
         * @param until steady time until which it is kept
         */
        record Hit(Instant until) implements Origin {}

        /** From a call that this ask caused or joined. */
        record Miss(boolean collapsed) implements Origin {}
    }

    /** Why an ask was refused. */
    enum Refusal {
        IDEMPOTENCY_KEY_REUSED,
        TOO_MANY_PENDING,
        /** The client keeps as many bytes as it may. */
        TOO_MUCH_KEPT,
        /** As many bytes are kept as may be. */
        STORE_FULL,
        QUEUE_FULL,
        STORE_UNAVAILABLE,
        /** Its call takes more of a unit than a window of the quota has. */
        COST_OVER_LIMIT,
        /** {@code expires_in} cannot be met. */
        DEADLINE_UNREACHABLE
    }
}
