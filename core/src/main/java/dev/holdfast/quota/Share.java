package dev.holdfast.quota;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is ours of a unit's quota where others use that, too ({@link SharedUse}). It takes room away
 * and never adds any.
 *
 * @param most what may be ours, whatever others use
 * @param now of that, what others leave as far as is known: as many windows, each with one that is
 *     shorter and has the same limit
 * @param usedUpUntil others have used all of it until then; null if they have not
 * @param until when {@code now} holds no longer; null if nothing but an answer changes it
 */
public record Share(Quota most, Quota now, @Nullable Instant usedUpUntil, @Nullable Instant until) {
    /**
     * How much is free, as {@link Quota#verdict(Occupancy, Instant, long)}. A call that is dearer
     * than what others leave waits for them; one that is dearer than what may ever be ours takes
     * all of that.
     *
     * @param cost what the call takes, at least 1
     */
    public Verdict verdict(Occupancy ledger, Instant moment, long cost) {
        long takes = most.atMost(cost);
        if (usedUpUntil != null && usedUpUntil.isAfter(moment)) {
            return new Verdict.NotBefore(usedUpUntil);
        }
        if (until == null || !until.isAfter(moment)) {
            return most.verdict(ledger, moment, takes);
        }
        return now.atMost(takes) < takes
                ? new Verdict.NotBefore(until)
                : now.verdict(ledger, moment, takes);
    }
}
