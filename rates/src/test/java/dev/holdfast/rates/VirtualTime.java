package dev.holdfast.rates;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.PriorityQueue;

/** Time that passes when the test says so. */
public final class VirtualTime implements InstantSource, Timers {
    private record Due(Instant at, long order, Runnable task) {}

    private final PriorityQueue<Due> due =
            new PriorityQueue<>(Comparator.comparing(Due::at).thenComparingLong(Due::order));
    private Instant now;
    private long order;

    public VirtualTime(String start) {
        now = Instant.parse(start);
    }

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public long nanoTime() {
        return Duration.between(Instant.EPOCH, now).toNanos();
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
        Due entry = new Due(now.plus(delay), order++, task);
        due.add(entry);
        return () -> due.remove(entry);
    }

    /** Lets time pass and everything happen that is due. */
    public void pass(Duration duration) {
        Instant end = now.plus(duration);
        while (!due.isEmpty() && !due.peek().at().isAfter(end)) {
            Due next = due.remove();
            now = next.at();
            next.task().run();
        }
        now = end;
    }

    /** Timers that have not run. */
    public int timers() {
        return due.size();
    }
}
