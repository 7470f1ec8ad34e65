package dev.holdfast.engine.credential;

import dev.holdfast.quota.Quota;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One of an upstream's credentials as operators see it; nothing of what is secret of it.
 *
 * @param name its name in the configuration
 * @param quota what it allows
 * @param taken slots that are taken of each of the quota's windows, in their order
 * @param units its quotas in other units than calls
 * @param inFlight calls under way with it, of all processes
 * @param freeSlots calls that could leave with it now; {@link Integer#MAX_VALUE} without quota
 * @param nextSlotIn until a slot of it frees; zero if one is free, null if only a call's end can
 *     tell, or nothing leaves with it any more
 * @param draining whether it takes nothing new
 * @param closedFor how long it is left alone: after a 429 as it asked for, after a 401 until the
 *     next probe; or null
 * @param outFor how long the upstream has refused it; or null
 */
public record CredentialView(
        String name,
        Quota quota,
        List<Long> taken,
        SortedMap<String, Unit> units,
        int inFlight,
        int freeSlots,
        @Nullable Duration nextSlotIn,
        boolean draining,
        @Nullable Duration closedFor,
        @Nullable Duration outFor) {
    /**
     * A quota in another unit than calls.
     *
     * @param taken of each of its windows, in their order
     */
    public record Unit(Quota quota, List<Long> taken) {
        public Unit {
            taken = List.copyOf(taken);
        }
    }

    public CredentialView {
        taken = List.copyOf(taken);
        units = new TreeMap<>(units);
    }

    /** How it stands, in a word: draining, out, closed or open. */
    public String state() {
        if (outFor != null) {
            return "out";
        }
        if (draining) {
            return "draining";
        }
        return closedFor == null ? "open" : "closed";
    }

    /** Whether calls leave with it now or as soon as it has a slot. */
    public boolean isUsed() {
        return !draining && outFor == null;
    }
}
