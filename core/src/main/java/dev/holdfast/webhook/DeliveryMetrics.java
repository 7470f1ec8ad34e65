package dev.holdfast.webhook;

import dev.holdfast.store.Deliveries.State;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * What a dispatcher has done since its start and has in hand; any thread may read it. Counters only
 * grow.
 */
public final class DeliveryMetrics {
    /** Upper bounds of {@link #resultToWire}'s buckets, in milliseconds; one more has none. */
    public static final List<Integer> BUCKET_MILLIS =
            List.of(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 60_000);

    private final LongAdder delivered = new LongAdder();
    private final LongAdder retried = new LongAdder();
    private final LongAdder ended = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder postponed = new LongAdder();
    private final LongAdder leftToLease = new LongAdder();
    private final LongAdder storeFailures = new LongAdder();
    private final LongAdder wireMillis = new LongAdder();
    private final AtomicLongArray buckets = new AtomicLongArray(BUCKET_MILLIS.size() + 1);
    private final LongSupplier pending;
    private volatile int inHand;
    private volatile int underWay;

    DeliveryMetrics(LongSupplier pending) {
        this.pending = pending;
    }

    /** Deliveries that were answered 2xx. */
    public long delivered() {
        return delivered.sum();
    }

    /** Tries that failed and are followed by another one. */
    public long retried() {
        return retried.sum();
    }

    /** Deliveries ended by a 410 or a forbidden address. */
    public long ended() {
        return ended.sum();
    }

    /** Deliveries whose schedule is exhausted. */
    public long failed() {
        return failed.sum();
    }

    /** Times that a delivery was given back untried: its host was down or had enough in hand. */
    public long postponed() {
        return postponed.sum();
    }

    /** Deliveries that were not taken for lack of room; their lease's end brings them again. */
    public long leftToLease() {
        return leftToLease.sum();
    }

    /** Writes of deliveries that the store did not take. */
    public long storeFailures() {
        return storeFailures.sum();
    }

    /** Deliveries that are neither delivered nor given up, in the store. */
    public long pending() {
        return pending.getAsLong();
    }

    /** Deliveries in memory: under way, waiting for their host, or being written down. */
    public int inHand() {
        return inHand;
    }

    /** Posts under way. */
    public int underWay() {
        return underWay;
    }

    /**
     * First tries by the time from when the result was written down to when the post left: for each
     * of {@link #BUCKET_MILLIS} how many took at most that and more than the one before; then the
     * rest.
     */
    public long[] resultToWire() {
        long[] counts = new long[buckets.length()];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = buckets.get(i);
        }
        return counts;
    }

    /** The sum of what {@link #resultToWire} counts. */
    public Duration resultToWireTotal() {
        return Duration.ofMillis(wireMillis.sum());
    }

    void settled(State state) {
        switch (state) {
            case PENDING -> retried.increment();
            case DELIVERED -> delivered.increment();
            case ENDED -> ended.increment();
            case FAILED -> failed.increment();
        }
    }

    void postponed(int count) {
        postponed.add(count);
    }

    void leftOne() {
        leftToLease.increment();
    }

    void storeFailed() {
        storeFailures.increment();
    }

    /** A first try left. */
    void left(Duration sinceResult) {
        // The wall clock may have been set back in between.
        long millis = Math.max(0, sinceResult.toMillis());
        wireMillis.add(millis);
        int bucket = 0;
        while (bucket < BUCKET_MILLIS.size() && millis > BUCKET_MILLIS.get(bucket)) {
            bucket++;
        }
        buckets.incrementAndGet(bucket);
    }

    void hold(int inHand, int underWay) {
        this.inHand = inHand;
        this.underWay = underWay;
    }
}
