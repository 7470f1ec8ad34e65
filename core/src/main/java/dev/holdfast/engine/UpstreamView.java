package dev.holdfast.engine;

import dev.holdfast.engine.credential.CredentialView;
import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.SharedUse;
import dev.holdfast.quota.Verdict;
import dev.holdfast.quota.Window;
import dev.holdfast.request.ByPriority;
import dev.holdfast.request.Priority;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.UpstreamState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
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
 * @param oldestWaiting for how long the oldest of them has waited that could go, whatever holds it
 *     but a partition that was paused: since it was asked or its time came, a retry since it was
 *     due; zero if none does, null if it is not known
 * @param paused whether an operator stopped it
 * @param closedFor how long it is left alone: after a 429 or 503 as it asked for, after a 401 until
 *     the next probe; or null
 * @param unauthorizedFor how long it has refused the credential, or null
 * @param partlyRefused whether it refuses the credential in some of its partitions
 * @param partitions how its partitions stand; null of one without, or while that is not known
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
        @Nullable Duration oldestWaiting,
        boolean paused,
        @Nullable Duration closedFor,
        @Nullable Duration unauthorizedFor,
        boolean partlyRefused,
        Partitions.@Nullable Counts partitions,
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
     * @param strangers of the shortest window, what others took, as far as that is known
     * @param underestimated what calls took more than was reserved for them, since the start
     */
    public record UnitView(
            String unit, Quota quota, List<Long> taken, int strangers, long underestimated) {
        public UnitView {
            taken = List.copyOf(taken);
        }
    }

    /**
     * What is looked up of an upstream for each view.
     *
     * @param oldest for how long the oldest has waited that could go; zero if nothing waits that
     *     could go, null if it is not known
     * @param partitions how its partitions stand; null of one without, or if it is not known
     */
    record Look(@Nullable Duration oldest, Partitions.@Nullable Counts partitions) {
        static final Look NONE = new Look(null, null);
    }

    public UpstreamView {
        taken = List.copyOf(taken);
        units = List.copyOf(units);
        credentials = List.copyOf(credentials);
        outcomes = Map.copyOf(outcomes);
        drainsByPriority = Map.copyOf(drainsByPriority);
    }

    /**
     * The view.
     *
     * @param underWay calls from this process
     * @param look what was looked up of it
     * @param seen what became of the last ones
     */
    static UpstreamView of(
            UpstreamPolicy policy,
            UpstreamState state,
            int underWay,
            Look look,
            Telemetry seen,
            Sharing sharing,
            Estimate estimate,
            Instant now) {
        SharedUse.Room left = sharing.room(now);
        Verdict verdict = estimate.verdict(now);
        if (left.notBefore() != null) {
            verdict = verdict.notBefore(left.notBefore());
        }
        Instant closed = state.closedUntil();
        Instant since = state.unauthorizedSince();
        UpstreamState.Absence absence = state.absence();
        Instant alone = state.leftAloneUntil();
        if (alone != null && alone.isAfter(now)) {
            verdict = verdict.notBefore(alone);
        }
        List<Long> taken = taken(policy.quota(), state.slots(), now);
        long missing = state.slots().missing().calls();
        boolean restored =
                missing >= Settlement.MOST_USED
                        || policy.quota().windows().stream()
                                .anyMatch(window -> isUnknown(window, state.slots(), now));
        ByPriority waiting =
                ByPriority.of(each -> state.firstTries().of(each) + state.retries().of(each));
        boolean stands = state.paused() || since != null || absence != null;
        return new UpstreamView(
                policy.name(),
                policy.quota(),
                policy.concurrency(),
                underWay,
                taken,
                unitViews(policy, state, seen, sharing, now),
                policy.credentials().views(state, now),
                verdict instanceof Verdict.Granted(int slots) ? slots : 0,
                switch (verdict) {
                    case Verdict.Granted _ -> Duration.ZERO;
                    case Verdict.NotBefore(Instant at) -> Duration.between(now, at);
                    case Verdict.Probe(Instant at) -> Duration.between(now, at);
                    case Verdict.AfterSettling() -> null;
                },
                sharing.strangers(now),
                sharing.absurd(),
                missing >= Settlement.MOST_USED ? policy.quota().largestLimit() : missing,
                state.slots().missing().probes(),
                restored,
                state.queued(),
                state.retrying(),
                state.scheduled(),
                waiting,
                look.oldest(),
                state.paused(),
                closed != null && closed.isAfter(now) ? Duration.between(now, closed) : null,
                since == null ? null : Duration.between(since, now),
                state.partlyRefused(),
                look.partitions(),
                absence == null ? null : Duration.between(absence.since(), now),
                seen.isNew() ? null : (Double) seen.successRate(),
                seen.latency(),
                stands ? null : estimate.drain(now),
                stands ? Map.of() : drains(estimate, waiting, now),
                seen.incidents(),
                seen.outcomes());
    }

    private static List<Long> taken(Quota quota, Occupancy slots, Instant now) {
        return quota.windows().stream()
                .map(
                        window ->
                                isUnknown(window, slots, now)
                                        ? Long.valueOf(window.limit())
                                        : Long.valueOf(Quota.taken(window, slots, now)))
                .toList();
    }

    /** Whether more is taken than was ever called: nobody knows what was, since a restore. */
    private static boolean isUnknown(Window window, Occupancy slots, Instant now) {
        return Quota.taken(window, slots, now) >= Settlement.MOST_USED;
    }

    private static Map<Priority, Duration> drains(
            Estimate estimate, ByPriority waiting, Instant now) {
        Map<Priority, Duration> drains = new EnumMap<>(Priority.class);
        for (Priority each : Priority.ALL) {
            if (waiting.of(each) > 0) {
                drains.put(each, estimate.drain(each, now));
            }
        }
        return drains;
    }

    private static List<UnitView> unitViews(
            UpstreamPolicy policy,
            UpstreamState state,
            Telemetry seen,
            Sharing sharing,
            Instant now) {
        List<UnitView> units = new ArrayList<>();
        policy.units()
                .forEach(
                        (name, quota) -> {
                            Occupancy slots = state.units().getOrDefault(name, Occupancy.EMPTY);
                            units.add(
                                    new UnitView(
                                            name,
                                            quota,
                                            taken(quota, slots, now),
                                            sharing.strangers(name, now),
                                            seen.underestimated(name)));
                        });
        return units;
    }
}
