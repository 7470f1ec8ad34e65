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
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What one process knows of others who use an upstream's quota; on the loop. */
final class Sharing {
    /** How long before it settled a call may have arrived, at least. */
    private static final Duration LATE = Duration.ofSeconds(1);

    private final boolean shared;
    private final Use calls;

    /** Of what counts beside calls, by their names; empty where nobody else uses it. */
    private final SortedMap<String, Use> units = new TreeMap<>();

    /**
     * What answers said of that whose calls' outcomes are to come, by their requests: no more than
     * there are calls under way.
     */
    private final Map<String, Map<String, List<Allowance>>> unitsSaid = new HashMap<>();

    private boolean nothingLeft;
    private long absurd;

    /** A quota, and what is known of others who use it. */
    private static final class Use {
        final Quota quota;
        SharedUse known;

        Use(Quota quota, SharedUse known) {
            this.quota = quota;
            this.known = known;
        }

        SharedUse.Room room(Instant now) {
            return known.room(quota, now);
        }

        /** Of others in the shortest window. */
        int strangers(Instant now) {
            return quota.windows().stream()
                    .min(Comparator.comparing(Window::length))
                    .map(window -> known.strangers(window, now))
                    .orElse(0);
        }
    }

    Sharing(UpstreamPolicy policy) {
        Double reserve = policy.shared();
        shared = reserve != null;
        SharedUse nothing = reserve == null ? SharedUse.NONE : SharedUse.with(reserve);
        calls = new Use(policy.quota(), nothing);
        if (shared) {
            policy.units().forEach((unit, quota) -> units.put(unit, new Use(quota, nothing)));
        }
    }

    /**
     * An answer has come, before its outcome.
     *
     * @param others calls in flight beside the one that was answered
     * @param latency of a call, on average
     */
    void answered(Upstream.Said said, Occupancy ledger, int others, Duration latency, Instant now) {
        List<Allowance> left = said.allowances();
        absurd += said.absurd();
        nothingLeft = left.stream().anyMatch(allowance -> allowance.remaining() == 0);
        calls.known = calls.known.answered(calls.quota, left, ledger, others, late(latency), now);
        if (!units.isEmpty()) {
            unitsSaid.put(said.requestId(), said.units());
        }
    }

    /** What a claim asks by. */
    Quota asked(SharedUse.Room room, Duration latency) {
        return shared ? withSure(room.quota(), latency) : room.quota();
    }

    /**
     * With each window a shorter one of the same limit, which forbids nothing more and has the
     * ledger tell what was used since it began: what is surely ours.
     */
    private static Quota withSure(Quota quota, Duration latency) {
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
        units.forEach(
                (unit, use) -> {
                    SharedUse.Room room = use.room(now);
                    Quota most = use.known.most(use.quota, now);
                    Quota ours = withSure(room.quota(), latency);
                    shares.put(unit, new Share(most, ours, room.notBefore(), room.until()));
                });
        return shares;
    }

    private static Duration late(Duration latency) {
        Duration twice = latency.multipliedBy(2);
        return twice.compareTo(LATE) < 0 ? LATE : twice;
    }

    /** What came of the call whose answer it was. */
    void settled(
            ClaimedJob job, Outcome outcome, UpstreamState state, Duration latency, Instant now) {
        List<String> lacking = unitsSettled(job, outcome, state, latency, now);
        boolean refused =
                shared
                        && outcome instanceof Outcome.Throttled(int status, _)
                        && status == StatusRules.TOO_MANY_REQUESTS;
        if (!refused) {
            return;
        }
        if (nothingLeft || lacking.isEmpty()) {
            calls.known = calls.known.refused(calls.quota, state.slots(), nothingLeft, now);
        }
        for (String unit : lacking) {
            Use use = use(unit);
            use.known = use.known.refused(use.quota, taken(state, unit), true, now);
        }
    }

    /**
     * What a call took of other units than calls is known only now: it counts as ours, and what is
     * reserved for others in flight does not.
     *
     * @return those of which less was left than the call takes
     */
    private List<String> unitsSettled(
            ClaimedJob job, Outcome outcome, UpstreamState state, Duration latency, Instant now) {
        Map<String, List<Allowance>> said = unitsSaid.remove(job.request().toString());
        List<String> lacking = new ArrayList<>();
        if (said == null) {
            return lacking;
        }
        Map<String, Long> used = Outcomes.used(outcome, job.costs());
        units.forEach(
                (unit, use) -> {
                    List<Allowance> left = said.getOrDefault(unit, List.of());
                    Occupancy ledger = taken(state, unit);
                    long cost = job.costs().of(unit);
                    long others = ledger.inFlight() - used.getOrDefault(unit, cost);
                    use.known =
                            use.known.answered(use.quota, left, ledger, others, late(latency), now);
                    if (left.stream().anyMatch(one -> one.remaining() < Math.max(1, cost))) {
                        lacking.add(unit);
                    }
                });
        return lacking;
    }

    private Use use(String unit) {
        Use use = units.get(unit);
        if (use == null) {
            throw new IllegalArgumentException(unit + " is not counted");
        }
        return use;
    }

    private static Occupancy taken(UpstreamState state, String unit) {
        return state.units().getOrDefault(unit, Occupancy.EMPTY);
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
        SharedUse.Room room = calls.room(now);
        for (Use use : units.values()) {
            room = room.beside(use.room(now));
        }
        return room;
    }

    /** Calls of others in the shortest window, as far as they are known of. */
    int strangers(Instant now) {
        return calls.strangers(now);
    }

    /** The same of another unit than calls. */
    int strangers(String unit, Instant now) {
        Use use = units.get(unit);
        return use == null ? 0 : use.strangers(now);
    }

    /** Headers that made no sense. */
    long absurd() {
        return absurd;
    }
}
