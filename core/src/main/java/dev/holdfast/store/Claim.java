package dev.holdfast.store;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a {@link ClaimAsk}.
 *
 * @param jobs what to call now, each with its slot on disk
 * @param nextAt steady time at which asking again can bring something without any other event (a
 *     slot frees, a retry falls due, the upstream opens); null if only an event can
 * @param state the upstream after this claim
 * @param expired requests whose expiry had come, as they stand now; their webhooks are due
 * @param lease the number of this process's lease under which the calls may be made, see {@link
 * XX */
public record Claim(
        List<ClaimedJob> jobs,
        @Nullable Instant nextAt,
        UpstreamState state,
        List<RequestRecord> expired,
        long lease,
        List<Long> started) {
    public Claim {
        started = List.copyOf(started);
        jobs = List.copyOf(jobs);
        expired = List.copyOf(expired);
    }

    /** A claim that needs no lease. */
    public Claim(
            List<ClaimedJob> jobs,
            @Nullable Instant nextAt,
            UpstreamState state,
            List<RequestRecord> expired) {
        this(jobs, nextAt, state, expired, 0, List.of());
    }
}
