package dev.holdfast.quota;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * How many calls an upstream allows: several sliding windows that hold at once (SPEC.md P1). A call
 * occupies a slot from before it is sent until the window's length after it settled, because it
 * arrived some time in between. Pure arithmetic; the slots themselves are the store's attempt log.
 *
 * @param windows empty means no quota
 */
public record Quota(List<Window> windows) {
    /**
     * Added to every window: the upstream's clock may run a little faster than ours (100 ppm of a
     * minute are 6 ms).
     */
    public static final Duration GUARD = Duration.ofMillis(10);

    /** Calls without limit. */
    public static final Quota NONE = new Quota(List.of());

    public Quota {
        windows = List.copyOf(windows);
    }

    /** The longest window with its guard: a call that settled earlier counts nowhere. */
    public Duration memory() {
        return windows.stream()
                .map(w -> w.length().plus(GUARD))
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    /** The largest limit of all windows; 0 without quota. Older settlements decide nothing. */
    public int largestLimit() {
        return windows.stream().mapToInt(Window::limit).max().orElse(0);
    }

    /** How many slots are free at {@code now}, and if none, when to ask again. */
    public Verdict verdict(Occupancy ledger, Instant now) {
        int free = Integer.MAX_VALUE;
        Instant notBefore = now;
        boolean allInFlight = false;
        for (Window window : windows) {
            int open = window.limit() - ledger.inFlight();
            if (open <= 0) {
                allInFlight = true;
                continue;
            }
            Duration held = window.length().plus(GUARD);
            int counting = counting(ledger.settled(), now.minus(held));
            free = Math.min(free, open - counting);
            if (counting >= open) {
                Instant frees = ledger.settled().get(open - 1).plus(held);
                notBefore = frees.isAfter(notBefore) ? frees : notBefore;
            }
        }
        if (allInFlight) {
            return new Verdict.AfterSettling();
        }
        return free > 0 ? new Verdict.Granted(free) : new Verdict.NotBefore(notBefore);
    }

    /**
     * When the {@code k}-th call from now may leave if every call takes {@code latency} and each
     * slot is used as soon as it frees.
     *
     * @param k from 1
     */
    public Instant forecast(Occupancy ledger, long k, Duration latency, Instant now) {
        Instant latest = now;
        for (Window window : windows) {
            Instant at = forecast(window, ledger, k, latency, now);
            latest = at.isAfter(latest) ? at : latest;
        }
        return latest;
    }

    private static Instant forecast(
            Window window, Occupancy ledger, long k, Duration latency, Instant now) {
        Duration held = window.length().plus(GUARD);
        int counting = counting(ledger.settled(), now.minus(held));
        int open = Math.max(0, window.limit() - ledger.inFlight());
        int free = Math.max(0, open - counting);
        int place = (int) ((k - 1) % window.limit());
        Instant first;
        if (place < free) {
            first = now;
        } else if (place < open) {
            first = ledger.settled().get(open - 1 - place).plus(held);
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

    private static int counting(List<Instant> newestFirst, Instant horizon) {
        int low = 0;
        int high = newestFirst.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (newestFirst.get(middle).isAfter(horizon)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
