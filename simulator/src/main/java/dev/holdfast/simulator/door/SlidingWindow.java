package dev.holdfast.simulator.door;

import java.time.Duration;

/**
 * Arrivals in a sliding window: how many are in it now, and the most there ever were. Pure: the
 * caller brings the time. Two arrivals exactly one length apart are not in one window.
 */
public final class SlidingWindow {
    /** Beyond this many the eldest are forgotten, and {@link #worst()} is a lower bound. */
    public static final int MAX_ARRIVALS = 1 << 22;

    private final long lengthNanos;
    private long[] arrivals = new long[64];
    private int head;
    private int size;
    private int worst;

    public SlidingWindow(Duration length) {
        if (!length.isPositive()) {
            throw new IllegalArgumentException("a window's length is positive, not " + length);
        }
        this.lengthNanos = length.toNanos();
    }

    /**
     * Adds one arrival.
     *
     * @param now nanoseconds on any steady time line, never before an earlier call's
     * @return how many are in the window that ends now, this one included
     */
    public int add(long now) {
        forget(now);
        if (size == arrivals.length) {
            makeRoom();
        }
        arrivals[(head + size) & (arrivals.length - 1)] = now;
        size++;
        worst = Math.max(worst, size);
        return size;
    }

    /** How many are in the window that ends now. */
    public int count(long now) {
        forget(now);
        return size;
    }

    /** The most arrivals that any window held. */
    public int worst() {
        return worst;
    }

    /** How long until the eldest arrival in the window leaves it; zero if there is none. */
    public Duration untilOneLeaves(long now) {
        forget(now);
        return size == 0 ? Duration.ZERO : Duration.ofNanos(arrivals[head] + lengthNanos - now);
    }

    private void forget(long now) {
        while (size > 0 && now - arrivals[head] >= lengthNanos) {
            dropEldest();
        }
    }

    private void makeRoom() {
        if (size == MAX_ARRIVALS) {
            dropEldest();
            return;
        }
        var larger = new long[arrivals.length * 2];
        for (int i = 0; i < size; i++) {
            larger[i] = arrivals[(head + i) & (arrivals.length - 1)];
        }
        arrivals = larger;
        head = 0;
    }

    private void dropEldest() {
        head = (head + 1) & (arrivals.length - 1);
        size--;
    }
}
