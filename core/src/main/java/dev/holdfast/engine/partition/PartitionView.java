package dev.holdfast.engine.partition;

import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Verdict;
import dev.holdfast.quota.Window;
import dev.holdfast.store.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A partition as operators see it.
 *
 * @param key by which its upstream tells it from others
 * @param own what it is allowed instead of what each is
 * @param rules what is in force
 * @param taken slots that are taken of each of its quota's windows, in their order
 * @param units what is taken of each window of its other units, by their names
 * @param queued jobs whose first call has not left
 * @param retrying jobs that wait for another call
 * @param inFlight calls under way, of all processes
 * @param freeSlots calls that its own quota and concurrency let leave now
 * @param nextSlotIn until a slot of its own frees; zero if one is free, null if only a call's end
 *     can tell, or nothing leaves
 * @param closedFor how long it is left alone: after a 429 as it asked for, after a 401 until the
 *     next probe; or null
 * @param unauthorizedFor how long its credential has been refused, or null
 * @param drainsIn until what waits has left by its own quota, which is at best; null while nobody
 *     knows
 */
public record PartitionView(
        String key,
        OwnRules own,
        PartitionRules rules,
        List<Long> taken,
        SortedMap<String, List<Long>> units,
        long queued,
        long retrying,
        int inFlight,
        int freeSlots,
        @Nullable Duration nextSlotIn,
        @Nullable Duration closedFor,
        @Nullable Duration unauthorizedFor,
        @Nullable Duration drainsIn) {
    public PartitionView {
        taken = List.copyOf(taken);
        units = new TreeMap<>(units);
    }

    /** How it stands, in a word: paused, unauthorized, closed or open. */
    public String state() {
        if (own.paused()) {
            return "paused";
        }
        if (unauthorizedFor != null) {
            return "unauthorized";
        }
        return closedFor != null ? "closed" : "open";
    }

    /** Whether anything waits or runs in it, or it has something of its own. */
    boolean isInUse() {
        return queued + retrying + inFlight > 0 || !own.equals(OwnRules.NONE);
    }

    /** As it was seen. */
    public static PartitionView of(Partitions.Seen seen, Instant now) {
        Quota quota = seen.rules().quota();
        // More may run than may now: it was given less while they were under way.
        int room = Math.max(0, seen.concurrency() - seen.running());
        Verdict verdict = quota.verdict(seen.slots(), now);
        int free = verdict instanceof Verdict.Granted(int slots) ? Math.clamp(slots, 0, room) : 0;
        Instant closed = seen.closedUntil();
        Instant since = seen.unauthorizedSince();
        boolean stands = seen.own().paused() || since != null;
        Duration next = room <= 0 || stands ? null : next(verdict, closed, now);
        SortedMap<String, List<Long>> units = new TreeMap<>();
        for (Map.Entry<String, Quota> unit : seen.rules().units().entrySet()) {
            Occupancy slots = seen.units().getOrDefault(unit.getKey(), Occupancy.EMPTY);
            units.put(unit.getKey(), taken(unit.getValue(), slots, now));
        }
        return new PartitionView(
                seen.key(),
                seen.own(),
                seen.rules(),
                taken(quota, seen.slots(), now),
                units,
                seen.queued(),
                seen.retrying(),
                seen.running(),
                stands || closed != null || room <= 0 ? 0 : free,
                next,
                closed == null ? null : Duration.between(now, closed),
                since == null ? null : Duration.between(since, now),
                next == null ? null : drains(quota, seen.queued() + seen.retrying(), free, next));
    }

    private static @Nullable Duration next(Verdict verdict, @Nullable Instant closed, Instant now) {
        Instant at =
                switch (verdict) {
                    case Verdict.Granted _ -> now;
                    case Verdict.NotBefore(Instant frees) -> frees;
                    case Verdict.Probe(Instant probe) -> probe;
                    case Verdict.AfterSettling() -> null;
                };
        if (at == null) {
            return null;
        }
        Instant later = closed != null && closed.isAfter(at) ? closed : at;
        return later.isAfter(now) ? Duration.between(now, later) : Duration.ZERO;
    }

    /** Beyond what is free, a whole window passes for each of its limits. */
    private static Duration drains(Quota quota, long waiting, int free, Duration next) {
        Duration last = waiting > free ? next : Duration.ZERO;
        for (Window window : quota.windows()) {
            long rounds = (waiting - free - 1) / window.limit();
            Duration its = next.plus(window.held().multipliedBy(Math.max(0, rounds)));
            last = waiting > free && its.compareTo(last) > 0 ? its : last;
        }
        return last;
    }

    private static List<Long> taken(Quota quota, Occupancy slots, Instant now) {
        List<Long> all = new ArrayList<>();
        for (Window window : quota.windows()) {
            long taken = Quota.taken(window, slots, now);
            all.add(taken >= Settlement.MOST_USED ? window.limit() : taken);
        }
        return all;
    }
}
