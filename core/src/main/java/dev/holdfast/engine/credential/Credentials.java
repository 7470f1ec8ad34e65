package dev.holdfast.engine.credential;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Pool;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Verdict;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Costs;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.UpstreamState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The credentials of an upstream, of which each call leaves with one. Pure.
 *
 * @param all as they are configured; empty where the upstream has but its own
 */
public record Credentials(List<ClaimAsk.Credential> all) {
    /** Of an upstream whose calls all leave with the same. */
    public static final Credentials NONE = new Credentials(List.of());

    public Credentials {
        all = List.copyOf(all);
    }

    /** The other units than calls that one of them counts. */
    public Set<String> units() {
        Set<String> units = new HashSet<>();
        all.forEach(each -> units.addAll(each.units().keySet()));
        return units;
    }

    /** Whether a call costs more than any of them will ever have free. */
    public boolean isTooDear(Costs costs) {
        return !all.isEmpty() && all.stream().allMatch(each -> isTooDear(each, costs));
    }

    private static boolean isTooDear(ClaimAsk.Credential one, Costs costs) {
        return one.draining()
                || one.units().entrySet().stream()
                        .anyMatch(
                                unit -> {
                                    long cost = costs.of(unit.getKey());
                                    return unit.getValue().atMost(cost) < cost;
                                });
    }

    /** The shortest window of one of them, by its name; empty if it has none. */
    public Optional<Duration> shortestWindow(@Nullable String name) {
        return all.stream()
                .filter(each -> each.name().equals(name))
                .flatMap(each -> each.quota().windows().stream())
                .map(Window::length)
                .min(Comparator.naturalOrder());
    }

    /** When one that is out is tried again, of some that others may be used beside; or null. */
    public @Nullable Instant nextProbe(UpstreamState state) {
        return state.credentials().stream()
                .filter(one -> one.unauthorizedSince() != null && !one.draining())
                .map(one -> one.closedUntil() == null ? Instant.MIN : one.closedUntil())
                .min(Comparator.naturalOrder())
                .orElse(null);
    }

    /** What they allow together, as they stand. */
    public Pools pools(UpstreamState state) {
        if (all.isEmpty()) {
            return Pools.NONE;
        }
        Map<String, UpstreamState.Credential> known = byName(state);
        List<ClaimAsk.Credential> used = all.stream().filter(each -> !each.draining()).toList();
        List<ClaimAsk.Credential> taken =
                used.stream()
                        .filter(each -> state(known, each).unauthorizedSince() == null)
                        .toList();
        List<ClaimAsk.Credential> members = taken.isEmpty() ? used : taken;
        List<Pool.Member> calls = new ArrayList<>();
        members.forEach(
                each ->
                        calls.add(
                                member(
                                        state(known, each),
                                        each.quota(),
                                        state(known, each).slots())));
        Map<String, Pool> units = new HashMap<>();
        for (String unit : units()) {
            if (members.stream().allMatch(each -> each.units().containsKey(unit))) {
                units.put(unit, new Pool(ofUnit(members, known, unit)));
            }
        }
        return new Pools(new Pool(calls), units, all);
    }

    private static List<Pool.Member> ofUnit(
            List<ClaimAsk.Credential> members,
            Map<String, UpstreamState.Credential> known,
            String unit) {
        List<Pool.Member> all = new ArrayList<>();
        for (ClaimAsk.Credential each : members) {
            UpstreamState.Credential state = state(known, each);
            Quota quota = each.units().getOrDefault(unit, Quota.NONE);
            all.add(member(state, quota, state.units().getOrDefault(unit, Occupancy.EMPTY)));
        }
        return all;
    }

    private static Pool.Member member(
            UpstreamState.Credential state, Quota quota, Occupancy slots) {
        return new Pool.Member(
                quota, slots, state.closedUntil(), state.unauthorizedSince() != null);
    }

    /** How each stands, in the order of the configuration. */
    public List<CredentialView> views(UpstreamState state, Instant now) {
        Map<String, UpstreamState.Credential> known = byName(state);
        return all.stream().map(each -> view(each, state(known, each), state, now)).toList();
    }

    private static CredentialView view(
            ClaimAsk.Credential one,
            UpstreamState.Credential state,
            UpstreamState upstream,
            Instant now) {
        boolean others = upstream.slots().inFlight() > 0;
        Verdict verdict =
                one.draining()
                        ? new Verdict.AfterSettling()
                        : member(state, one.quota(), state.slots()).verdict(now, others);
        SortedMap<String, CredentialView.Unit> units = new TreeMap<>();
        one.units()
                .forEach(
                        (unit, quota) -> {
                            Occupancy slots = state.units().getOrDefault(unit, Occupancy.EMPTY);
                            units.put(
                                    unit, new CredentialView.Unit(quota, taken(quota, slots, now)));
                        });
        Instant closed = state.closedUntil();
        Instant out = state.unauthorizedSince();
        return new CredentialView(
                one.name(),
                one.quota(),
                taken(one.quota(), state.slots(), now),
                units,
                state.slots().inFlight(),
                verdict instanceof Verdict.Granted(int slots) ? slots : 0,
                switch (verdict) {
                    case Verdict.Granted _ -> Duration.ZERO;
                    case Verdict.NotBefore(Instant at) -> Duration.between(now, at);
                    case Verdict.Probe(Instant at) -> Duration.between(now, at);
                    case Verdict.AfterSettling() -> null;
                },
                one.draining(),
                closed != null && closed.isAfter(now) ? Duration.between(now, closed) : null,
                out == null ? null : Duration.between(out, now));
    }

    private static List<Long> taken(Quota quota, Occupancy slots, Instant now) {
        return quota.windows().stream().map(window -> Quota.taken(window, slots, now)).toList();
    }

    private static Map<String, UpstreamState.Credential> byName(UpstreamState state) {
        Map<String, UpstreamState.Credential> known = new HashMap<>();
        state.credentials().forEach(each -> known.put(each.name(), each));
        return known;
    }

    private static UpstreamState.Credential state(
            Map<String, UpstreamState.Credential> known, ClaimAsk.Credential of) {
        UpstreamState.Credential state = known.get(of.name());
        return state != null
                ? state
                : new UpstreamState.Credential(
                        of.name(), Occupancy.EMPTY, Map.of(), of.draining(), null, null);
    }
}
