package dev.holdfast.store;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.request.ByPriority;
import dev.holdfast.request.Priority;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's queue and slots at one moment.
 *
 * @param slots what the ledger says
 * @param units what the ledgers of other units than calls say, by the units' names
 * @param firstTries jobs whose first call has not left
 * @param retries jobs that wait for another call
 * @param scheduled jobs whose time has not come
 * @param closedUntil steady time before which it is not called, because it asked for that or
 *     because it refused the credential; or null
 * @param unauthorizedSince steady time since which it refuses the credential, or null
 * @param absence that nobody is at home, or null
 * @param paused whether an operator stopped it
 */
public record UpstreamState(
        Occupancy slots,
        Map<String, Occupancy> units,
        ByPriority firstTries,
        ByPriority retries,
        long scheduled,
        @Nullable Instant closedUntil,
        @Nullable Instant unauthorizedSince,
        @Nullable Absence absence,
        boolean paused) {
    public UpstreamState {
        units = Map.copyOf(units);
    }

    /**
     * Calls in a row found nobody at home; it is tried by one at a time.
     *
     * @param since steady time of the call that told
     * @param until steady time at which the next one may leave
     */
    public record Absence(Instant since, Instant until) {}

    /** From the first answer that refuses the credential until one call tries it again. */
    public static final Duration FIRST_PROBE = Duration.ofSeconds(10);

    /** An upstream that nobody has heard of. */
    public static final UpstreamState UNKNOWN =
            new UpstreamState(
                    Occupancy.EMPTY,
                    Map.of(),
                    ByPriority.NONE,
                    ByPriority.NONE,
                    0,
                    null,
                    null,
                    null,
                    false);

    /** After an answer that refuses the credential. */
    public UpstreamState refused(Instant now) {
        Instant probe = now.plus(FIRST_PROBE);
        return new UpstreamState(
                slots,
                units,
                firstTries,
                retries,
                scheduled,
                closedUntil != null && closedUntil.isAfter(probe) ? closedUntil : probe,
                unauthorizedSince == null ? now : unauthorizedSince,
                absence,
                paused);
    }

    /** After a call that found nobody at home, as others before it. */
    public UpstreamState absent(Instant now, Duration pause) {
        return absence != null
                ? this
                : new UpstreamState(
                        slots,
                        units,
                        firstTries,
                        retries,
                        scheduled,
                        closedUntil,
                        unauthorizedSince,
                        new Absence(now, now.plus(pause)),
                        paused);
    }

    /** Before when no call leaves, whatever the slots are; or null. */
    public @Nullable Instant leftAloneUntil() {
        Instant absent = absence == null ? null : absence.until();
        if (absent == null || closedUntil == null) {
            return absent == null ? closedUntil : absent;
        }
        return absent.isAfter(closedUntil) ? absent : closedUntil;
    }

    /** With one job more that waits for its first call. */
    public UpstreamState withOneMore(Priority priority) {
        return new UpstreamState(
                slots,
                units,
                firstTries.with(priority),
                retries,
                scheduled,
                closedUntil,
                unauthorizedSince,
                absence,
                paused);
    }

    /** Jobs of all classes whose first call has not left. */
    public long queued() {
        return firstTries.total();
    }

    /** Jobs of all classes that wait for another call. */
    public long retrying() {
        return retries.total();
    }
}
