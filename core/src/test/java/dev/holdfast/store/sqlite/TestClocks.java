package dev.holdfast.store.sqlite;

import dev.holdfast.store.sql.Micros;
import java.time.Duration;
import java.time.Instant;

/** A machine's clocks as a test sets them. */
public final class TestClocks {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private static final long FIRST_NANOS = 1_000_000_000_000L;

    private volatile String boot = "first";
    private volatile long nanos = FIRST_NANOS;
    private volatile Instant wall = START;

    /** The clocks as they show. */
    public Clocks clocks() {
        return new Clocks(() -> wall, () -> nanos, boot);
    }

    /**
     * The clock of a database elsewhere, in microseconds: time passes there too, nobody sets it.
     */
    public long micros() {
        return Micros.of(START) + (nanos - FIRST_NANOS) / 1_000;
    }

    /** Time passes. */
    public synchronized void pass(Duration time) {
        nanos += time.toNanos();
        wall = wall.plus(time);
    }

    /** Somebody sets the wall clock. */
    public synchronized void step(Duration time) {
        wall = wall.plus(time);
    }

    /** The machine starts anew; its monotonic clock from zero. */
    public synchronized void reboot(Duration off) {
        boot += "+";
        nanos = 1;
        wall = wall.plus(off);
    }

    /** The wall clock. */
    public Instant wall() {
        return wall;
    }
}
