package dev.holdfast.quota;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * How many calls an upstream allows, or how much of another unit: several sliding windows that hold
 * at once (P1). A call occupies a slot from before it is sent until the window's length after it
 * settled, because it arrived some time in between; of another unit it occupies as much as it
 * costs. Pure arithmetic; the slots themselves are the store's ledgers.
 *
 * @param windows empty means no quota
 */
public record Quota(List<Window> windows) {
    /** How far two probes are apart at first at least, if the quota's windows are longer. */
    private static final Duration FIRST_PROBE = Duration.ofMinutes(1);

    /** How far two probes are apart at most. */
    private static final Duration LAST_PROBE = Duration.ofMinutes(10);

    /** Doublings after which probes are surely as far apart as they get. */
    private static final int MOST_DOUBLINGS = 30;

    /** Calls without limit. */
    public static final Quota NONE = new Quota(List.of());

    public Quota {
        windows = List.copyOf(windows);
    }

    /** The longest window with its guard: a call that settled earlier counts nowhere. */
    public Duration memory() {
        return windows.stream().map(Window::held).max(Duration::compareTo).orElse(Duration.ZERO);
    }

    /** The largest limit of all windows; 0 without quota. */
    public int largestLimit() {
        return windows.stream().mapToInt(Window::limit).max().orElse(0);
    }

    /** The slots of a window that are taken at {@code now}; they may be more than it has. */
    public static long taken(Window window, Occupancy ledger, Instant now) {
        return ledger.held() + ledger.settled().after(now.minus(window.held()));
    }

    /**
     * Whether so much is missing, and nothing in flight, that only a probe can tell more.
     *
     * @param cost of the call that is to leave, at least 1
     */
    public boolean needsProbe(int inFlight, long missing, long cost) {
        return inFlight == 0
                && windows.stream().anyMatch(window -> window.limit() - missing < cost);
    }

    /** What a call of this cost takes at most: one that is dearer takes all there is. */
    public long atMost(long cost) {
        return windows.stream().mapToLong(Window::limit).reduce(cost, Math::min);
    }

    /** How many slots are free at {@code now}, and if none, when to ask again. */
    public Verdict verdict(Occupancy ledger, Instant now) {
        return verdict(ledger, now, 1);
    }

    /**
     * How much is free at {@code now}, and if it is less than {@code cost}, when to ask again.
     *
     * @param cost what one call takes, at least 1; one that is dearer than a limit takes all there
     *     is
     */
    public Verdict verdict(Occupancy ledger, Instant now, long cost) {
        return verdictOfPart(ledger, now, cost == 1 ? 1 : atMost(cost));
    }

    /**
     * @param cost no more than the smallest limit
     */
    private Verdict verdictOfPart(Occupancy ledger, Instant now, long cost) {
        long free = Integer.MAX_VALUE;
        Instant notBefore = now;
        boolean allHeld = false;
        for (Window window : windows) {
            // Places that a call may begin at; the rest of it fits behind each.
            long open = window.limit() - ledger.held() - (cost - 1);
            if (open <= 0) {
                allHeld = true;
                continue;
            }
            long counting = ledger.settled().after(now.minus(window.held()));
            free = Math.min(free, open - counting);
            if (counting >= open) {
                Instant frees = frees(window, ledger.settled(), open);
                notBefore = frees.isAfter(notBefore) ? frees : notBefore;
            }
        }
        if (allHeld) {
            return ledger.inFlight() > 0
                    ? new Verdict.AfterSettling()
                    : new Verdict.Probe(probe(ledger.missing(), now, cost));
        }
        return free > 0
                ? new Verdict.Granted((int) Math.min(Integer.MAX_VALUE, free + cost - 1))
                : new Verdict.NotBefore(notBefore);
    }

    /** When fewer than {@code open} calls count, of which so many at least have settled. */
    private static Instant frees(Window window, Steps settled, long open) {
        return settled.reached(oldest(settled, open)).plus(window.held());
    }

    /**
     * Of so many that were used last, the oldest: what was used with it, since the ledger began.
     *
     * @param last from 1
     */
    public static long oldest(Steps settled, long last) {
        return settled.total() - last + 1;
    }

    /** Share of the slots that is taken, 0 to 1, of the window that has the fewest; 0 without. */
    public double taken(Occupancy ledger, Instant now) {
        int fewest = windows.stream().mapToInt(Window::limit).min().orElse(0);
        return switch (verdict(ledger, now)) {
            case Verdict.Granted(int free) when fewest == 0 || free >= fewest -> 0;
            case Verdict.Granted(int free) -> 1 - (double) free / fewest;
            case Verdict.NotBefore _, Verdict.AfterSettling _, Verdict.Probe _ -> 1;
        };
    }

    /**
     * When a probe may leave: not before a slot would be free if the missing calls had arrived when
     * they were given up, so that it breaks nothing if the upstream was alive, and the farther from
     * the one before the more probes were in vain.
     */
    private Instant probe(Missing missing, Instant now, long cost) {
        Verdict ifAlive = verdict(new Occupancy(0, missing.settled()), now, cost);
        Instant slot = ifAlive instanceof Verdict.NotBefore(Instant at) ? at : now;
        if (missing.probes() == 0) {
            return slot;
        }
        Instant apart = missing.last().plus(distance(missing.probes()));
        return apart.isAfter(slot) ? apart : slot;
    }

    private Duration distance(long probes) {
        Duration distance =
                windows.stream()
                        .map(Window::length)
                        .filter(length -> length.compareTo(FIRST_PROBE) < 0)
                        .min(Duration::compareTo)
                        .orElse(FIRST_PROBE);
        for (int i = 0; i < Math.min(probes, MOST_DOUBLINGS); i++) {
            if (distance.compareTo(LAST_PROBE) >= 0) {
                return LAST_PROBE;
            }
            distance = distance.multipliedBy(2);
        }
        return distance.compareTo(LAST_PROBE) < 0 ? distance : LAST_PROBE;
    }

    /**
     * When the {@code k}-th call from now may leave if every call takes {@code latency} and each
     * slot is used as soon as it frees.
     *
     * @param k from 1
     */
    public Instant forecast(Occupancy ledger, long k, Duration latency, Instant now) {
        Instant start = verdict(ledger, now) instanceof Verdict.Probe(Instant at) ? at : now;
        Instant latest = start;
        for (Window window : windows) {
            Instant at = forecast(window, ledger, k, latency, start);
            latest = at.isAfter(latest) ? at : latest;
        }
        return latest;
    }

    private static Instant forecast(
            Window window, Occupancy ledger, long k, Duration latency, Instant now) {
        Duration held = window.held();
        long counting = ledger.settled().after(now.minus(held));
        long open = Math.max(0, window.limit() - ledger.held());
        long free = Math.max(0, open - counting);
        long place = (k - 1) % window.limit();
        Instant first;
        if (place < free) {
            first = now;
        } else if (place < open) {
            first = frees(window, ledger.settled(), open - place);
        } else {
            first = now.plus(latency).plus(held);
        }
        return first.plus(times(held.plus(latency), (k - 1) / window.limit()));
    }

    /** In numbers: Duration itself multiplies by way of BigDecimal, and each receipt asks. */
    private static Duration times(Duration one, long count) {
        long seconds = Math.multiplyExact(one.getSeconds(), count);
        return Duration.ofSeconds(seconds, Math.multiplyExact((long) one.getNano(), count));
    }
}
