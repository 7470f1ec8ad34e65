package dev.holdfast.engine;

import dev.holdfast.engine.loop.Alarm;
import dev.holdfast.quota.Allowance;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Share;
import dev.holdfast.quota.SharedUse;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.StatusRules;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.UpstreamState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What one process knows of others who use an upstream's quota; on the loop. */
final class Sharing {
    /** How long before it settled a call may have arrived, at least. */
    private static final Duration LATE = Duration.ofSeconds(1);

    private final Quota quota;
    private final boolean shared;
    private final SortedMap<String, Quota> units;
    private SharedUse use;

    /** Of what counts beside calls, by their names; empty where nobody else uses it. */
    private final SortedMap<String, SharedUse> unitUses = new TreeMap<>();

    /** What answers said of that whose calls' outcomes are to come, by their requests. */
    private final Map<String, Map<String, List<Allowance>>> unitsSaid = new HashMap<>();

    private boolean nothingLeft;
    private long absurd;

    Sharing(UpstreamPolicy policy) {
        quota = policy.quota();
        units = policy.units();
        shared = policy.shared() != null;
        if (policy.shared() == null) {
            use = SharedUse.NONE;
        } else {
            use = SharedUse.with(policy.shared());
            units.keySet().forEach(unit -> unitUses.put(unit, use));
        }
    }

    /**
     * An answer has come, before its outcome.
     *
     * @param others calls in flight beside the one that was answered
     * @param latency of a call, on average
     */
    void answered(Upstream.Said said, Occupancy ledger, int others, Duration latency, Instant now) {
        List<Allowance> allowances = said.allowances();
        absurd += said.absurd();
        nothingLeft = allowances.stream().anyMatch(allowance -> allowance.remaining() == 0);
        use = use.answered(quota, allowances, ledger, others, late(latency), now);
        if (!unitUses.isEmpty()) {
            unitsSaid.put(said.requestId(), said.units());
        }
    }

    /**
     * What a claim asks by: with each window a shorter one of the same limit, which forbids nothing
     * more and has the ledger tell what was used since it began: what is surely ours.
     */
    Quota asked(SharedUse.Room room, Duration latency) {
        return shared ? asked(room.quota(), latency) : room.quota();
    }

    private static Quota asked(Quota quota, Duration latency) {
        List<Window> windows = new ArrayList<>();
        for (Window window : quota.windows()) {
            windows.add(window);
            Duration rest = window.length().minus(late(latency));
            // A shorter one would have probes leave sooner than the quota itself says.
            if (rest.compareTo(window.length().dividedBy(2)) >= 0) {
                windows.add(new Window(window.limit(), rest));
            }
        }
        return new Quota(windows);
    }

    /** What a claim asks by in other units than calls. */
    SortedMap<String, Share> shares(Duration latency, Instant now) {
        SortedMap<String, Share> shares = new TreeMap<>();
        unitUses.forEach(
                (unit, its) -> {
                    Quota all = allowed(unit);
                    SharedUse.Room room = its.room(all, now);
                    Share share =
                            new Share(
                                    its.most(all, now),
                                    asked(room.quota(), latency),
                                    room.notBefore(),
                                    room.until());
                    shares.put(unit, share);
                });
        return shares;
    }

    private Quota allowed(String unit) {
        return units.getOrDefault(unit, Quota.NONE);
    }

    private static Duration late(Duration latency) {
        Duration twice = latency.multipliedBy(2);
        return twice.compareTo(LATE) < 0 ? LATE : twice;
    }

    /**
     * What came of the call whose answer it was. What it took of other units than calls is known
     * only now: it counts as ours, and what is reserved for others in flight does not.
     */
    void settled(
            ClaimedJob job, Outcome outcome, UpstreamState state, Duration latency, Instant now) {
        if (!shared) {
            return;
        }
        String request = job.request().toString();
        Map<String, List<Allowance>> said = unitsSaid.remove(request);
        List<String> lacking = new ArrayList<>();
        if (said != null) {
            Map<String, Long> used = Outcomes.used(outcome, job.costs());
            for (String unit : units.keySet()) {
                List<Allowance> left = said.getOrDefault(unit, List.of());
                long cost = job.costs().of(unit);
                long others = inFlight(state, unit) - used.getOrDefault(unit, cost);
                unitUses.computeIfPresent(
                        unit,
                        (_, before) ->
                                before.answered(
                                        allowed(unit),
                                        left,
                                        taken(state, unit),
                                        (int) Math.max(Integer.MIN_VALUE, others),
                                        late(latency),
                                        now));
                if (left.stream().anyMatch(one -> one.remaining() < Math.max(1, cost))) {
                    lacking.add(unit);
                }
            }
        }
        if (outcome instanceof Outcome.Throttled(int status, _)
                && status == StatusRules.TOO_MANY_REQUESTS) {
            refused(lacking, state, now);
        }
    }

    /**
     * A 429 came within what was allowed.
     *
     * @param lacking units of which the call takes more than was left of them
     */
    private void refused(List<String> lacking, UpstreamState state, Instant now) {
        if (nothingLeft || lacking.isEmpty()) {
            use = use.refused(quota, state.slots(), nothingLeft, now);
        }
        for (String unit : lacking) {
            unitUses.computeIfPresent(
                    unit,
                    (_, before) -> before.refused(allowed(unit), taken(state, unit), true, now));
        }
    }

    private static Occupancy taken(UpstreamState state, String unit) {
        return state.units().getOrDefault(unit, Occupancy.EMPTY);
    }

    private static long inFlight(UpstreamState state, String unit) {
        return taken(state, unit).inFlight();
    }

    /** Rings when what was said holds no longer, unless it rings before. */
    void wake(Instant now, Alarm alarm) {
        Instant until = room(now).until();
        if (until != null) {
            alarm.at(until);
        }
    }

    /** What calls may leave; one at a time also where nobody knows what is left of a unit. */
    SharedUse.Room room(Instant now) {
        SharedUse.Room calls = use.room(quota, now);
        boolean single = calls.single();
        Instant until = calls.until();
        for (Map.Entry<String, SharedUse> each : unitUses.entrySet()) {
            SharedUse.Room room = each.getValue().room(allowed(each.getKey()), now);
            single |= room.single();
            Instant its = room.until();
            until = until == null || (its != null && its.isBefore(until)) ? its : until;
        }
        return new SharedUse.Room(calls.quota(), calls.notBefore(), single, until);
    }

    /** Calls of others in the shortest window, as far as they are known of. */
    int strangers(Instant now) {
        return strangers(use, quota, now);
    }

    /** The same of another unit than calls. */
    int strangers(String unit, Instant now) {
        SharedUse its = unitUses.get(unit);
        return its == null ? 0 : strangers(its, allowed(unit), now);
    }

    private static int strangers(SharedUse use, Quota quota, Instant now) {
        return quota.windows().stream()
                .min((one, other) -> one.length().compareTo(other.length()))
                .map(window -> use.strangers(window, now))
                .orElse(0);
    }

    /** Headers that made no sense. */
    long absurd() {
        return absurd;
    }
}
