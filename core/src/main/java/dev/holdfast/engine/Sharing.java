package dev.holdfast.engine;

import dev.holdfast.engine.loop.Alarm;
import dev.holdfast.quota.Allowance;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.SharedUse;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.StatusRules;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What one process knows of others who use an upstream's quota; on the loop. */
final class Sharing {
    /** How long before it settled a call may have arrived, at least. */
    private static final Duration LATE = Duration.ofSeconds(1);

    private final Quota quota;
    private final boolean shared;
    private SharedUse use;
    private boolean nothingLeft;
    private long absurd;

    Sharing(UpstreamPolicy policy) {
        quota = policy.quota();
        shared = policy.shared() != null;
        use = policy.shared() == null ? SharedUse.NONE : SharedUse.with(policy.shared());
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
    }

    /**
     * What a claim asks by: with each window a shorter one of the same limit, which forbids nothing
     * more and has the ledger tell what was used since it began: what is surely ours.
     */
    Quota asked(SharedUse.Room room, Duration latency) {
        if (!shared) {
            return room.quota();
        }
        List<Window> windows = new ArrayList<>();
        for (Window window : room.quota().windows()) {
            windows.add(window);
            Duration rest = window.length().minus(late(latency));
            // A shorter one would have probes leave sooner than the quota itself says.
            if (rest.compareTo(window.length().dividedBy(2)) >= 0) {
                windows.add(new Window(window.limit(), rest));
            }
        }
        return new Quota(windows);
    }

    private static Duration late(Duration latency) {
        Duration twice = latency.multipliedBy(2);
        return twice.compareTo(LATE) < 0 ? LATE : twice;
    }

    /** What came of the call whose answer it was. */
    void settled(Outcome outcome, Occupancy ledger, Instant now) {
        if (shared
                && outcome instanceof Outcome.Throttled(int status, _)
                && status == StatusRules.TOO_MANY_REQUESTS) {
            use = use.refused(quota, ledger, nothingLeft, now);
        }
    }

    /** Rings when what was said holds no longer, unless it rings before. */
    void wake(Instant now, Alarm alarm) {
        Instant until = room(now).until();
        if (until != null) {
            alarm.at(until);
        }
    }

    SharedUse.Room room(Instant now) {
        return use.room(quota, now);
    }

    /** Calls of others in the shortest window, as far as they are known of. */
    int strangers(Instant now) {
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
