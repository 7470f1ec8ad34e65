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
 * it, see {@link #heldOver}.
 */
final class SteadyClock implements InstantSource {
    private final Clocks clocks;
    private final long startNanos;
    private final long startMicros;
    private final long heldOver;

    /**
     * A reading that is kept on disk.
     *
     * @param boot the boot it was made in
     * @param nanos the monotonic clock
     * @param wallMillis the wall clock
     * @param steady this clock, in microseconds
     * @param heldOver as {@link #heldOver} says
     */
    record Reading(String boot, long nanos, long wallMillis, long steady, long heldOver) {}

    private SteadyClock(Clocks clocks, long startNanos, long startMicros, long heldOver) {
        this.clocks = clocks;
        this.startNanos = startNanos;
        this.startMicros = startMicros;
        this.heldOver = heldOver;
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
            return new SteadyClock(clocks, nanos, last.steady() + passed, last.heldOver());
        }
        long passed = TimeUnit.MILLISECONDS.toMicros(Math.max(0, wallMillis - last.wallMillis()));
        return new SteadyClock(clocks, nanos, last.steady() + passed, last.heldOver() + passed);
    }

    /**
     * How much of all time only the wall clock speaks for, in microseconds: while the machine was
     * off it may have been set. A slot is not freed by that (P1): ledgers leave it out.
     */
    long heldOver() {
        return heldOver;
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
                startMicros + (nanos - startNanos) / 1_000,
                heldOver);
    }
}
