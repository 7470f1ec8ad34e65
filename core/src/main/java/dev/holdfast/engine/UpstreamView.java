package dev.holdfast.engine;

import dev.holdfast.engine.credential.CredentialView;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.ByPriority;
import dev.holdfast.request.Priority;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An upstream as operators see it.
 *
 * @param name its name in the configuration
 * @param quota what it allows
 * @param concurrency calls under way at most
 * @param inFlight calls under way, from this process
 * @param taken slots that are taken of each of the quota's windows, in their order
 * @param units its quotas in other units than calls
 * @param credentials of which each call leaves with one; empty if it has but its own
 * @param freeSlots calls that could leave now; {@link Integer#MAX_VALUE} without quota
 * @param nextSlotIn until a slot frees; zero if one is free, null if only a call's end can tell
 * @param strangers slots of the shortest window that others took, as far as answers told
 * @param absurd headers of answers about the quota that made no sense, since the start
 * @param missing calls of which nothing was heard since they were given up: they hold their slots
 *     until the window after the upstream's next sign of life
 * @param probes how many of them left as probes since then
 * @param restored whether the store was restored from a copy, and what may have been called since
 *     still counts: as many calls as the quota has
 * @param queued jobs whose first call has not left
 * @param retrying jobs that wait for another call
 * @param scheduled jobs whose time has not come
 * @param waiting of the queued and the retrying, those of each priority
 * @param paused whether an operator stopped it
 * @param closedFor how long it is left alone: after a 429 or 503 as it asked for, after a 401 until
 *     the next probe; or null
 * @param unauthorizedFor how long it has refused the credential, or null
 * @param absentFor how long nobody has been at home, or null
 * @param successRate share of the last calls, about {@link #RECENT_CALLS}, that were the last one
 *     their job needed, 0 to 1; null before the first call
 * @param latency of a call, running average
 * @param drainsIn until the backlog is done, as far as one can tell; null while no call leaves and
 *     nobody knows when that ends
 * @param drainsByPriority the same for each priority of which something waits
 * @param incidents answers of 429 in spite of the ledger
 * @param outcomes settled calls since the start, by outcome
 */
public record UpstreamView(
        String name,
        Quota quota,
        int concurrency,
        int inFlight,
        List<Long> taken,
        List<UnitView> units,
        List<CredentialView> credentials,
        int freeSlots,
        @Nullable Duration nextSlotIn,
        int strangers,
        long absurd,
        long missing,
        long probes,
        boolean restored,
        long queued,
        long retrying,
        long scheduled,
        ByPriority waiting,
        boolean paused,
        @Nullable Duration closedFor,
        @Nullable Duration unauthorizedFor,
        @Nullable Duration absentFor,
        @Nullable Double successRate,
        Duration latency,
        @Nullable Duration drainsIn,
        Map<Priority, Duration> drainsByPriority,
        long incidents,
        Map<String, Long> outcomes) {
    /** How many calls the running averages look back on, about. */
    public static final int RECENT_CALLS = 20;

    /**
     * A quota in another unit than calls.
     *
     * @param unit its name
     * @param quota its windows
     * @param taken of each of them, in their order
     * @param underestimated what calls took more than was reserved for them, since the start
     */
    public record UnitView(String unit, Quota quota, List<Long> taken, long underestimated) {
        public UnitView {
            taken = List.copyOf(taken);
        }
    }

    public UpstreamView {
        taken = List.copyOf(taken);
        units = List.copyOf(units);
        credentials = List.copyOf(credentials);
        outcomes = Map.copyOf(outcomes);
        drainsByPriority = Map.copyOf(drainsByPriority);
    }
}
