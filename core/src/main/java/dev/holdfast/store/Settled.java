package dev.holdfast.store;

import dev.holdfast.pace.LearnedDelay;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Result;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Store#settle} wrote.
 *
 * @param applied false if the attempt was settled before or the job had moved on
 * @param completedAt wall time at which the job ended, or null if it goes on
 * @param cachedUntil steady time until which its result serves as cache, or null
 * @param deliveries webhooks that fell due, leased to the caller as by {@link Deliveries#claim}
 * @param learned what is known of the route's times of recovery, if this call added to it
 */
public record Settled(
        boolean applied,
        @Nullable Instant completedAt,
        @Nullable Instant cachedUntil,
        List<Delivery> deliveries,
        @Nullable LearnedDelay learned) {
    public Settled {
        deliveries = List.copyOf(deliveries);
    }

    /**
     * What has become of the job, if it was {@link #applied}.
     *
     * @param now steady time
     */
    public JobChange change(Settlement settlement, Instant now) {
        int attempts = settlement.job().number();
        Integer status = settlement.status();
        return switch (settlement.decision()) {
            case Decision.Succeed(Result result) ->
                    new JobChange.Succeeded(
                            attempts,
                            status,
                            Objects.requireNonNull(completedAt),
                            result,
                            cachedUntil);
            case Decision.Fail fail ->
                    new JobChange.Failed(
                            attempts, status, Objects.requireNonNull(completedAt), fail.failure());
            case Decision.Retry retry ->
                    new JobChange.Retrying(attempts, status, now.plus(retry.after()));
        };
    }
}
