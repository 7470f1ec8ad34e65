package dev.holdfast.store.sqlite;

import dev.holdfast.store.sql.Micros;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Time that never jumps and never runs backwards, over restarts and reboots and whatever is done to
 * the wall clock. Within one boot of the machine it follows the monotonic clock, also while no
 * process runs; over a reboot it adds what the wall clock says has passed, if that is not negative.
 * Nothing on the machine knows whether that is true, so what must not come too early does not count
 * it, see {@link #doubtful}.
 */
final class SteadyClock implements InstantSource {
    private final Clocks clocks;
    private final long startNanos;
    private final long startMicros;
    private final long doubtful;

    /**
     * A reading that is kept on disk.
     *
     * @param boot the boot it was made in
     * @param nanos the monotonic clock
     * @param wallMillis the wall clock
     * @param steady this clock, in microseconds
     */
    record Reading(String boot, long nanos, long wallMillis, long steady) {}

    private SteadyClock(Clocks clocks, long startNanos, long startMicros, long doubtful) {
        this.clocks = clocks;
        this.startNanos = startNanos;
        this.startMicros = startMicros;
        this.doubtful = doubtful;
    }

    /** Goes on from the last reading; without one it starts at the wall clock's time. */
    static SteadyClock resume(Clocks clocks, @Nullable Reading last) {
        long nanos = clocks.nanos().getAsLong();
        long wallMillis = clocks.wall().millis();
        if (last == null) {
            return new SteadyClock(clocks, nanos, TimeUnit.MILLISECONDS.toMicros(wallMillis), 0);
        }
        if (last.boot().equals(clocks.boot()) && nanos - last.nanos() >= 0) {
            long passed = Math.ceilDiv(nanos - last.nanos(), 1_000);
            return new SteadyClock(clocks, nanos, last.steady() + passed, 0);
        }
        long passed = TimeUnit.MILLISECONDS.toMicros(Math.max(0, wallMillis - last.wallMillis()));
        return new SteadyClock(clocks, nanos, last.steady() + passed, passed);
    }

    /**
     * How much of the time since the last reading only the wall clock speaks for, in microseconds:
     * it may have been set meanwhile. 0 within one boot.
     */
    long doubtful() {
        return doubtful;
    }

    /** Now, in microseconds. */
    long micros() {
        return startMicros + (clocks.nanos().getAsLong() - startNanos) / 1_000;
    }

    @Override
    public Instant instant() {
        return Micros.instant(micros());
    }

    /** What to keep on disk now. */
    Reading reading() {
        long nanos = clocks.nanos().getAsLong();
        return new Reading(
                clocks.boot(),
                nanos,
                clocks.wall().millis(),
                startMicros + (nanos - startNanos) / 1_000);
    }
}
