package dev.holdfast.bench.quota;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Knows when each message recovers, and calls accordingly: each first call as early as the limit
 * allows, in the order given; each message that fails once more, at the very moment it has
 * recovered, or as soon afterwards as the limit allows. So it makes the fewest calls, and no
 * schedule with these first calls ends earlier. It needs no time to think, and its slots are free a
 * window after a call arrived, not after it settled.
 *
 * @param limit calls in any window
 * @param window the window
 * @param latency how long a call takes
 */
record Oracle(int limit, Duration window, Duration latency) {

    /** When the last message is signed, after the first call. */
    Duration finish(List<Duration> recoveries) {
        PriorityQueue<Duration> slots = new PriorityQueue<>();
        for (int i = 0; i < limit; i++) {
            slots.add(Duration.ZERO);
        }
        List<Duration> recovered = new ArrayList<>();
        Duration last = Duration.ZERO;
        for (Duration recovery : recoveries) {
            Duration at = take(slots, Duration.ZERO);
            if (recovery.isZero()) {
                last = later(last, at);
            } else {
                recovered.add(at.plus(recovery));
            }
        }
        recovered.sort(Comparator.naturalOrder());
        for (Duration from : recovered) {
            last = later(last, take(slots, from));
        }
        return last.plus(latency);
    }

    /** The same, had it chosen the order of the first calls, too: the slowest to recover first. */
    Duration finishInBestOrder(List<Duration> recoveries) {
        return finish(recoveries.stream().sorted(Comparator.reverseOrder()).toList());
    }

    private Duration take(PriorityQueue<Duration> slots, Duration from) {
        Duration at = later(from, slots.remove());
        slots.add(at.plus(window));
        return at;
    }

    private static Duration later(Duration a, Duration b) {
        return a.compareTo(b) >= 0 ? a : b;
    }
}
