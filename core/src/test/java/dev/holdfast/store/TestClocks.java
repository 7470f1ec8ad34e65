package dev.holdfast.store;

import java.time.Duration;
import java.time.Instant;

/** A machine's clocks as a test sets them. */
public final class TestClocks {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private String boot = "first";
    private long nanos = 1_000_000_000_000L;
    private Instant wall = START;

    /** The clocks as they show. */
    public Clocks clocks() {
        return new Clocks(() -> wall, () -> nanos, boot);
    }

    /** Time passes. */
    public void pass(Duration time) {
        nanos += time.toNanos();
        wall = wall.plus(time);
    }

    /** Somebody sets the wall clock. */
    public void step(Duration time) {
        wall = wall.plus(time);
    }

    /** The machine starts anew; its monotonic clock from zero. */
    public void reboot(Duration off) {
        boot += "+";
        nanos = 1;
        wall = wall.plus(off);
    }

    /** The wall clock. */
    public Instant wall() {
        return wall;
    }
}
