package dev.holdfast.store;

import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * The database's clock as seen from here: its last reading plus what the local monotonic clock says
 * has passed. Replicas' wall clocks play no part. What decides about slots reads the database
 * itself, inside its transaction; this one says when to ask again. Never runs backwards.
 */
final class PostgresClock implements InstantSource {
    private static final long NANOS_PER_MICRO = 1_000;

    private final LongSupplier nanos;
    private final DatabaseTime time;
    private final AtomicLong latest = new AtomicLong(Long.MIN_VALUE);
    private volatile long offset;
    private volatile boolean known;

    PostgresClock(LongSupplier nanos, DatabaseTime time) {
        this.nanos = nanos;
        this.time = time;
    }

    /** Reads the database's clock, in microseconds, and keeps this one by it. */
    long read(Session sql) throws SQLException {
        RoundTrip trip = new RoundTrip();
        AtomicLong now = new AtomicLong();
        ask(trip, now::set);
        sql.run(trip);
        return now.get();
    }

    /** The same as a part of a round trip, which is to be made at once. */
    void ask(RoundTrip trip, LongConsumer told) {
        long before = local();
        time.ask(
                trip,
                now -> {
                    set(before, now);
                    told.accept(now);
                });
    }

    private void set(long before, long now) {
        // It was read some time between then and now: the offset lies between these bounds.
        long least = now - local();
        long most = now - before;
        offset = known ? Math.clamp(offset, least, most) : least + (most - least) / 2;
        known = true;
    }

    /** Now, in microseconds. */
    long micros() {
        long now = local() + offset;
        return latest.accumulateAndGet(now, Math::max);
    }

    @Override
    public Instant instant() {
        return Micros.instant(micros());
    }

    private long local() {
        return nanos.getAsLong() / NANOS_PER_MICRO;
    }
}
