package dev.holdfast.store.postgresql;

import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.postgresql.connection.RoundTrip;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
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

    private final LongSupplier nanos;
    private final DatabaseTime time;
    private final AtomicLong latest = new AtomicLong(Long.MIN_VALUE);
    private final ClockBounds bounds = new ClockBounds();
    private volatile long correction;

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

    private void keep(long before, long steady, long corrected, long ofVersion) throws Stepped {
        long step = bounds.read(before, local(), steady, ofVersion);
        if (step != 0) {
            throw new Stepped(step, ofVersion);
        }
        correction = corrected;
    }

    /** Now, in microseconds. */
    long micros() {
        long now = local() + bounds.offset();
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
