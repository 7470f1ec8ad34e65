package dev.holdfast.simulation;

import dev.holdfast.store.sqlite.Clocks;
import java.time.Duration;
import java.time.Instant;
import java.util.PriorityQueue;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Virtual time: what happens next, and what the clocks show. Events at one instant keep order. */
public final class World {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final long UP_BEFORE_NANOS = 1_000_000_000_000L;

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    public final RandomGenerator random;

    /** Read by other threads, too, where a store has some. */
    private volatile long now;

    private long order;
    private long bootedAt = -UP_BEFORE_NANOS;
    private int boots = 1;
    private Duration wallOffset = Duration.ZERO;
    private double drift;

    private record Event(long at, long order, Runnable task) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    public World(long seed) {
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /** True time since the beginning, in nanoseconds; no process sees it. */
    public long now() {
        return now;
    }

    public void after(Duration wait, Runnable task) {
        events.add(new Event(now + Math.max(0, wait.toNanos()), order++, task));
    }

    /** Runs the next event; false if there is none before {@code end}. */
    public boolean step(long end) {
        Event next = events.peek();
        if (next == null || next.at() > end) {
            now = Math.max(now, Math.min(end, Long.MAX_VALUE));
            return false;
        }
        events.remove();
        now = Math.max(now, next.at());
        next.task().run();
        return true;
    }

    /** So much passes while the machine is suspended: what was due meanwhile is late. */
    void skip(Duration time) {
        long then = now + time.toNanos();
        now = then;
    }

    /** The machine's clocks as a process started now sees them for its life. */
    public Clocks clocks() {
        return new Clocks(this::wall, () -> shown(now - bootedAt), "boot" + boots);
    }

    /** From now on the machine's clock runs faster by this share, or slower. */
    void drift(double share) {
        drift = share;
    }

    private long shown(long nanos) {
        return nanos + Math.round(nanos * drift);
    }

    /** How long it truly takes until the machine's clock shows that so much has passed. */
    public Duration truly(Duration shown) {
        return shown.plusNanos(-Math.round(shown.toNanos() * drift));
    }

    /** What the wall clock shows. */
    public Instant wall() {
        return START.plusNanos(now).plus(wallOffset);
    }

    public void stepWallClock(Duration by) {
        wallOffset = wallOffset.plus(by);
    }

    /** The monotonic clock starts from zero. */
    public void reboot() {
        boots++;
        bootedAt = now;
    }

    public boolean chance(double share) {
        return random.nextDouble() < share;
    }

    public Duration between(Duration least, Duration most) {
        return Duration.ofNanos(random.nextLong(least.toNanos(), most.toNanos() + 1));
    }

    public Duration millis(long least, long most) {
        return between(Duration.ofMillis(least), Duration.ofMillis(most));
    }
}
