package dev.holdfast.store.postgresql;

import dev.holdfast.store.Reads;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sqlite.Clocks;

import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Steady time of all replicas: the database's clock and a correction that is kept beside it. Each
 * reading is compared with what the local monotonic clock says has passed since the one before. A
 * database's clock that was set, or a new primary's that goes ahead or behind, shows as a step;
 * then nothing is decided by it, the correction takes it out, and the transaction runs anew.
 *
 * <p>What decides about slots reads the database itself, inside its transaction; {@link #instant}
 * says when to ask again. It never runs backwards. See decision 25.
 */
final class PostgresClock implements InstantSource {
    private static final long NANOS_PER_MICRO = 1_000;

    /** A smaller difference is no step, in microseconds; slots are guarded by as much. */
    private static final long TOLERANCE_MICROS = TimeUnit.MILLISECONDS.toMicros(10);

    /** Clocks that are slewed differ by less than one part in so many. */
    private static final long DRIFT_PARTS = 1_000;

    private final LongSupplier nanos;
    private final DatabaseTime time;
    private final AtomicLong latest = new AtomicLong(Long.MIN_VALUE);
    private volatile long offset;
    private volatile long correction;
    private long least;
    private long most;
    private long readAt;
    private long version;
    private boolean known;

    /** The database's clock was set. */
    static final class Stepped extends SQLException {
        private static final long serialVersionUID = 1L;
        private static final String STATE = "HF001";

        private final long micros;
        private final long version;

        private Stepped(long micros, long version) {
            super("the database's clock was set by " + -micros / 1_000 + " ms", STATE);
            this.micros = micros;
            this.version = version;
        }
    }

    /** Told of a reading. */
    @FunctionalInterface
    interface Reading {
        /**
         * What time it is.
         *
         * @param steady microseconds that never step
         * @param wall microseconds of the database's clock, for people
         */
        void at(long steady, long wall);
    }

    PostgresClock(LongSupplier nanos, DatabaseTime time) {
        this.nanos = nanos;
        this.time = time;
    }

    /** Reads the clock, in microseconds, and keeps this one by it. */
    long read(Session sql) throws SQLException {
        RoundTrip trip = new RoundTrip();
        AtomicLong now = new AtomicLong();
        ask(trip, (steady, _) -> now.set(steady));
        trip.run(sql);
        return now.get();
    }

    /**
     * The same as a part of a round trip, which is to be made at once; that throws {@link Stepped}
     * if the database's clock was set.
     */
    void ask(RoundTrip trip, Reading told) {
        long before = local();
        AtomicLong wall = new AtomicLong();
        time.ask(trip, wall::set);
        trip.query(
                PostgresSql.CORRECTION,
                row -> {
                    long steady = wall.get() + row.getLong(1);
                    keep(before, steady, row.getLong(1), row.getLong(2));
                    told.at(steady, wall.get());
                });
    }

    /** Takes a step out of the time, unless another replica did; in a transaction of its own. */
    void correct(Session sql, Stepped step) throws SQLException {
        sql.update(PostgresSql.CORRECT, step.micros, step.version);
    }

    /** It was read some time between {@code before} and now: the offset lies between two bounds. */
    private synchronized void keep(long before, long steady, long corrected, long ofVersion)
            throws Stepped {
        long after = local();
        long low = steady - after;
        long high = steady - before;
        long drift = Math.max(0, after - readAt) / DRIFT_PARTS;
        if (known) {
            long slack = TOLERANCE_MICROS + drift;
            // More may have passed than the clock here saw, if this machine slept; less may not. So
            // one that another replica corrected is believed unless it is behind.
            boolean ahead = low > most + slack && ofVersion == version;
            boolean behind = high < least - slack;
            if (ahead || behind) {
                // By as much as is sure: time may stand still for a round trip, never go ahead.
                throw new Stepped(least - drift - high, ofVersion);
            }
        }
        long from = Math.max(low, least - drift);
        long to = Math.min(high, most + drift);
        boolean agree = known && from <= to;
        least = agree ? from : low;
        most = agree ? to : high;
        known = true;
        readAt = after;
        version = ofVersion;
        correction = corrected;
        offset = middle(least, most);
    }

    private static long middle(long low, long high) {
        return low + (high - low) / 2;
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

    /** The database's clock, for what people see. */
    InstantSource wall() {
        return () -> Micros.instant(micros() - correction);
    }

    private long local() {
        return nanos.getAsLong() / NANOS_PER_MICRO;
    }
}
